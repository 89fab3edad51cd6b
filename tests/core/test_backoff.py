from dlt_web.backoff import Backoff

MAIN, STANDBY = 0, 1
HOUR_MS = 3_600_000


def asked_and_failed(backoff: Backoff, now_ms: int, *, retry_after_ms: int = 0, fraction: float = 0.5) -> bool:
    """Have the server that is to be asked now fail."""
    backoff.ask(now_ms)
    return backoff.failed(now_ms, retry_after_ms, fraction)


def test_the_wait_doubles_up_to_the_cap_with_full_jitter():
    backoff = Backoff(1, cap_ms=60_000)
    waits = []
    for _ in range(8):
        assert asked_and_failed(backoff, 0)
        waits.append(backoff.not_before_ms)
    assert waits == [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]


def test_the_standby_comes_before_any_wait_and_main_after_it():
    backoff = Backoff(2, cap_ms=60_000)
    assert backoff.ask(0) == MAIN
    assert not backoff.failed(0, 0, 0.5)
    assert (backoff.not_before_ms, backoff.ask(0)) == (0, STANDBY)
    assert backoff.failed(0, 0, 0.5)
    assert (backoff.not_before_ms, backoff.ask(2_000)) == (2_000, MAIN)


def test_hurry_keeps_what_the_server_asked_for():
    backoff = Backoff(1, cap_ms=60_000)
    asked_and_failed(backoff, 1_000, retry_after_ms=5_000, fraction=0.999)
    backoff.hurry()
    assert backoff.not_before_ms == 6_000
    backoff.ask(6_000)
    backoff.succeeded()
    assert backoff.not_before_ms == 0


def test_an_answer_of_the_standby_does_not_end_the_wait_that_main_asked_for():
    backoff = Backoff(2, cap_ms=60_000)
    assert not asked_and_failed(backoff, 0, retry_after_ms=HOUR_MS)
    assert backoff.ask(0) == STANDBY
    backoff.succeeded()
    assert (backoff.not_before_ms, backoff.ask(10_000)) == (0, STANDBY)
    backoff.succeeded()
    assert backoff.ask(HOUR_MS - 1) == STANDBY
    backoff.succeeded()
    assert backoff.ask(HOUR_MS) == MAIN


def test_a_standby_that_asked_for_nothing_does_not_wait_for_main():
    backoff = Backoff(2, cap_ms=60_000)
    assert not asked_and_failed(backoff, 0, retry_after_ms=HOUR_MS)
    assert asked_and_failed(backoff, 0)
    assert (backoff.not_before_ms, backoff.ask(2_000)) == (2_000, STANDBY)
    # A round of the standby alone: its wait grows as any other, with full jitter.
    assert backoff.failed(2_000, 0, 0.25)
    assert (backoff.not_before_ms, backoff.ask(4_000)) == (4_000, STANDBY)


def test_where_both_ask_to_wait_the_one_that_is_ready_first_is_asked_first():
    backoff = Backoff(2, cap_ms=60_000)
    asked_and_failed(backoff, 0, retry_after_ms=HOUR_MS)
    assert asked_and_failed(backoff, 0, retry_after_ms=90_000)
    backoff.hurry()
    assert (backoff.not_before_ms, backoff.ask(90_000)) == (90_000, STANDBY)


def test_a_standby_that_asked_to_wait_is_left_alone_when_main_fails_again():
    backoff = Backoff(2, cap_ms=60_000)
    asked_and_failed(backoff, 0)
    assert asked_and_failed(backoff, 0, retry_after_ms=HOUR_MS)
    assert backoff.ask(2_000) == MAIN
    # No other is left to ask: the round is over.
    assert backoff.failed(2_000, 0, 0.5)
    assert (backoff.not_before_ms, backoff.ask(6_000)) == (6_000, MAIN)


def test_starting_over_keeps_what_each_server_asked_for():
    backoff = Backoff(2, cap_ms=60_000)
    asked_and_failed(backoff, 0, retry_after_ms=HOUR_MS)
    asked_and_failed(backoff, 0, fraction=0.999)
    backoff.start_over()
    assert (backoff.not_before_ms, backoff.ask(0)) == (0, STANDBY)
    # The wait begins with the first round again.
    assert backoff.failed(0, 0, 0.999)
    assert backoff.not_before_ms == 3_996


def test_whoever_asks_in_a_wait_asks_the_server_that_is_ready_first():
    backoff = Backoff(2, cap_ms=60_000)
    asked_and_failed(backoff, 0, retry_after_ms=90_000)
    asked_and_failed(backoff, 0, retry_after_ms=HOUR_MS)
    assert backoff.ask(1_000) == MAIN


def test_a_thousand_failures_do_not_overflow():
    backoff = Backoff(1, cap_ms=HOUR_MS)
    for _ in range(1000):
        asked_and_failed(backoff, 0, fraction=0.999)
    assert backoff.not_before_ms < HOUR_MS
