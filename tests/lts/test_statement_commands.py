"""Statements and credits by command line and over HTTP, and what becomes of them with a restored store."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from dlt_web.errors import OptionError
from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.admin_keys import AdminError
from dlt_web.lts.backup import back_up, restore
from dlt_web.lts.cli import lts
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.identity import store_epoch
from dlt_web.lts.records import Handshake
from dlt_web.lts.statements import canonical
from dlt_web.lts.store import MemoryStore, SqliteStore
from dlt_web.slots import parse_time
from tests.lts.admin_client import Operator
from tests.lts.server_process import cli_json, run_cli
from tests.lts.statement_world import ACME, BERLIN, DECEMBER, NOVEMBER, freeze, go_to, lines, shop
from tests.lts.world import CODE, World, code_of, report


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "lts.db"


def sold(store: Path) -> None:
    cli_json(store, "license", "add", "--charge-way", "per_scan", "--quota", "5", "--id", "L")
    cli_json(store, "handshake", "add", "c", "--license", "L", "--customer", "Müller & Co")


def printed(store: Path, *words: str) -> bytes:
    result = CliRunner().invoke(lts, words, env={"DLT_WEB_STORE": f"sqlite:///{store}"})
    assert result.exit_code == 0, result
    return result.stdout_bytes


def test_a_statement_is_printed_in_three_forms_to_the_byte(store: Path) -> None:
    sold(store)
    asked = ("statement", "--customer", "Müller & Co", "--month", "2025-01", "--tz", BERLIN)
    forms = {form: printed(store, *asked, f"--{form}") for form in ("json", "csv", "html")}
    assert {form: printed(store, *asked, f"--{form}") for form in forms} == forms
    assert json.loads(forms["json"])["customer"] == "Müller & Co"
    assert "Müller &amp; Co" in forms["html"].decode()
    assert forms["csv"].count(b"\r\n") == len(forms["csv"].splitlines())
    summary = printed(store, *asked).decode()
    assert re.search(r"netChargedScans +0\n", summary)
    listed = cli_json(store, "statement", "list")
    assert [(one["customer"], one["month"], one["timeZone"]) for one in listed] == [("Müller & Co", "2025-01", BERLIN)]
    assert cli_json(store, "statement", "list", "--customer", "x") == []


def test_what_is_asked_wrongly_gets_one_sentence(store: Path) -> None:
    sold(store)
    for words, code, start in (
        (("statement",), 2, "Error: A statement needs --customer and --month."),
        (
            ("statement", "--customer", "Müller & Co", "--month", "9000-01", "--tz", "UTC"),
            1,
            "Error: 9000-01 is not over in UTC",
        ),
        (("statement", "--customer", "x", "--month", "2025-01", "--tz", "UTC"), 1, "Error: There is no customer x"),
        (("statement", "--customer", "x", "--month", "1", "--tz", "UTC"), 2, "Error: A month is written as 2026-11"),
        (("statement", "--customer", "x", "--month", "2025-01", "--tz", "X"), 2, "Error: There is no time zone 'X'"),
        (("usage",), 2, "Error: Choose one of --handshake and --license."),
        (("usage", "adjust", "--handshake", "c", "--reason", "r"), 2, "Error: Choose one of --scans and --devices."),
        (
            ("usage", "adjust", "--handshake", "c", "--scans", "0", "--reason", "r"),
            2,
            "Error: A credit is a whole number",
        ),
        (("usage", "adjust", "--handshake", "x", "--scans", "1", "--reason", "r"), 1, "Error: There is no handshake"),
        (("handshake", "set", "c", "--customer", " x"), 2, "Error: A customer's name has 1 to 80"),
        (("handshake", "set", "c", "--customer", "x", "--no-customer"), 2, "Error: --customer and --no-customer"),
        (("handshake", "set", "c", "--customer-from", "2026-01-01", "--test"), 2, "Error: --customer-from goes with"),
        (("handshake", "set", "c", "--test-from", "2026-01-01"), 2, "Error: --test-from goes with --test or --no-test"),
    ):
        result = run_cli(store, *words)
        errors = [line for line in result.stderr.splitlines() if line and not line.startswith(("Usage:", "Try "))]
        assert (result.returncode, result.stdout, len(errors)) == (code, "", 1), result
        assert errors[0].startswith(start), result.stderr


def test_a_code_is_handed_over_and_credited_by_command_line(store: Path) -> None:
    sold(store)
    assert cli_json(store, "handshake", "show", "c")["customer"] == "Müller & Co"
    words = ("handshake", "set", "c", "--customer", "Other", "--customer-from", "2026-01-01")
    assert cli_json(store, *words)["customer"] == "Other"
    adjust = ("usage", "adjust", "--handshake", "c", "--scans", "3", "--reason", "Stuck", "--month", "2026-01")
    booked = cli_json(store, *adjust)
    assert booked == booked | {
        "number": 1,
        "customer": "Other",
        "handshakeCode": "c",
        "unit": "scans",
        "quantity": 3,
        "month": "2026-01",
        "reason": "Stuck",
        "statement": None,
    }
    assert cli_json(store, "usage", "credits") == [booked]
    named = cli_json(store, *adjust, "--id", "crm-1")
    assert (cli_json(store, *adjust, "--id", "crm-1"), named["number"]) == (named, 2)
    assert run_cli(store, *adjust[:-1], "2025-12").stderr.startswith("Error: The handshake code c belonged to Müller")
    left = cli_json(store, *adjust[:-1], "2025-12", "--customer", "Müller & Co")
    assert (left["customer"], left["month"]) == ("Müller & Co", "2025-12")
    assert cli_json(store, "usage", "--handshake", "c")["scans"] == 0
    assert cli_json(store, "handshake", "set", "c", "--no-customer")["customer"] is None
    changes = [entry for entry in cli_json(store, "audit") if entry["action"] == "handshake.customer"]
    assert [entry["detail"]["customer"] for entry in changes] == ["Müller & Co", "Other", None]
    assert changes[1]["detail"]["from"] == "2026-01-01T00:00:00Z"


def test_statements_over_http(world: World, operator: Operator) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    body = {"customer": ACME, "month": NOVEMBER, "timeZone": BERLIN}
    assert code_of(operator("POST", "/statements", body)) == (409, "MONTH_NOT_OVER")
    go_to(world, "2026-12-01T08:00:00Z")
    frozen = operator("POST", "/statements", body)
    assert (frozen.status_code, frozen.json()["frozenAt"]) == (200, "2026-12-01T08:00:00Z")
    assert operator("POST", "/statements", body).json() == frozen.json()
    assert (
        operator("GET", "/statements").json()
        == operator("GET", f"/statements?customer={ACME}").json()
        == [frozen.json()]
    )
    assert operator("GET", "/statements?customer=x").json() == []
    kept = world.reads.statement(ACME, NOVEMBER)
    where = f"/v1/admin/statements/{NOVEMBER}?customer={ACME}"
    headers = {"Authorization": f"Bearer {operator.key}"}
    for form, media_type in (("json", "application/json"), ("csv", "text/csv"), ("html", "text/html")):
        answer = world.call("GET", f"{where}&format={form}", headers=headers)
        assert answer.content == getattr(kept, form).encode()
        assert answer.headers["content-type"] == media_type
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    # A page that another version has frozen keeps its own style, and is allowed it.
    assert kept is not None
    style = "body { color: #123 } /* ü */"
    html = re.sub(r"<style>.*</style>", f"<style>{style}</style>", kept.html, flags=re.DOTALL)
    old = replace(kept, head=replace(kept.head, month="2026-10"), html=html)
    world.store.write(lambda rows: rows.put_statement(old)).result()
    answer = world.call("GET", f"/v1/admin/statements/2026-10?customer={ACME}&format=html", headers=headers)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert answer.content == html.encode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"] != policy
    assert code_of(operator("GET", f"/statements/{NOVEMBER}?customer=x")) == (404, "NOT_FOUND")
    assert code_of(operator("GET", f"/statements/{NOVEMBER}")) == (422, "REQUEST_INVALID")
    assert code_of(operator("POST", "/statements", body | {"timeZone": "UTC"})) == (409, "STATEMENT_REFUSED")
    assert code_of(operator("POST", "/statements", body | {"timeZone": "Mars"})) == (422, "REQUEST_INVALID")
    eyes = operator("POST", "/keys", {"id": "eyes", "scope": "read"}).json()["key"]
    assert code_of(operator("POST", "/statements", body, key=eyes)) == (403, "ADMIN_KEY_SCOPE")
    assert operator("GET", "/statements", key=eyes).status_code == 200


def test_credits_and_customers_over_http(world: World, operator: Operator) -> None:
    shop(world, customer=None)
    assert operator("GET", f"/handshakes/{CODE}").json()["customer"] is None
    assert operator("PATCH", f"/handshakes/{CODE}", {"customer": ACME}).json()["customer"] == ACME
    body = {"id": "crm-1", "handshakeCode": CODE, "unit": "scans", "quantity": 2, "reason": "Stuck", "month": None}
    booked = operator("POST", "/credits", body)
    assert (booked.status_code, booked.json()["actor"]) == (201, "admin-key:ops")
    again = operator("POST", "/credits", body)
    assert (again.status_code, again.json()) == (201, booked.json())
    assert operator("GET", "/credits").json() == [booked.json()]
    for change in ({"quantity": 3}, {"reason": "Other"}, {"unit": "devices"}, {"month": NOVEMBER}, {"customer": "x"}):
        assert code_of(operator("POST", "/credits", body | change)) == (409, "ALREADY_EXISTS")
    assert code_of(operator("POST", "/credits", body | {"id": "a b"})) == (422, "REQUEST_INVALID")
    assert code_of(operator("POST", "/credits", {**body} | {"id": None})) == (422, "REQUEST_INVALID")
    assert operator("GET", "/credits").json() == [booked.json()]
    body |= {"id": "crm-2"}
    assert operator("GET", "/credits?customer=x").json() == []
    assert code_of(operator("POST", "/credits", body | {"quantity": -3})) == (409, "STATEMENT_REFUSED")
    assert code_of(operator("POST", "/credits", body | {"customer": "x"})) == (409, "STATEMENT_REFUSED")
    assert operator("POST", "/credits", body | {"customer": ACME, "quantity": -2}).json()["customer"] == ACME
    assert code_of(operator("POST", "/credits", body | {"unit": "days"})) == (422, "REQUEST_INVALID")
    go_to(world, "2026-12-01T08:00:00Z")
    freeze(world, NOVEMBER)
    back = {"customer": "Other", "customerFrom": "2026-11-30T00:00:00Z"}
    assert code_of(operator("PATCH", f"/handshakes/{CODE}", back)) == (409, "STATEMENT_FROZEN")
    assert operator("PATCH", f"/handshakes/{CODE}", {"customer": None}).json()["customer"] is None
    lone = {"customerFrom": "2026-12-01T00:00:00Z"}
    assert code_of(operator("PATCH", f"/handshakes/{CODE}", lone)) == (422, "REQUEST_INVALID")
    lone = {"testFrom": "2026-12-01T00:00:00Z"}
    assert code_of(operator("PATCH", f"/handshakes/{CODE}", lone)) == (422, "REQUEST_INVALID")
    assert operator("PATCH", f"/handshakes/{CODE}", lone | {"test": True}).json()["test"] is True
    new = {"handshakeCode": "n", "licenses": [f"L-{CODE}"], "customer": "New"}
    assert code_of(operator("POST", "/handshakes", new | lone)) == (422, "REQUEST_INVALID")
    assert operator("POST", "/handshakes", new).json()["customer"] == "New"


# -- a store that is restored


def test_a_statement_that_a_backup_lacks_is_taken_back_and_late_usage_follows_it(tmp_path: Path) -> None:
    path, copy = tmp_path / "lts.db", tmp_path / "backup.db"
    store = SqliteStore(str(path))
    world = World(store)
    shop(world)
    world.report(1, [report(1, 4)])
    world.admin.book_credit(CODE, "scans", 1, "why")
    back_up(str(path), str(copy))
    world.report(1, [report(2, 20, slot=1)])
    go_to(world, "2026-12-01T08:00:00Z")
    issued = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert lines(json.loads(issued.json), "usage") == [(CODE, 24)]
    now_ms = world.clock.now_ms()
    world.close()
    store.close()
    restore(str(copy), str(path), StandingClock(now_ms), "test", is_verified=True)
    store = SqliteStore(str(path))
    world = World(store, now_ms)
    with pytest.raises(AdminError, match="The store was restored after 2026-11 was over, at 2026-12-01T08:00:00Z"):
        world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    forged = issued.json.replace('"scans": 24', '"scans": 25', 1).replace("\n  ", "\n ", 1)
    for text in (
        "",
        "{}",
        "[1]",
        issued.json + " ",
        forged,
        issued.json.replace("dlt-web statement 1", "x"),
        "[" * 9_999,
    ):
        with pytest.raises(OptionError, match="no statement as it was issued"):
            world.admin.adopt_statement(text)
    assert world.admin.adopt_statement(issued.json) == issued
    assert world.admin.freeze_statement(ACME, NOVEMBER, BERLIN) == issued
    assert [credit.stated_month for credit in world.reads.credits_of(ACME)] == [NOVEMBER]
    with pytest.raises(AdminError, match="is there already"):
        world.admin.adopt_statement(issued.json)
    # The tracker sends anew what the backup lacks, and a report that it had not sent yet.
    world.authorize(1)
    world.report(1, [report(2, 20, slot=1), report(3, 3, slot=2)])
    go_to(world, "2027-01-01T08:00:00Z")
    december = freeze(world, DECEMBER)
    assert (lines(december, "late"), december["credits"]) == ([(CODE, 3)], [])
    actions = [entry.action for entry in world.reads.audit() if entry.action.startswith("statement.")]
    assert actions == ["statement.adopt", "statement.freeze"]
    world.close()
    store.close()


def test_scans_that_nobody_has_after_a_restore_are_late_below_zero(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4)])
    go_to(world, "2026-12-01T08:00:00Z")
    kept = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    said = json.loads(kept.json)
    assert said["usage"][0]["bySymbology"] == {"qr_code": 4}
    said["usage"][0] |= {"scans": 24, "bySymbology": {"ean_13": 20, "qr_code": 4}, "charged": {f"L-{CODE}": 24}}
    other = World(MemoryStore())
    shop(other)
    other.report(1, [report(1, 4)])
    epoch = world.store.read(store_epoch).result()
    other.store.write(lambda rows: rows.put_info("store_epoch", epoch)).result()
    other.admin.adopt_statement(canonical(said))
    go_to(other, "2027-01-01T08:00:00Z")
    late = freeze(other, DECEMBER)["late"][0]
    assert (late["scans"], late["bySymbology"], late["charged"]) == (-20, {"ean_13": -20}, {f"L-{CODE}": -20})
    other.close()


def test_a_month_may_be_frozen_after_a_restore_where_the_operator_says_that_none_was_issued(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "lts.db"))
    clock = StandingClock(parse_time("2027-01-05T00:00:00Z"))
    admin = Administration(store, clock, "test")
    store.write(lambda rows: rows.put_info("store_epoch", f"s:{clock.now_ms() // 1000}")).result()
    admin.add_license(LicenseSettings("per_scan", 5, id="L"))
    admin.add_handshake(Handshake("c", ("L",), customer=ACME))
    with pytest.raises(AdminError, match="The store was restored"):
        admin.freeze_statement(ACME, DECEMBER, "UTC")
    statement = admin.freeze_statement(ACME, DECEMBER, "UTC", is_after_restore=True)
    clock.move_to(parse_time("2027-02-01T00:03:00Z"))
    assert admin.freeze_statement(ACME, "2027-01", None).head.time_zone == "UTC"
    other = SqliteStore(str(tmp_path / "other.db"))
    other.write(lambda rows: rows.put_info("store_epoch", "t:1")).result()
    with pytest.raises(OptionError, match="of another store, s:"):
        Administration(other, clock, "test").adopt_statement(statement.json)
    other.close()
    store.close()


def test_a_statement_is_taken_back_by_command_line(store: Path, tmp_path: Path) -> None:
    sold(store)
    asked = ("statement", "--customer", "Müller & Co", "--month", "2025-01", "--tz", BERLIN)
    file = tmp_path / "2025-01.json"
    copy = tmp_path / "backup.db"
    back_up(str(store), str(copy))
    file.write_bytes(printed(store, *asked, "--json"))
    assert run_cli(store, "restore", str(copy)).returncode == 0
    refused = run_cli(store, *asked)
    assert (refused.returncode, "statement adopt FILE" in refused.stderr) == (1, True)
    assert cli_json(store, "statement", "adopt", str(file))["month"] == "2025-01"
    assert printed(store, *asked, "--json") == file.read_bytes()
    file.write_text("{}")
    assert run_cli(store, "statement", "adopt", str(file)).returncode == 2
