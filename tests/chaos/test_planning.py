"""Schedules come from their seed alone, and the oracle does not nod everything through."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from dlt_web.testing.lts_process import Usage
from tests.chaos.conftest import chosen_schedules
from tests.chaos.faulty_workers import NEWER, RUNNING_FAULTS, SHIM, STARTING_FAULTS
from tests.chaos.network import FAULTS
from tests.chaos.oracle import Oracle
from tests.chaos.planner import FIRST_STORAGE_SEED, ROUND, plan
from tests.chaos.schedule import THEMES, WORKERS, schedule_from_text
from tests.chaos.steps import STEPS

STORAGE_SEEDS = range(FIRST_STORAGE_SEED, FIRST_STORAGE_SEED + 200)


def usage(scans: int, *, lost: int = 0, unverified: int = 0) -> Usage:
    return Usage(1, 1, scans, {}, 0, unverified, {"purged": lost} if lost else {})


@pytest.mark.parametrize("workers", WORKERS)
def test_a_seed_makes_one_schedule_and_its_text_says_all_of_it(workers: str) -> None:
    for seed in (*range(50), *STORAGE_SEEDS[:50]):
        schedule = plan(seed, workers)  # type: ignore[arg-type]
        assert schedule == plan(seed, workers)  # type: ignore[arg-type]
        assert schedule == schedule_from_text(schedule.as_text())


def test_a_text_may_have_comments_and_leave_settings_out() -> None:
    schedule = schedule_from_text("open t1 a 0  # first\n\n# rush t1 3\nscan t1 2\n")
    assert schedule.steps == (("open", "t1", "a", "0"), ("scan", "t1", "2"))
    assert (schedule.workers, schedule.theme, schedule.main) == ("shared", "walk", "proxy")


def test_the_world_knows_every_step_and_every_fault_is_planned() -> None:
    steps = {step for seed in (*range(600), *STORAGE_SEEDS) for step in plan(seed, WORKERS[seed % 3]).steps}
    for word, *arguments in steps:
        inspect.signature(STEPS[word]).bind(None, *arguments)
    assert {step[2] for step in steps if step[0] == "fault"} == set(FAULTS)
    assert {"kill-browser", "kill-lts", "away", "quit", "put-back", "purge", "kill-runtime"} <= {
        step[0] for step in steps
    }


@pytest.mark.parametrize("workers", WORKERS)
def test_every_fault_of_the_storage_is_planned_for_every_way_to_python(workers: str) -> None:
    steps = [step for seed in STORAGE_SEEDS for step in plan(seed, workers).steps]  # type: ignore[arg-type]
    running = {step[2:] for step in steps if step[0] == "storage-fault"}
    assert running == {(kind, who) for kind in (*RUNNING_FAULTS, NEWER) for who in ("one", "all")}
    assert {step[4] for step in steps if step[0] == "open-broken"} == set(STARTING_FAULTS)
    assert ("heal-storage", "a") in steps


def test_the_shim_under_the_workers_knows_every_fault() -> None:
    shim = SHIM.read_text()
    for fault in (*RUNNING_FAULTS.values(), *STARTING_FAULTS.values()):
        assert shim.count(f'"{fault}"() {{') == 1, fault


def test_what_runs_by_default_has_every_theme_and_every_way_to_python() -> None:
    schedules = chosen_schedules({})
    assert len(schedules) == 10
    assert {schedule.theme for schedule in schedules} == set(THEMES)
    assert {schedule.workers for schedule in schedules} == set(WORKERS)
    # In workers of the pages' own, and in shared ones.
    assert [one.workers for one in schedules if one.theme == "storage-fault"] == ["own", "deploy"]


def test_a_long_run_goes_round_the_themes_in_the_order_of_seeds_and_tells_a_seed_to_take_up_again() -> None:
    seeds = [schedule.seed for schedule in chosen_schedules({"DLT_WEB_CHAOS_N": "500"})]
    assert seeds == [*range(1, 401), *range(FIRST_STORAGE_SEED, FIRST_STORAGE_SEED + 100)]
    again = chosen_schedules({"DLT_WEB_CHAOS_SEED": "7", "DLT_WEB_CHAOS_N": "30"})
    assert [schedule.seed for schedule in again] == [*range(7, 37)]


def environment_of(command: str) -> dict[str, str]:
    """Return what `make` sets for a command of its own, which is not carried out."""
    asked = [*shlex.split(command), "--dry-run", "--no-print-directory"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    said = subprocess.run(asked, cwd=Path(__file__).parents[2], env=own, capture_output=True, text=True, check=True)
    return dict(re.findall(r"(DLT_WEB_CHAOS_\w+)='(.*?)'", said.stdout))


@pytest.mark.parametrize(
    "environment",
    [{}, {"DLT_WEB_CHAOS_N": "500"}, {"DLT_WEB_CHAOS_N": "40", "DLT_WEB_CHAOS_WORKERS": "own"}],
    ids=["by default", "in a long run", "on one way to Python"],
)
def test_the_command_that_a_failed_schedule_prints_makes_it_again_and_nothing_else(environment: dict[str, str]) -> None:
    schedules = chosen_schedules(environment)
    wanted = environment.get("DLT_WEB_CHAOS_WORKERS")
    assert {schedule.workers for schedule in schedules} == ({wanted} if wanted else set(WORKERS))
    assert environment_of(schedules[-1].command("firefox")) == {
        "DLT_WEB_CHAOS_N": "",
        "DLT_WEB_CHAOS_SEED": str(schedules[-1].seed),
        "DLT_WEB_CHAOS_WORKERS": schedules[-1].workers,
        "DLT_WEB_CHAOS_SCHEDULE": "",
    }
    for schedule in schedules:
        said = re.fullmatch(r"make chaos SEED=(\d+) ENGINE=firefox WORKERS=(\w+)", schedule.command("firefox"))
        assert said is not None
        again = {"DLT_WEB_CHAOS_SEED": said[1], "DLT_WEB_CHAOS_WORKERS": said[2], "DLT_WEB_CHAOS_N": ""}
        assert chosen_schedules(again) == [schedule]
        assert schedule_from_text(schedule.as_text()) == schedule


def test_the_theme_of_an_earlier_seed_is_what_it_was_before_there_was_one_of_storage() -> None:
    assert ROUND == ("walk", "purge", "kill-runtime", "put-back", "forbid", "restore", "offline", "clone")
    assert [plan(seed, "own").theme for seed in range(8)] == list(ROUND)


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

    def test_what_was_counted_in_memory_may_be_missing_once_that_runtime_is_gone_and_not_before(self) -> None:
        oracle = Oracle(may_lose=True)
        sent, unsent, on_disk = (oracle.called("a", load, 1, []) for load in ("1", "2", "3"))
        for call in (sent, unsent):
            oracle.answered(call.number, {"scans": 1, "storage": "memory"})
        oracle.answered(on_disk.number, {"scans": 1, "storage": "indexeddb"})
        oracle.flushed([sent])
        assert oracle.verdict(usage(2)) != []
        oracle.runtime_ended("a")
        assert oracle.verdict(usage(2)) == oracle.verdict(usage(3)) == []
        assert oracle.verdict(usage(1)) != []

    def test_a_loss_is_wrong_where_nothing_was_deleted_and_so_are_unverified_scans(self) -> None:
        oracle = Oracle()
        oracle.answered(oracle.called("a", "page", 1, []).number, {"scans": 1})
        assert oracle.verdict(usage(0, lost=1)) != []
        assert oracle.verdict(usage(1, unverified=1)) != []
