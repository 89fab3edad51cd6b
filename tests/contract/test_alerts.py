"""What every store must do with alerts (dlt_web.lts.store.protocol_alerts)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from dlt_web.lts.alert_records import Alert, AlertState, Attempt, Delivery, Oddities, Webhook
from dlt_web.lts.store import Store, Writing

HOOK = Webhook("hook", "https://a.example", b"\x00\xff", 5)
ALERT = Alert(1_000, "disk.usage", "", 90, "{}", "msg_1")


def add(store: Store, *alerts: Alert) -> list[Alert]:
    return store.write(lambda rows: [rows.add_alert(alert) for alert in alerts]).result()


def test_webhooks_and_thresholds_come_back(filled: Store) -> None:
    rotated = replace(HOOK, id="a", old_secret=b"old", old_until_ms=7)

    def put(rows: Writing) -> None:
        rows.put_webhook(HOOK)
        rows.put_webhook(replace(rotated, secret=b""))
        rows.put_webhook(rotated)
        rows.put_alert_thresholds("B", (5, 70))
        rows.put_alert_thresholds("A", (1,))
        rows.put_alert_thresholds("A", (2, 3))

    filled.write(put).result()
    assert filled.read(lambda rows: rows.webhooks()).result() == [rotated, HOOK]
    assert filled.read(lambda rows: rows.alert_thresholds()).result() == {"A": (2, 3), "B": (5, 70)}
    filled.write(lambda rows: rows.put_alert_thresholds("A", None)).result()
    assert filled.read(lambda rows: rows.alert_thresholds()).result() == {"B": (5, 70)}
    assert filled.write(lambda rows: (rows.delete_webhook("a"), rows.delete_webhook("a"))).result() == (True, False)


def test_what_was_told_is_remembered_until_it_is_not(store: Store) -> None:
    states = [AlertState("disk.usage", "", (90,), 1), AlertState("license.expiry", "L", (1, 7), 2)]
    store.write(lambda rows: [rows.put_alert_state(state) for state in reversed(states)]).result()
    assert store.read(lambda rows: rows.alert_states()).result() == states
    store.write(lambda rows: rows.put_alert_state(replace(states[0], levels=()))).result()
    store.write(lambda rows: rows.put_alert_state(replace(states[1], levels=(30,)))).result()
    assert store.read(lambda rows: rows.alert_states()).result() == [replace(states[1], levels=(30,))]


def test_a_version_changes_with_whatever_is_told_sent_or_forgotten(store: Store) -> None:
    waiting = Delivery(1, "hook", "waiting", 0, 0)
    steps: list[Callable[[Writing], object]] = [
        lambda rows: rows.put_webhook(HOOK),
        lambda rows: rows.add_alert(ALERT),
        lambda rows: rows.put_delivery(replace(waiting, next_ms=5)),
        lambda rows: rows.put_delivery(replace(waiting, next_ms=5, attempts=1)),
        lambda rows: rows.add_attempt(Attempt(1, "hook", 5, 1, 500, "answered 500")),
        lambda rows: rows.put_delivery(replace(waiting, state="delivered")),
        lambda rows: rows.put_delivery(waiting),
        lambda rows: rows.give_up_deliveries(),
        lambda rows: rows.put_delivery(waiting),
        lambda rows: rows.delete_webhook("hook"),
        lambda rows: rows.add_alert(replace(ALERT, at_ms=9_000, id="msg_2")),
        lambda rows: rows.forget_alerts(2_000, 1),
        lambda rows: rows.forget_alerts(9_001, 1),
        lambda rows: rows.add_alert(replace(ALERT, id="msg_3")),
    ]
    versions = []
    for step in steps:
        store.write(step).result()
        versions.append(store.read(lambda rows: rows.alert_version()).result())
        assert store.read(lambda rows: rows.alert_version()).result() == versions[-1]
    # A webhook alone tells nothing; what comes after differs from what came before, each time.
    assert all(before != after for before, after in pairwise(versions))


def test_an_alert_waits_for_every_webhook_of_its_time(store: Store) -> None:
    (first,) = add(store, ALERT)
    store.write(lambda rows: rows.put_webhook(HOOK)).result()
    second, third = add(store, replace(ALERT, id="msg_2", level=None), replace(ALERT, id="msg_3"))
    assert [alert.number for alert in (first, second, third)] == [1, 2, 3]
    assert store.read(lambda rows: rows.alerts(None, 2)).result() == [third, second]
    assert store.read(lambda rows: rows.alerts(2, 9)).result() == [first]
    assert store.read(lambda rows: (rows.alert(2), rows.alert(4))).result() == (second, None)
    waiting = [Delivery(number, "hook", "waiting", 0, 0) for number in (2, 3)]
    assert [store.read(lambda rows, n=n: rows.deliveries(n)).result() for n in (2, 3)] == [[one] for one in waiting]  # type: ignore[misc]
    assert store.read(lambda rows: rows.due_deliveries(0)).result() == [waiting[0]]
    store.write(lambda rows: rows.put_delivery(replace(waiting[0], attempts=1, next_ms=50))).result()
    assert store.read(lambda rows: rows.due_deliveries(50)).result() == [waiting[1]]
    store.write(lambda rows: rows.put_delivery(replace(waiting[1], next_ms=51))).result()
    assert store.read(lambda rows: rows.due_deliveries(49)).result() == []
    assert [d.alert_number for d in store.read(lambda rows: rows.due_deliveries(51)).result()] == [2]
    other = Delivery(2, "another", "waiting", 0, 0)
    store.write(lambda rows: rows.put_delivery(other)).result()
    assert [d.webhook_id for d in store.read(lambda rows: rows.due_deliveries(51)).result()] == ["hook"]
    store.write(lambda rows: rows.put_webhook(replace(HOOK, id="another"))).result()
    assert [d.webhook_id for d in store.read(lambda rows: rows.due_deliveries(51)).result()] == ["another", "hook"]
    store.write(lambda rows: rows.put_delivery(replace(waiting[1], state="delivered"))).result()
    store.write(lambda rows: rows.delete_webhook("hook")).result()
    states = [store.read(lambda rows, n=n: rows.deliveries(n)).result() for n in (1, 2, 3)]  # type: ignore[misc]
    assert [[one.state for one in found] for found in states] == [[], ["waiting", "failed"], ["delivered"]]


def test_the_log_is_read_newest_first(store: Store) -> None:
    add(store, ALERT, replace(ALERT, id="msg_2"))
    made = [Attempt(alert, "hook", 10, 3, status, "x") for alert, status in ((1, None), (2, 500), (1, 204))]
    store.write(lambda rows: [rows.add_attempt(attempt) for attempt in made]).result()
    numbered = [replace(attempt, number=number) for number, attempt in enumerate(made, 1)]
    assert store.read(lambda rows: rows.attempts(None, None, 2)).result() == [numbered[2], numbered[1]]
    assert store.read(lambda rows: rows.attempts(None, 2, 9)).result() == [numbered[0]]
    assert store.read(lambda rows: rows.attempts(1, None, 9)).result() == [numbered[2], numbered[0]]


def test_oddities_are_counted_by_device(store: Store) -> None:
    def note(rows: Writing) -> None:
        for device, kind, at_ms in (("u1", "gap", 5), ("u1", "gap", 9), ("u2", "gap", 7), ("u1", "clone", 6)):
            rows.note_oddity("c", device, kind, at_ms)  # type: ignore[arg-type]
        rows.note_oddity("b", "u1", "gap", 1)

    store.write(note).result()
    assert store.read(lambda rows: rows.oddities(6)).result() == [
        Oddities("c", "clone", 1, 6),
        Oddities("c", "gap", 2, 9),
    ]
    assert len(store.read(lambda rows: rows.oddities(0)).result()) == 3
    assert store.read(lambda rows: rows.oddities(10)).result() == []


def test_what_waits_is_given_up_at_once(store: Store) -> None:
    store.write(lambda rows: rows.put_webhook(HOOK)).result()
    add(store, ALERT, replace(ALERT, id="msg_2"))
    store.write(lambda rows: rows.put_delivery(Delivery(1, "hook", "delivered", 1, 0))).result()
    assert store.write(lambda rows: rows.give_up_deliveries()).result() == 1
    states = [one.state for n in (1, 2) for one in store.read(lambda rows, n=n: rows.deliveries(n)).result()]
    assert states == ["delivered", "failed"]


@pytest.mark.parametrize("limit", [1, 9])
def test_old_alerts_are_forgotten_with_all_about_them(store: Store, limit: int) -> None:
    store.write(lambda rows: rows.put_webhook(HOOK)).result()
    add(store, ALERT, replace(ALERT, id="msg_2", at_ms=1_500), replace(ALERT, id="msg_3", at_ms=2_000))

    def note(rows: Writing) -> None:
        for number in (1, 2, 3):
            rows.add_attempt(Attempt(number, "hook", 1, 1, 204, "x"))
        for device, at_ms in (("u1", 1_999), ("u2", 2_000)):
            rows.note_oddity("c", device, "gap", at_ms)

    store.write(note).result()
    forgotten = 0
    while count := store.write(lambda rows: rows.forget_alerts(2_000, limit)).result():
        assert count <= limit
        forgotten += count
    assert forgotten == 2
    assert [alert.id for alert in store.read(lambda rows: rows.alerts(None, 9)).result()] == ["msg_3"]
    assert [one.alert_number for one in store.read(lambda rows: rows.due_deliveries(0)).result()] == [3]
    assert [one.alert_number for one in store.read(lambda rows: rows.attempts(None, None, 9)).result()] == [3]
    assert [one.devices for one in store.read(lambda rows: rows.oddities(0)).result()] == [1]
    assert add(store, replace(ALERT, id="msg_4"))[0].number == 4, "a number is never used again"
