"""Signing in at the dashboard: what the cookie is good for, for whom, how long, and from which page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from dlt_web.lts import sessions
from dlt_web.lts.sessions import Sessions
from tests.lts.admin_client import check_against_description
from tests.lts.world import CODE, World, code_of

HERE = "http://lts"
ITEM = {"chargeWay": "per_device", "quota": 5, "id": "A"}


class Desk:
    """A browser at the dashboard: keeps the cookie and, once signed in, the token."""

    def __init__(self, world: World, origin: str | None = HERE) -> None:
        self.world = world
        self.origin = origin
        self.token = ""
        self.client = world.client

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"X-CSRF-Token": self.token} | headers
        if self.origin is not None and method != "GET":
            sent.setdefault("Origin", self.origin)
        content = {} if body is None else {"json": body}
        return self.world.call(method, path, headers=sent, **content)

    def sign_in(self, key: str, **headers: str) -> httpx.Response:
        response = self("POST", "/v1/session", {"key": key}, **headers)
        self.token = response.json().get("csrfToken", "")
        return response


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_session_reads_and_changes_what_its_key_may(world: World, desk: Desk) -> None:
    signed_in = desk.sign_in(world.admin.add_admin_key("ops"))
    assert signed_in.status_code == 201
    assert {name: signed_in.json()[name] for name in ("key", "scope")} == {"key": "ops", "scope": "manage"}
    cookie = signed_in.headers["set-cookie"]
    assert all(part in cookie for part in ("dlt-session=", "HttpOnly", "Path=/", "SameSite=strict", "Max-Age=28800"))
    assert desk("POST", "/v1/admin/licenses", ITEM).status_code == 201
    assert [item["id"] for item in desk("GET", "/v1/admin/licenses").json()] == ["A"]
    assert desk("GET", "/v1/session").json() == signed_in.json()
    assert world.reads.audit()[-1].actor == "admin-key:ops"
    for method, answer in (("POST", signed_in), ("GET", desk("GET", "/v1/session"))):
        check_against_description(world.call("GET", "/openapi.json").json(), method, answer)


def test_over_https_the_cookie_is_bound_to_the_host(world: World, desk: Desk) -> None:
    key = world.admin.add_admin_key("ops")
    secure = desk.sign_in(key, Origin="https://lts")
    cookie = secure.headers["set-cookie"]
    assert secure.status_code == 201
    assert cookie.startswith("__Host-dlt-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_over_https_an_unprotected_cookie_counts_for_nothing(world: World, desk: Desk) -> None:
    mallory = world.admin.add_admin_key("mallory")
    desk.sign_in(mallory)
    planted = dict(world.client.cookies)
    assert desk("GET", "/v1/session", Origin="https://lts").json() is None
    assert code_of(desk("POST", "/v1/admin/licenses", ITEM, Origin="https://lts")) == (401, "ADMIN_KEY_REQUIRED")
    assert desk("GET", "/v1/session").json()["hostBound"] is False
    # Under the protected name neither: nobody has begun a session with it.
    world.client.cookies.clear()
    renamed = {"Cookie": f"__Host-dlt-session={planted['dlt-session']}"}
    assert code_of(desk("GET", "/v1/session", **renamed)) == (401, "SESSION_EXPIRED")


def test_signing_in_over_https_takes_a_planted_cookie_away(world: World, desk: Desk) -> None:
    key = world.admin.add_admin_key("ops")
    secure = desk.sign_in(key, Origin="https://lts", Cookie="dlt-session=planted")
    assert secure.json()["hostBound"] is True
    names = [cookie.partition("=")[0] for cookie in secure.headers.get_list("set-cookie")]
    assert sorted(names) == ["__Host-dlt-session", "dlt-session"]
    assert 'dlt-session=""' in secure.headers["set-cookie"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_page_gets_the_sessions_token(world: World, desk: Desk, site: str) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    assert code_of(desk("GET", "/v1/session", **{"Sec-Fetch-Site": site})) == (403, "CSRF_REFUSED")
    for path in ("/v1/session", "/v1/admin/licenses", f"/v1/admin/usage?handshake={CODE}&format=csv"):
        assert desk("GET", path).headers["cross-origin-resource-policy"] == "same-origin"


def test_a_key_that_reads_changes_nothing_by_a_session_either(world: World, desk: Desk) -> None:
    assert desk.sign_in(world.admin.add_admin_key("eyes", "read")).json()["scope"] == "read"
    assert desk("GET", "/v1/admin/licenses").json() == []
    assert code_of(desk("POST", "/v1/admin/licenses", ITEM)) == (403, "ADMIN_KEY_SCOPE")


def test_a_customers_key_and_a_wrong_one_are_refused(world: World, desk: Desk) -> None:
    world.license()
    world.handshake(customer="ACME")
    theirs = desk.sign_in(world.admin.add_admin_key("acme", "customer", "ACME"))
    assert code_of(theirs) == (403, "ADMIN_KEY_SCOPE")
    assert code_of(desk.sign_in("dlt_admin_nobody")) == (401, "ADMIN_KEY_REQUIRED")
    assert code_of(desk("POST", "/v1/session", {})) == (422, "REQUEST_INVALID")
    assert (desk("GET", "/v1/session").status_code, desk("GET", "/v1/session").json()) == (200, None)
    assert code_of(desk("GET", "/v1/admin/licenses")) == (401, "ADMIN_KEY_REQUIRED")
    assert "set-cookie" not in theirs.headers


def test_guessing_keys_at_the_page_is_slowed_down(desk: Desk) -> None:
    answers = [code_of(desk.sign_in(f"dlt_admin_{number}")) for number in range(21)]
    assert answers == [(401, "ADMIN_KEY_REQUIRED")] * 20 + [(429, "RATE_LIMITED")]


def test_a_session_is_no_key_of_a_customers_interface(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    assert code_of(desk("GET", "/v1/customer/codes")) == (401, "ADMIN_KEY_REQUIRED")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "lts"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": HERE, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_other_page_signs_anybody_in(world: World, desk: Desk, headers: dict[str, str]) -> None:
    refused = desk.sign_in(world.admin.add_admin_key("ops"), **headers)
    assert code_of(refused) == (403, "ORIGIN_NOT_ALLOWED")
    assert "set-cookie" not in refused.headers


def test_a_program_signs_in_nowhere(world: World) -> None:
    assert code_of(Desk(world, origin=None).sign_in(world.admin.add_admin_key("ops"))) == (403, "ORIGIN_NOT_ALLOWED")


def test_a_change_without_the_pages_token_is_refused(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    for wrong in (b"", b"guessed", "ä".encode()):
        refused = world.call("POST", "/v1/admin/licenses", json=ITEM, headers={b"X-CSRF-Token": wrong})
        assert code_of(refused) == (403, "CSRF_REFUSED")
    assert code_of(world.call("DELETE", "/v1/session")) == (403, "CSRF_REFUSED")
    assert desk("GET", "/v1/admin/licenses").json() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_reads_nothing_by_the_cookie(world: World, desk: Desk, site: str) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    assert code_of(desk("GET", "/v1/admin/licenses", **{"Sec-Fetch-Site": site})) == (403, "CSRF_REFUSED")
    # A link to an export that is opened in a tab of its own.
    assert desk("GET", "/v1/admin/licenses", **{"Sec-Fetch-Site": "none"}).status_code == 200


def test_a_session_ends_after_eight_hours(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    world.advance(seconds=sessions.SESSION_S - 1)
    assert desk("GET", "/v1/admin/licenses").status_code == 200
    world.advance(seconds=1)
    assert code_of(desk("GET", "/v1/admin/licenses")) == (401, "SESSION_EXPIRED")
    assert code_of(desk("POST", "/v1/admin/licenses", ITEM)) == (401, "SESSION_EXPIRED")


def test_a_session_ends_with_its_key(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    world.admin.rotate_admin_key("ops")
    assert code_of(desk("GET", "/v1/admin/licenses")) == (401, "SESSION_EXPIRED")
    desk.sign_in(world.admin.add_admin_key("more"))
    world.admin.revoke_admin_key("more")
    assert code_of(desk("GET", "/v1/session")) == (401, "SESSION_EXPIRED")


def test_who_signs_out_is_out_whoever_kept_the_cookie(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    kept = dict(world.client.cookies)
    assert desk("DELETE", "/v1/session").json() == {"signedOut": True}
    assert not world.client.cookies
    world.client.cookies.update(kept)
    assert code_of(desk("GET", "/v1/admin/licenses")) == (401, "SESSION_EXPIRED")
    assert desk("DELETE", "/v1/session").json() == {"signedOut": True}


def test_whoever_signs_in_anew_has_one_session(world: World, desk: Desk) -> None:
    key = world.admin.add_admin_key("ops")
    desk.sign_in(key)
    before = dict(world.client.cookies)
    desk.sign_in(key)
    world.client.cookies.clear()
    world.client.cookies.update(before)
    assert code_of(desk("GET", "/v1/session")) == (401, "SESSION_EXPIRED")


def test_a_bearer_key_beside_a_cookie_is_what_counts(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    eyes = world.admin.add_admin_key("eyes", "read")
    refused = desk("POST", "/v1/admin/licenses", ITEM, Authorization=f"Bearer {eyes}")
    assert code_of(refused) == (403, "ADMIN_KEY_SCOPE")


def test_sessions_are_bounded_and_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 2)
    known = Sessions()
    first, second, third = (known.begin(str(number), "c", 0)[0] for number in range(3))
    assert (len(known), known.find("c", first, 0)) == (2, None)
    assert [known.find("c", secret, 0) is not None for secret in (second, third)] == [True, True]


def test_many_sessions_of_one_key_end_none_of_another() -> None:
    known = Sessions()
    boss = known.begin("boss", "c", 0)[0]
    eyes = [known.begin("eyes", "c", 0)[0] for _ in range(sessions.MAX_SESSIONS)]
    assert known.find("c", boss, 0) is not None
    assert [place for place, secret in enumerate(eyes) if known.find("c", secret, 0)] == list(range(980, 1_000))


def test_a_session_that_is_over_makes_room_before_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 2)
    known, later_ms = Sessions(), sessions.SESSION_S * 1000
    # A clock that was set back: the first session to have begun is not the first one that is over.
    good, over = known.begin("a", "c", 5)[0], known.begin("b", "c", 0)[0]
    more = known.begin("c", "c", later_ms)[0]
    assert [known.find("c", secret, later_ms) is not None for secret in (good, over, more)] == [True, False, True]


def test_codes_come_with_their_items_by_page(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    for item in ("A", "B"):
        world.license(item, quota=2)
    world.handshake("B", "A", customer="Größe AG")
    world.handshake("A", code="200002-demo")
    world.authorize()
    world.admin.set_alerts({}, {"B": (50, 100)})
    first = desk("GET", "/v1/admin/overview?limit=1")
    (code,) = first.json()
    assert [(item["id"], item["used"], item["quota"], item["thresholds"]) for item in code["items"]] == [
        ("B", 1, 2, [50, 100]),
        ("A", 0, 2, [75, 90, 95, 100]),
    ]
    following = first.headers["link"].partition(";")[0].strip("<>")
    second = desk("GET", following)
    assert [code["id"] for code in second.json()] == ["200002-demo"]
    assert desk("GET", second.headers["link"].partition(";")[0].strip("<>")).json() == []
    assert [code["id"] for code in desk("GET", "/v1/admin/overview?search=GRÖSSE").json()] == [CODE]
    assert [code["id"] for code in desk("GET", "/v1/admin/overview?search=2-D").json()] == ["200002-demo"]
    assert [item["id"] for item in desk("GET", "/v1/admin/items?after=A").json()] == ["B"]
    assert desk("GET", "/v1/admin/items?search=b").json()[0]["thresholds"] == [50, 100]
    assert code_of(desk("GET", "/v1/admin/items?search=")) == (422, "REQUEST_INVALID")
    document = world.call("GET", "/openapi.json").json()
    for answer in (first, desk("GET", "/v1/admin/items"), desk("GET", "/v1/admin/audit/latest")):
        check_against_description(document, "GET", answer)


def test_the_newest_audit_entries_come_first(world: World, desk: Desk) -> None:
    desk.sign_in(world.admin.add_admin_key("ops"))
    for name in "ABC":
        world.license(name)
    first = desk("GET", "/v1/admin/audit/latest?limit=2")
    assert [entry["subject"] for entry in first.json()] == ["C", "B"]
    second = desk("GET", first.headers["link"].partition(";")[0].strip("<>"))
    assert [entry["subject"] for entry in second.json()] == ["A", "ops"]
