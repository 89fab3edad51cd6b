"""How alerts come to webhooks: at least once and under one id, whatever receivers and processes do meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler

import pytest

from dlt_web.lts import alert_courier
from dlt_web.lts.alert_courier import LEASE_MS, Courier
from dlt_web.lts.alert_records import Attempt, Delivery
from dlt_web.lts.alert_settings import AlertSettings
from dlt_web.lts.alert_watch import Watch
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.store import MemoryStore
from dlt_web.lts.webhooks import BACKOFF_MS, MAX_WEBHOOKS
from tests.lts.server_process import PATIENCE_S
from tests.lts.webhook_receiver import HERE, Receiver
from tests.lts.world import T0_MS, World


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_courier, "POLL_S", 0.02)


@pytest.fixture
def full(world: World) -> World:
    """A world whose one item is full."""
    world.license(quota=1)
    world.handshake()
    world.authorize()
    world.admin.set_alerts({"percents": (100,), "networks": HERE})
    return world


def check(world: World) -> int:
    """Check once, and return the number of the alert about the item."""
    (alert,) = [one for one in Watch(world.store, world.clock).check() if one.kind == "license.threshold"]
    for other in world.store.read(lambda rows: rows.alerts(None, 9)).result():
        if other.number != alert.number:  # this machine's disk may be full
            give_up(world, other.number)
    return alert.number


def give_up(world: World, number: int) -> None:
    def forget(rows: object) -> None:
        for delivery in rows.deliveries(number):  # type: ignore[attr-defined]
            rows.put_delivery(Delivery(number, delivery.webhook_id, "failed", 0, 0))  # type: ignore[attr-defined]

    world.store.write(forget).result()


def deliveries(world: World, number: int) -> dict[str, Delivery]:
    return {one.webhook_id: one for one in world.store.read(lambda rows: rows.deliveries(number)).result()}


def attempts(world: World) -> list[Attempt]:
    return world.store.read(lambda rows: rows.attempts(None, None, 100)).result()


def deliver(world: World, number: int, webhook_id: str = "hook") -> bool | None:
    outcome = Courier(world.store, world.clock).deliver(deliveries(world, number)[webhook_id])
    return None if outcome is None else outcome.is_delivered


def until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_an_alert_comes_signed_with_what_it_is_about(full: World) -> None:
    with Receiver() as receiver:
        _, secret = full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        assert deliver(full, number) is True
        (message,) = receiver.messages
    assert message.headers["webhook-signature"] == message.signatures(secret)
    assert abs(int(message.headers["webhook-timestamp"]) - time.time()) < 60, "the real time, whatever the test clock"
    assert message.json == {
        "type": "license.threshold",
        "timestamp": "2026-11-24T10:03:00Z",
        "data": {
            "licenseId": "L", "chargeWay": "per_device", "level": 100, "percent": 100, "quota": 1, "used": 1,
            "message": "License L: 1 of 1 devices are used.",
        },
    }  # fmt: skip
    assert deliveries(full, number)["hook"].state == "delivered"
    (attempt,) = attempts(full)
    assert (attempt.alert_number, attempt.webhook_id, attempt.status, attempt.outcome) == (
        number, "hook", 204, "answered 204",
    )  # fmt: skip
    assert deliver(full, number) is None, "it is there"


def test_this_machine_is_posted_to_only_where_the_command_line_named_it(full: World) -> None:
    """Who has a key of administration may be anywhere, and what listens here trusts whoever is here."""
    full.admin.set_alerts({"networks": ()})
    assert AlertSettings().networks == ()
    with Receiver() as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        assert deliver(full, number) is False
        assert receiver.messages == []
    assert attempts(full)[0].outcome.startswith("the host's address is in a network that webhooks may not be in")


def test_what_fails_comes_again_under_the_same_id_with_the_same_bytes(full: World) -> None:
    with Receiver(500, (503, {"Retry-After": "3600"})) as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        assert deliver(full, number) is False
        assert deliver(full, number) is None, "not before its time"
        wait_ms = deliveries(full, number)["hook"].next_ms - full.clock.now_ms()
        assert BACKOFF_MS[0] <= wait_ms <= BACKOFF_MS[0] * 1.1
        full.clock.move_to(full.clock.now_ms() + wait_ms)
        assert deliver(full, number) is False
        assert deliveries(full, number)["hook"].next_ms == full.clock.now_ms() + 3_600_000
        full.clock.move_to(full.clock.now_ms() + 3_600_000)
        assert deliver(full, number) is True
        assert len({(message.id, message.body) for message in receiver.messages}) == 1
    assert [attempt.status for attempt in attempts(full)] == [204, 503, 500]


def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_again(full: World) -> None:
    with Receiver(*[500] * (len(BACKOFF_MS) + 1)) as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        for _attempt in range(len(BACKOFF_MS) + 1):
            assert deliveries(full, number)["hook"].state == "waiting"
            full.clock.move_to(full.clock.now_ms() + 2 * BACKOFF_MS[-1])
            assert deliver(full, number) is False
        assert deliveries(full, number)["hook"].state == "failed"
        assert deliver(full, number) is None
        full.admin.replay(number)
        assert deliver(full, number) is True
        assert len({message.id for message in receiver.messages}) == 1
    assert full.reads.audit()[-1].action == "alert.replay"


def test_a_delivered_alert_is_sent_again_to_whom_one_wants(full: World) -> None:
    with Receiver() as one, Receiver() as other:
        full.admin.add_webhook("one", one.url)
        number = check(full)
        full.admin.add_webhook("other", other.url)
        deliver(full, number, "one")
        full.admin.replay(number, "other")
        assert deliver(full, number, "one") is None
        assert deliver(full, number, "other") is True
        full.admin.replay(number)
        assert [deliver(full, number, name) for name in ("one", "other")] == [True, True]
        assert len({message.id for message in one.messages + other.messages}) == 1
        assert (len(one.messages), len(other.messages)) == (2, 2)


def test_a_webhook_that_is_removed_gets_nothing_more(full: World) -> None:
    with Receiver() as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        full.admin.remove_webhook("hook")
        assert deliver(full, number) is None
        assert receiver.messages == []
    assert deliveries(full, number)["hook"].state == "failed"


def test_an_attempt_that_was_lost_with_its_process_is_made_again(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        monkeypatch.setattr(alert_courier, "_note", lambda *_words: None)  # killed before it could write this down
        assert deliver(full, number) is True
        monkeypatch.undo()
        assert deliver(full, number) is None, "another process is at it, for all that one knows"
        full.clock.move_to(full.clock.now_ms() + LEASE_MS)
        assert deliver(full, number) is True
        assert len({message.id for message in receiver.messages}) == 1
        assert len(receiver.messages) == 2


def test_a_replay_while_an_attempt_is_under_way_is_sent_all_the_same(full: World) -> None:
    """Also where that attempt succeeds, and where it is the last one that is made."""
    with Receiver() as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = check(full)
        full.clock.move_to(full.clock.now_ms() + 1)
        receiver.answers = [lambda handler: replay_and_answer(full, number, handler)]
        assert deliver(full, number) is True
        assert deliveries(full, number)["hook"] == Delivery(number, "hook", "waiting", 0, 0)
        assert [attempt.status for attempt in attempts(full)] == [204], "and it is in the log"
        assert deliver(full, number) is True
        assert deliveries(full, number)["hook"].state == "delivered"
        assert len(receiver.messages) == 2


def replay_and_answer(world: World, number: int, handler: BaseHTTPRequestHandler) -> None:
    world.admin.replay(number)
    handler.send_response(204)
    handler.end_headers()


def test_a_test_is_tried_once(full: World) -> None:
    with Receiver(500) as receiver:
        full.admin.add_webhook("hook", receiver.url)
        number = full.admin.send_test().number
        assert deliver(full, number) is False
        assert [message.json["type"] for message in receiver.messages] == ["test"]
    assert deliveries(full, number)["hook"].state == "failed"


@pytest.fixture
def courier(full: World) -> Iterator[Courier]:
    courier = Courier(full.store, full.clock)
    courier.start()
    yield courier
    courier.stop()


def test_a_receiver_that_hangs_keeps_no_other_waiting(full: World, courier: Courier) -> None:
    with Receiver() as hanging, Receiver() as good:
        hanging.answers = [hanging.hang]
        full.admin.add_webhook("a-hanging", hanging.url)
        full.admin.add_webhook("good", good.url)
        numbers = [full.admin.send_test().number for _ in range(20)]
        good.wait_for(20)
        until(lambda: all(deliveries(full, number)["good"].state == "delivered" for number in numbers))
        assert len(hanging.messages) == 1, "one at a time"
        assert full.authorize(1).status_code == 201
        assert [deliveries(full, number)["a-hanging"].state for number in numbers] == ["waiting"] * 20


def test_a_courier_begins_nothing_while_webhooks_are_paused(full: World, courier: Courier) -> None:
    with Receiver() as receiver:
        full.admin.add_webhook("hook", receiver.url)
        full.admin.set_alerts({"is_paused": True})
        number = check(full)
        time.sleep(3 * alert_courier.POLL_S)
        assert receiver.messages == []
        assert deliveries(full, number)["hook"] == Delivery(number, "hook", "waiting", 0, 0)
        full.admin.set_alerts({"is_paused": False})
        receiver.wait_for(1)


def test_as_many_receivers_hang_as_there_can_be_and_the_last_one_is_told(full: World, courier: Courier) -> None:
    with ExitStack() as stack:
        for number in range(MAX_WEBHOOKS - 1):
            hanging = stack.enter_context(Receiver())
            hanging.answers = [hanging.hang]
            full.admin.add_webhook(f"a{number:02d}", hanging.url)
        good = stack.enter_context(Receiver())
        full.admin.add_webhook("good", good.url)
        started_s = time.monotonic()
        full.admin.send_test()
        good.wait_for(1)
        assert time.monotonic() - started_s < alert_courier.DEADLINE_S / 2, "and not when the others are cut off"


def test_a_stopped_courier_begins_nothing_more(full: World) -> None:
    courier = Courier(full.store, full.clock)
    courier.start()
    with Receiver() as receiver:
        full.admin.add_webhook("hook", receiver.url)
        full.admin.send_test()
        receiver.wait_for(1)
        courier.stop()
        time.sleep(alert_courier.POLL_S)
        number = full.admin.send_test().number
        time.sleep(2 * alert_courier.POLL_S)
        assert len(receiver.messages) == 1
        assert deliveries(full, number)["hook"].state == "waiting"


def test_a_store_that_is_away_is_no_concern_of_the_couriers() -> None:
    store = MemoryStore()
    courier = Courier(store, StandingClock(T0_MS))
    store.close()
    courier.start()
    time.sleep(1.5 * alert_courier.POLL_S)
    courier.stop()
