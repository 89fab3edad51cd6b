"""Schedules come from their seed alone, and the oracle does not nod everything through."""

from __future__ import annotations

import inspect

import pytest

from dlt_web.testing.lts_process import Usage
from tests.chaos.conftest import chosen_schedules
from tests.chaos.network import FAULTS
from tests.chaos.oracle import Oracle
from tests.chaos.planner import plan
from tests.chaos.schedule import THEMES, WORKERS, schedule_from_text
from tests.chaos.steps import STEPS


def usage(scans: int, *, lost: int = 0, unverified: int = 0) -> Usage:
    return Usage(1, 1, scans, {}, 0, unverified, {"purged": lost} if lost else {})


@pytest.mark.parametrize("workers", WORKERS)
def test_a_seed_makes_one_schedule_and_its_text_says_all_of_it(workers: str) -> None:
    for seed in range(50):
        schedule = plan(seed, workers)  # type: ignore[arg-type]
        assert schedule == plan(seed, workers)  # type: ignore[arg-type]
        assert schedule == schedule_from_text(schedule.as_text())


def test_a_text_may_have_comments_and_leave_settings_out() -> None:
    schedule = schedule_from_text("open t1 a 0  # first\n\n# rush t1 3\nscan t1 2\n")
    assert schedule.steps == (("open", "t1", "a", "0"), ("scan", "t1", "2"))
    assert (schedule.workers, schedule.theme, schedule.main) == ("shared", "walk", "proxy")


def test_the_world_knows_every_step_and_every_fault_is_planned() -> None:
    steps = {step for seed in range(600) for step in plan(seed, WORKERS[seed % 3]).steps}
    for word, *arguments in steps:
        inspect.signature(STEPS[word]).bind(None, *arguments)
    assert {step[2] for step in steps if step[0] == "fault"} == set(FAULTS)
    assert {"kill-browser", "kill-lts", "away", "quit", "put-back", "purge", "kill-runtime"} <= {
        step[0] for step in steps
    }


def test_what_runs_by_default_has_every_theme_and_every_way_to_python() -> None:
    schedules = chosen_schedules({})
    assert {schedule.theme for schedule in schedules} == set(THEMES)
    assert {schedule.workers for schedule in schedules} == set(WORKERS)
    assert [schedule.seed for schedule in chosen_schedules({"DLT_WEB_CHAOS_N": "500"})] == list(range(1, 501))


class TestOracle:
    def test_everything_resolved_must_be_counted_exactly(self) -> None:
        oracle = Oracle()
        oracle.answered(oracle.called("a", "page", 2, ["x", "y"]).number, {"scans": 2})
        assert oracle.verdict(usage(2)) == []
        assert oracle.verdict(usage(1)) != []
        assert oracle.verdict(usage(3)) != []

    def test_a_call_that_was_cut_may_be_counted_and_one_that_was_refused_may_not(self) -> None:
        oracle = Oracle()
        oracle.called("a", "page", 2, [])
        oracle.answered(oracle.called("a", "page", 4, []).number, {"name": "LicenseError", "code": "C", "message": "m"})
        oracle.ended("page")
        assert oracle.verdict(usage(0)) == oracle.verdict(usage(2)) == []
        assert oracle.verdict(usage(3)) != []

    def test_an_answer_other_than_the_rules_is_wrong_whatever_the_server_has(self) -> None:
        oracle = Oracle()
        oracle.answered(oracle.called("a", "page", 0, ["x"]).number, {"scans": 1})
        assert oracle.verdict(usage(1)) != []

    def test_a_call_that_never_settles_or_is_rejected_is_wrong(self) -> None:
        pending, rejected = Oracle(), Oracle()
        pending.called("a", "page", 1, [])
        rejected.answered(rejected.called("a", "page", 1, []).number, {"name": "TrackerError", "code": "X"})
        assert pending.verdict(usage(1)) != []
        assert rejected.verdict(usage(1)) != []

    def test_only_what_was_purged_unsent_and_unknown_may_be_missing(self) -> None:
        oracle = Oracle(may_lose=True)
        sent, unsent, known = (oracle.called("a", load, 1, []) for load in ("1", "1", "2"))
        for call in (sent, unsent, known):
            oracle.answered(call.number, {"scans": 1})
        oracle.flushed([sent])
        oracle.purged("a", known_loads=["2"])
        assert oracle.verdict(usage(2)) == oracle.verdict(usage(3)) == []
        assert oracle.verdict(usage(1)) != []
        assert oracle.verdict(usage(1, lost=1)) == []
        oracle.runtime_ended("a")
        assert oracle.verdict(usage(1)) == []
        assert oracle.verdict(usage(0)) != []

    def test_a_loss_is_wrong_where_nothing_was_deleted_and_so_are_unverified_scans(self) -> None:
        oracle = Oracle()
        oracle.answered(oracle.called("a", "page", 1, []).number, {"scans": 1})
        assert oracle.verdict(usage(0, lost=1)) != []
        assert oracle.verdict(usage(1, unverified=1)) != []
