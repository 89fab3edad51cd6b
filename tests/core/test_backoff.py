from dlt_web.backoff import Backoff


def test_the_wait_doubles_up_to_the_cap_with_full_jitter():
    backoff = Backoff(1, cap_ms=60_000)
    waits = []
    for _ in range(8):
        assert backoff.failed(0, 0, 0.5)
        waits.append(backoff.not_before_ms)
    assert waits == [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]


def test_the_standby_comes_before_any_wait():
    backoff = Backoff(2, cap_ms=60_000)
    assert not backoff.failed(0, 0, 0.5)
    assert (backoff.server_index, backoff.not_before_ms) == (1, 0)
    assert backoff.failed(0, 0, 0.5)
    assert (backoff.server_index, backoff.not_before_ms) == (0, 2_000)


def test_hurry_keeps_what_the_server_asked_for():
    backoff = Backoff(1, cap_ms=60_000)
    backoff.failed(1_000, 5_000, 0.999)
    backoff.hurry()
    assert backoff.not_before_ms == 6_000
    backoff.succeeded()
    assert backoff.not_before_ms == 0


def test_a_thousand_failures_do_not_overflow():
    backoff = Backoff(1, cap_ms=3_600_000)
    for _ in range(1000):
        backoff.failed(0, 0, 0.999)
    assert backoff.not_before_ms < 3_600_000
