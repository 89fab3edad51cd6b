"""What goes wrong in the middle of ``pytest --pyargs dlt_web.testing.conformance`` is said in its own terms."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.harness.troubled_run import FIRST, SECOND, THIRD, app_in
from tests.plugin.pytest_run import PytestRun, run_pytest

ROOT = Path(__file__).parents[2]
# In place of browsers: a run in which goes wrong what the test names.
PLUGIN = """
from dlt_web.testing.conformance import checks, preflight
from dlt_web.testing.conformance.errors import NotTestedError, VerifyError
from tests.harness.troubled_run import BROKEN_RULE, FIRST, FULL, SECOND, THIRD, Troubled

troubled = Troubled({troubled})
checks.CHECKS = troubled.checks
preflight.find_browsers = lambda **_: ["chromium"]
from dlt_web.testing.conformance import suite

suite.Suite._run_of = lambda *given: troubled.run_of(*given)
"""
NAMED = ("-p", "dlt_web.testing.conformance.plugin", "-p", "troubled", "-p", "no:cacheprovider", "-rs")
FULL = "No space left on device: /somewhere/file"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    with app_in(tmp_path / "app") as site:
        yield site.url("/?let-me=in")


WITH_REPORT = ("--app-report", "report")


def run_troubled(folder: Path, app: str, troubled: str, *words: str) -> PytestRun:
    (folder / "troubled.py").write_text(PLUGIN.format(troubled=troubled))
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    given = ("--pyargs", "dlt_web.testing.conformance", "--app-url", app, "--handshake-code", "code")
    run = run_pytest(folder, *NAMED, *given, *words, environment={"PYTHONPATH": path})
    assert "Traceback" not in run.output
    assert "let-me" not in run.output
    return run


def test_a_check_that_could_not_be_made_is_skipped_and_the_tests_end_with_2(tmp_path: Path, app: str) -> None:
    run = run_troubled(tmp_path, app, "in_check={FIRST.id: FULL}", *WITH_REPORT)
    said = f"the check could not be made, which says nothing of the app: {FULL}"
    assert run.exit_code == 2, run.output
    assert f"Error: Chromium: {said}." in run.output
    assert f": {said}" in run.output.partition("SKIPPED")[2]
    cases = {case.get("name"): case for case in ElementTree.parse(tmp_path / "report" / "junit.xml").iter("testcase")}
    assert cases[FIRST.id].find("error") is not None
    assert list(cases[SECOND.id]) == []


def test_a_failed_test_says_more_than_one_that_could_not_be_made(tmp_path: Path, app: str) -> None:
    run = run_troubled(tmp_path, app, "in_check={FIRST.id: FULL, SECOND.id: BROKEN_RULE}")
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    assert run.outcomes[f"test_app[chromium-{SECOND.id}]"].endswith("the page was another device.")


def test_tests_that_cannot_go_on_are_skipped_and_end_with_2_and_a_report(tmp_path: Path, app: str) -> None:
    run = run_troubled(tmp_path, app, "in_check={FIRST.id: BROKEN_RULE}, at_begin={THIRD.id: FULL}", *WITH_REPORT)
    assert run.exit_code == 2, run.output
    assert f"Error: Chromium: The run could not go on: {FULL}." in run.output
    assert f": The run could not go on: {FULL}." in run.output.partition("SKIPPED")[2]
    cases = {case.get("name"): case for case in ElementTree.parse(tmp_path / "report" / "junit.xml").iter("testcase")}
    found = {name: [what.tag for what in case] for name, case in cases.items()}
    assert (found[FIRST.id], found[SECOND.id], found[THIRD.id]) == (["failure"], [], ["error"])


def test_tests_of_which_none_can_be_made_here_end_with_2_as_the_command_does(tmp_path: Path, app: str) -> None:
    untestable = 'in_check={FIRST.id: NotTestedError("this browser cannot be told to")}'
    run = run_troubled(tmp_path, app, untestable, "-k", FIRST.id)
    assert run.exit_code == 2, run.output
    said = "Error: Nothing that was asked for could be tested: this browser cannot be told to."
    assert said in run.output
    run = run_troubled(tmp_path, app, untestable, "-k", f"{FIRST.id} or {SECOND.id}")
    assert run.exit_code == pytest.ExitCode.OK, run.output


def test_a_run_that_cannot_begin_says_why_in_its_report_too(tmp_path: Path, app: str) -> None:
    run = run_troubled(tmp_path, app.replace("/?", "/gone?"), "", "-k", FIRST.id, *WITH_REPORT)
    assert run.exit_code == 2, run.output
    (suite,) = ElementTree.parse(tmp_path / "report" / "junit.xml").getroot()
    assert suite.get("errors") == suite.get("tests")
    assert "answers with status 404" in ElementTree.tostring(suite, encoding="unicode")


def test_tests_that_are_told_to_stop_write_what_was_made(tmp_path: Path, app: str) -> None:
    stopping = "in_check={SECOND.id: BROKEN_RULE}); import os, signal; object.__setattr__(troubled.checks[1], 'run', "
    stopping += "lambda _: os.kill(os.getpid(), signal.SIGTERM)"
    run = run_troubled(tmp_path, app, stopping, *WITH_REPORT)
    assert run.exit_code == 128 + signal.SIGTERM, run.output
    cases = {case.get("name"): case for case in ElementTree.parse(tmp_path / "report" / "junit.xml").iter("testcase")}
    assert list(cases[FIRST.id]) == []
    (error,) = cases[SECOND.id]
    assert error.get("message") == "The run was told to stop (SIGTERM) before this was made."


def test_an_app_that_cannot_be_verified_is_named_without_what_lets_people_in(tmp_path: Path, app: str) -> None:
    run = run_troubled(tmp_path, app, f'at_begin={{FIRST.id: VerifyError("The page {app} made no tracker.")}}')
    assert run.exit_code == 2, run.output
    assert f"Error: The page {app.partition('?')[0]}?… made no tracker." in run.output


def test_of_several_processes_none_ends_the_others_for_a_check_that_could_not_be_made(tmp_path: Path, app: str) -> None:
    wanted = f"{FIRST.id} or {SECOND.id} or {THIRD.id}"
    run = run_troubled(tmp_path, app, "in_check={FIRST.id: FULL}", "-n", "2", "-k", wanted)
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    assert run.outcomes == {
        f"test_app[chromium-{FIRST.id}]": f"Failed: the check could not be made, which says nothing of the app: {FULL}",
        f"test_app[chromium-{SECOND.id}]": "passed",
        f"test_app[chromium-{THIRD.id}]": "passed",
    }


ONE = '__import__("os").environ.get("PYTEST_XDIST_WORKER") == "gw0"'


@pytest.mark.long_only
def test_of_several_processes_none_ends_the_others_where_it_can_verify_nothing(tmp_path: Path, app: str) -> None:
    wanted = f"{FIRST.id} or {SECOND.id} or {THIRD.id}"
    vain = f'at_begin={{FIRST.id: VerifyError("The page {app} made no tracker.")}} if {ONE} else {{}}'
    run = run_troubled(tmp_path, app, vain, "-n", "2", "-k", wanted)
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    page = f"{app.partition('?')[0]}?…"
    failed = f"Failed: The app could not be verified in chromium: The page {page} made no tracker."
    assert set(run.outcomes.values()) == {failed, "passed"}
    assert len(run.outcomes) == 3


@pytest.mark.long_only
def test_of_several_processes_none_ends_the_others_where_its_run_cannot_begin(tmp_path: Path, app: str) -> None:
    run = run_troubled(tmp_path, app.replace("/?", "/gone?"), "", "-n", "2", "-k", FIRST.id)
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    (said,) = run.outcomes.values()
    assert "404" in said
