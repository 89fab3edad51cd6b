"""A statement's forms: each says the same, stands alone, and is known by its hash."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from pathlib import Path

from dlt_web.lts.store import SqliteStore
from dlt_web.lts.verify import find_faults
from tests.lts.statement_world import (
    ACME,
    BERLIN,
    NOVEMBER,
    freeze,
    go_to,
    shop,
)
from tests.lts.world import CODE, World, report


def test_a_name_is_escaped_in_every_form(world: World) -> None:
    name = '=cmd|"/c calc"!A1 & <script>alert(1)</script> Mü\u0308ller'
    shop(world, customer=name, code="<img/src=x>")
    world.admin.book_credit("<img/src=x>", "scans", 1, '"><svg onload=alert(2)>')
    go_to(world, "2026-12-01T08:00:00Z")
    statement = world.admin.freeze_statement(name, NOVEMBER, BERLIN)
    assert statement.head.customer.endswith("Mü\u0308ller")
    assert "<script" not in statement.html
    assert "<img" not in statement.html
    assert "<svg" not in statement.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in statement.html
    rows = list(csv.reader(io.StringIO(statement.csv)))
    assert {len(row) for row in rows} == {9}
    assert {row[0] for row in rows[1:]} == {"'" + statement.head.customer}
    # Composed, so that both ways to type an umlaut are one customer.
    decomposed = "Mu\u0308ller"
    shop(world, customer=decomposed, code="m")
    assert world.reads.handshake("m").customer == "Müller"


def test_the_page_stands_alone(world: World) -> None:
    shop(world)
    go_to(world, "2026-12-01T08:00:00Z")
    html = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN).html
    for word in ("<script", "http:", "https:", "src=", "href=", "@import", "url(", " style="):
        assert word not in html, word
    assert "@media print" in html


def test_csv_and_json_say_the_same_numbers(world: World) -> None:
    shop(world)
    world.report(1, [report(1, 4, counts={"qr_code": 4, "ean_13": 2}, lost={"purged": 3})])
    world.admin.book_credit(CODE, "scans", 2, "why")
    go_to(world, "2026-12-01T08:00:00Z")
    statement = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    said = json.loads(statement.json)
    rows = list(csv.DictReader(io.StringIO(statement.csv)))
    found = {(row["section"], row["measure"], row["name"]): int(row["count"]) for row in rows}
    assert found["usage", "scansOfSymbology", "ean_13"] == 2
    assert found["usage", "lostScans", "purged"] == 3
    assert found["credit", "scans", ""] == -2
    assert found["item", "peakDevices", f"L-{CODE}"] == found["item", "devicesAtEnd", f"L-{CODE}"] == 1
    totals = {name: count for (section, name, _), count in found.items() if section == "total"}
    assert totals == said["totals"]


def test_the_audit_log_holds_the_hash_of_each_form(world: World) -> None:
    shop(world)
    go_to(world, "2026-12-01T08:00:00Z")
    statement = world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    entry = world.reads.audit()[-1]
    assert (entry.action, entry.subject) == ("statement.freeze", "2026-11 ACME")
    expected = {form: sha256(getattr(statement, form).encode()).hexdigest() for form in ("json", "csv", "html")}
    assert json.loads(entry.detail)["sha256"] == expected
    # A frozen one that is asked for again is no change.
    world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert world.reads.audit()[-1] == entry


def test_a_statement_that_is_changed_by_hand_is_a_fault(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "lts.db"))
    world = World(store)
    shop(world)
    go_to(world, "2026-12-01T08:00:00Z")
    world.admin.freeze_statement(ACME, NOVEMBER, BERLIN)
    assert find_faults(store) == []
    store._connection.execute("UPDATE statement SET csv = csv || ' '")
    assert find_faults(store) == ["Statement 2026-11 of ACME: its csv is not what was frozen."]
    # One that is gone, one that was frozen again with other figures in its place, and one that nobody has frozen.
    kept = store._connection.execute("SELECT * FROM statement").fetchone()
    store._connection.execute("DELETE FROM statement")
    assert find_faults(store) == ["Statement 2026-11 of ACME: it was frozen, and is missing."]
    world.admin.book_credit(CODE, "scans", 1, "why")
    freeze(world, NOVEMBER)
    assert find_faults(store) == [
        "Statement 2026-11 of ACME: the audit log says that it was frozen 2 times.",
        *(f"Statement 2026-11 of ACME: its {form} is not what was frozen." for form in ("csv", "html", "json")),
    ]
    store._connection.execute("DELETE FROM statement")
    store._connection.execute(f"INSERT INTO statement VALUES ({', '.join('?' * len(kept))})", ("Nobody", *kept[1:]))
    assert find_faults(store) == [
        "Statement 2026-11 of Nobody: the audit log says that it was frozen never.",
        "Statement 2026-11 of ACME: it was frozen, and is missing.",
    ]
    world.close()
    store.close()
