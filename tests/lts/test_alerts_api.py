"""Alerts and webhooks over HTTP: each answer is as its description says."""

from __future__ import annotations

from dlt_web.lts.alert_courier import Courier
from dlt_web.lts.alert_watch import Watch
from dlt_web.lts.clock import DAY_MS
from dlt_web.lts.webhooks import show_secret, signing_secrets
from tests.lts.admin_client import Operator
from tests.lts.webhook_receiver import HERE, Receiver
from tests.lts.world import CODE, World, code_of, report, uuid


def test_alerts_from_webhook_to_delivery_log(world: World, operator: Operator) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize()
    world.admin.set_alerts({"networks": HERE})
    with Receiver(500) as receiver:
        added = operator("POST", "/webhooks", {"id": "hook", "url": receiver.url})
        assert added.status_code == 201
        target = receiver.url.replace("canary-path", "…")
        assert added.json() == {
            "id": "hook", "target": target, "createdAt": "2026-11-24T10:03:00Z", "secret": added.json()["secret"],
        }  # fmt: skip
        assert operator("GET", "/webhooks").json() == [{k: v for k, v in added.json().items() if k != "secret"}]
        Watch(world.store, world.clock).check()
        told = [one for one in operator("GET", "/alerts").json() if one["kind"] == "license.threshold"]
        assert [(one["subject"], one["level"]) for one in told] == [("L", level) for level in (100, 95, 90, 75)]
        assert told[0]["message"] == "License L: 1 of 1 devices are used."
        assert told[0]["deliveries"] == [{"webhook": "hook", "state": "waiting", "attempts": 0, "nextAt": None}]
        number = told[0]["number"]
        courier = Courier(world.store, world.clock)
        (delivery,) = world.store.read(lambda rows: rows.deliveries(number)).result()
        courier.deliver(delivery)
        shown = operator("GET", f"/alerts/{number}").json()
        assert [(one["status"], one["outcome"]) for one in shown["log"]] == [(500, "answered 500")]
        assert shown["deliveries"][0]["attempts"] == 1
        assert shown["deliveries"][0]["nextAt"] > "2026-11-24T10:03:05"
        assert operator("POST", f"/alerts/{number}/replay", {}).json()[0]["state"] == "waiting"
        (delivery,) = world.store.read(lambda rows: rows.deliveries(number)).result()
        courier.deliver(delivery)
        log = operator("GET", "/alerts/deliveries").json()
        assert [(one["alert"], one["webhook"], one["status"]) for one in log] == [
            (number, "hook", 204),
            (number, "hook", 500),
        ]
        assert operator("GET", f"/alerts/deliveries?before={log[0]['number']}&limit=5").json() == log[1:]
        assert operator("GET", f"/alerts?before={number}&limit=1").json()[0]["number"] == number - 1
        assert {message.id for message in receiver.messages} == {shown["id"]}


def test_a_list_is_sent_once_in_each_of_its_versions(world: World, operator: Operator) -> None:
    for path, change in (
        ("/alerts", lambda: operator("POST", "/alerts/test", {})),
        ("/alerts/deliveries", lambda: operator("POST", "/alerts/test", {})),
        ("/audit/latest", lambda: operator("POST", "/webhooks", {"id": "new", "url": "https://hooks.example/x"})),
    ):
        operator("POST", "/webhooks", {"id": "hook", "url": "https://hooks.example/x"})
        first = operator("GET", f"{path}?limit=1")
        tag = first.headers["etag"]
        for known in (tag, f'"other", {tag}', tag.removeprefix("W/")):
            again = operator("GET", f"{path}?limit=1", headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        # Every page of the list has its version, and whoever has none of it is told all.
        assert operator("GET", f"{path}?before=1", headers={"If-None-Match": tag}).status_code == 304
        assert operator("GET", f"{path}?limit=1", headers={"If-None-Match": '"other"'}).json() == first.json()
        assert change().status_code < 300
        changed = operator("GET", f"{path}?limit=1", headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


def test_alerts_are_open_as_long_as_they_are_so(world: World, operator: Operator) -> None:
    def shown() -> list[tuple[str, str, int | None]]:
        told = operator("GET", "/alerts/open").json()
        found = [(one["kind"], one["subject"], one["level"]) for one in told["alerts"] if one["kind"] != "disk.usage"]
        assert told["count"] == len(told["alerts"])
        return found

    def check() -> None:
        Watch(world.store, world.clock).check()

    world.license(quota=4, valid_until_ms=world.clock.now_ms() + 40 * DAY_MS)
    world.handshake()
    for device in (1, 2, 3, 4):
        world.authorize(device)
    world.report(1, [report(3, 2)])
    check()
    # The newest first; of several levels the worst.
    assert sorted(shown()) == [("device.gap", CODE, None), ("license.threshold", "L", 100)]
    world.admin.release_device(CODE, uuid(4))
    check()
    assert ("license.threshold", "L", 75) in shown()
    world.advance(days=15)
    assert ("license.expiry", "L", 30) in shown()
    world.advance(days=20)
    # A gap of so long ago is nothing to look at any more.
    assert sorted(shown()) == [("license.expiry", "L", 7), ("license.threshold", "L", 75)]
    world.advance(days=4)
    assert ("license.expiry", "L", 1) in shown()
    world.advance(days=2)
    assert shown() == []
    told = operator("GET", "/alerts/open").json()
    assert (told["thresholds"], told["paused"]) == ([75, 90, 95, 100], False)


def test_what_was_revoked_or_is_for_tests_is_not_open(world: World, operator: Operator) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(1)
    world.report(1, [report(3, 2)])
    Watch(world.store, world.clock).check()
    assert operator("GET", "/alerts/open").json()["count"] >= 2
    world.admin.revoke_license("L")
    world.admin.set_handshake(CODE, {"is_test": True})
    left = [one["kind"] for one in operator("GET", "/alerts/open").json()["alerts"]]
    assert [kind for kind in left if kind != "disk.usage"] == []


def test_a_test_waits_for_its_webhook(world: World, operator: Operator) -> None:
    assert code_of(operator("POST", "/alerts/test", {})) == (404, "NOT_FOUND")
    for name in ("one", "other"):
        operator("POST", "/webhooks", {"id": name, "url": "https://hooks.example/x"})
    alert = operator("POST", "/alerts/test", {"webhook": "one"}).json()
    assert (alert["kind"], alert["level"], alert["log"]) == ("test", None, [])
    assert {one["webhook"]: one["state"] for one in alert["deliveries"]} == {"one": "waiting", "other": "failed"}
    assert code_of(operator("POST", "/alerts/test", {"webhook": "third"})) == (404, "NOT_FOUND")


def test_settings_are_changed_all_or_not_at_all(world: World, operator: Operator) -> None:
    world.license()
    before = operator("GET", "/alerts/settings").json()
    assert before == {
        "thresholds": [75, 90, 95, 100], "unverifiedPercent": 10, "diskPercents": [90, 95],
        "networks": [], "paused": False, "licenses": {},
    }  # fmt: skip
    assert code_of(operator("PATCH", "/alerts/settings", {"licenses": {"L": [50]}, "unverifiedPercent": 0}))[0] == 422
    assert code_of(operator("PATCH", "/alerts/settings", {"licenses": {"L": [50], "no": [50]}})) == (404, "NOT_FOUND")
    assert code_of(operator("PATCH", "/alerts/settings", {"networks": ["10.0.0.0/8"]}))[0] == 422
    assert operator("GET", "/alerts/settings").json() == before
    after = operator("PATCH", "/alerts/settings", {"licenses": {"L": [50]}, "diskPercents": [80]}).json()
    assert after == before | {"licenses": {"L": [50]}, "diskPercents": [80]}
    assert operator("PATCH", "/alerts/settings", {"licenses": {"L": None}}).json()["licenses"] == {}
    assert [entry.subject for entry in world.reads.audit() if entry.action == "alerts.set"] == ["L", "*", "L"]


def test_webhooks_are_rotated_and_removed(world: World, operator: Operator) -> None:
    first = operator("POST", "/webhooks", {"id": "hook", "url": "https://hooks.example/canary-path"}).json()["secret"]
    assert code_of(operator("POST", "/webhooks", {"id": "hook", "url": "https://a.example"})) == (409, "ALREADY_EXISTS")
    second = operator("POST", "/webhooks/hook/rotate").json()["secret"]
    assert first != second
    world.advance(seconds=86_399)
    assert code_of(operator("POST", "/webhooks/hook/rotate")) == (409, "IN_USE"), "the first secret's day is not over"
    assert code_of(operator("POST", "/webhooks/hook/rotate?atOnce=yes")) == (422, "REQUEST_INVALID")
    assert signing(world) == [second, first]
    third = operator("POST", "/webhooks/hook/rotate?atOnce=true").json()["secret"]
    assert signing(world) == [third]
    fourth = operator("POST", "/webhooks/hook/rotate").json()["secret"]
    assert signing(world) == [fourth, third]
    world.advance(seconds=86_400)
    assert signing(world) == [fourth]
    assert operator("POST", "/webhooks/hook/rotate").status_code == 200
    assert operator("DELETE", "/webhooks/hook").json() == {"removed": "hook"}
    assert code_of(operator("DELETE", "/webhooks/hook")) == (404, "NOT_FOUND")
    assert code_of(operator("POST", "/webhooks/hook/rotate")) == (404, "NOT_FOUND")
    audited = "".join(entry.detail for entry in world.reads.audit())
    assert "https://hooks.example/…" in audited or "https://hooks.example/\\u2026" in audited
    for secret in (first, second, "canary-path"):
        assert secret not in audited


def signing(world: World) -> list[str]:
    (webhook,) = world.store.read(lambda rows: rows.webhooks()).result()
    return [show_secret(secret) for secret in signing_secrets(webhook, world.clock.now_ms())]


def test_no_more_webhooks_than_anybody_needs(operator: Operator) -> None:
    for number in range(20):
        assert operator("POST", "/webhooks", {"id": f"w{number}", "url": "https://a.example"}).status_code == 201
    assert code_of(operator("POST", "/webhooks", {"id": "w20", "url": "https://a.example"})) == (409, "IN_USE")


def test_bad_requests_name_what_is_wrong(operator: Operator) -> None:
    for method, path, body in (
        ("POST", "/webhooks", {"id": "hook", "url": "http://hooks.example"}),
        ("POST", "/webhooks", {"id": "a b", "url": "https://hooks.example"}),
        ("POST", "/webhooks", {"id": "hook"}),
        ("PATCH", "/alerts/settings", {"thresholds": [90, 75]}),
        ("GET", "/alerts?before=0", None),
        ("GET", "/alerts?limit=201", None),
        ("GET", "/alerts/nine", None),
    ):
        assert code_of(operator(method, path, body)) == (422, "REQUEST_INVALID"), path
    assert code_of(operator("GET", "/alerts/9")) == (404, "NOT_FOUND")
    assert code_of(operator("POST", "/alerts/9/replay", {})) == (404, "NOT_FOUND")


def test_a_key_that_reads_sees_alerts_and_changes_none(world: World, operator: Operator) -> None:
    reader = world.admin.add_admin_key("reader", "read")
    for path in ("/alerts", "/alerts/settings", "/alerts/deliveries", "/webhooks"):
        assert operator("GET", path, key=reader).status_code == 200
        assert operator("GET", path, key="dlt_admin_wrong").status_code == 401
    for method, path, body in (
        ("POST", "/webhooks", {"id": "hook", "url": "https://a.example"}),
        ("DELETE", "/webhooks/hook", None),
        ("POST", "/webhooks/hook/rotate", None),
        ("PATCH", "/alerts/settings", {}),
        ("POST", "/alerts/test", {}),
        ("POST", "/alerts/1/replay", {}),
    ):
        assert operator(method, path, body, key=reader).status_code == 403, path
