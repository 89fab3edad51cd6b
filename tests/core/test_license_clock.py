"""A clock that is set back prolongs no offline license, and costs nobody a scan (spec §8)."""

from dlt_web.changes import Deciding
from dlt_web.ledger import Ledger
from dlt_web.license_changes import ClockSeen
from dlt_web.license_clock import NOTE_INTERVAL_MS, TOLERANCE_MS, LicenseClock
from dlt_web.local_state import LocalState
from dlt_web.model import Moment
from dlt_web.outbox import Outbox
from tests.core.fake_lts import grant
from tests.core.fake_shell import FakeClock, FakeShell
from tests.core.licensing_steps import DAY_MS, lose_authorizations, new_scan, options, state

HOUR_MS = 3_600_000
LIFE = {"life_s": 3600, "allowance_s": 7200}


def errors_of(shell):
    return [error["code"] for error in shell.explain()["errors"]]


def use_for(shell, ms):
    """Let time pass, with a scan every five minutes that no server hears of."""
    for _ in range(ms // 300_000):
        shell.clock.advance(300_000)
        new_scan(shell)
        lose_authorizations(shell)


def test_in_a_running_tracker_time_goes_on_whatever_the_wall_clock_says():
    shell = FakeShell()
    grant(shell, **LIFE)
    shell.clock.wall_ms -= 365 * DAY_MS
    use_for(shell, HOUR_MS + 300_000)
    assert state(shell) == "offline"
    use_for(shell, 2 * HOUR_MS)
    assert state(shell) == "expired"


def test_a_restart_with_the_clock_set_back_goes_on_where_time_stood():
    shell = FakeShell()
    grant(shell, **LIFE)
    granted_at_ms = shell.clock.wall_ms
    use_for(shell, HOUR_MS + 600_000)
    for number in range(3):
        again = FakeShell(store=shell.store, clock=FakeClock(wall_ms=granted_at_ms), seed=number + 1, page=f"p{number}")
        lose_authorizations(again)
        assert state(again) == "offline"
        assert again.resolved[new_scan(again)]["scans"] == 1
        assert "CLOCK_SET_BACK" in errors_of(again)
        use_for(again, HOUR_MS - 600_000)
    assert state(again) == "expired"
    assert again.rejected[new_scan(again)].code == "LICENSE_TOKEN_EXPIRED"


def test_the_first_day_without_a_token_does_not_begin_anew_either():
    shell = FakeShell()
    lose_authorizations(shell)
    use_for(shell, DAY_MS)
    again = FakeShell(store=shell.store, seed=1, page="page-2")
    use_for(again, 600_000)
    assert state(again) == "expired"


def test_a_clock_that_was_wrong_by_years_and_is_mended_costs_nothing():
    shell = FakeShell(clock=FakeClock(wall_ms=FakeClock().wall_ms + 1500 * DAY_MS))
    grant(shell, **LIFE)
    again = FakeShell(store=shell.store, seed=1, page="page-2")
    lose_authorizations(again)
    assert state(again) == "licensed"
    assert again.resolved[new_scan(again)]["scans"] == 1
    again.clock.advance(HOUR_MS)
    new_scan(again)
    grant(again, **LIFE)
    assert state(again) == "licensed"
    use_for(again, HOUR_MS - 300_000)
    last = FakeShell(store=shell.store, clock=again.clock, seed=2, page="page-3")
    assert errors_of(last) == []


def test_a_correction_of_a_good_clock_is_no_trouble():
    shell = FakeShell()
    grant(shell, **LIFE)
    shell.clock.wall_ms -= TOLERANCE_MS
    assert errors_of(shell) == []
    shell.clock.wall_ms -= 1
    assert errors_of(shell) == ["CLOCK_SET_BACK"]


def test_time_is_written_every_ten_minutes_of_use_and_no_more_often():
    shell = FakeShell(options=options(authorize="first-scan"))
    shell.clock.advance(NOTE_INTERVAL_MS)
    shell.scan()
    assert "clockSeen" not in str([commit.put for commit in shell.commits])
    shell = FakeShell()
    grant(shell, **LIFE)
    seen = set()
    for _ in range(300):
        shell.clock.advance(6_000)
        shell.scan()
        seen |= {record["clockSeen"] for key, record in shell.store.records.items() if key.endswith("/license")}
    assert len(seen) == 1 + 300 * 6_000 // NOTE_INTERVAL_MS


def test_clocks_that_are_rounded_apart_do_not_add_up():
    clock = LicenseClock(Ledger(options(), Outbox()))
    for tick in range(10_000):
        clock.begin(Moment(1_000_000 + 100 * tick + (tick % 3) * 300, 100 * tick, b""))
    assert 0 <= clock.now_ms - clock._now.wall_ms <= 2000


def test_a_time_seen_before_anything_was_asked_is_nobody_s():
    state = LocalState("code-1")
    ClockSeen(5).apply(state, Deciding(5, None, False, None, 1))
    assert state.clock_seen_ms is None
