"""What goes wrong in the middle of a run accuses no app, and takes nothing away that was found until then."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dlt_web.testing.conformance import suite
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.errors import CountingError, NotTestedError
from dlt_web.testing.conformance.report.matrix import BEGIN, END
from tests.harness.test_judging import DIED
from tests.harness.test_verify_refusals import verify, verify_on
from tests.harness.troubled_run import BROKEN_RULE, FIRST, FULL, SAID, SECOND, THIRD, Troubled, app_in


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with app_in(tmp_path_factory.mktemp("run") / "app") as site:
        yield site.url("/")


def put_in_place(troubled: Troubled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command make these checks in a browser that is none."""
    monkeypatch.setattr(suite, "CHECKS", troubled.checks)
    monkeypatch.setattr(suite.Suite, "_run_of", lambda *given: troubled.run_of(*given))
    monkeypatch.setattr("dlt_web.testing.conformance.preflight.find_browsers", lambda **_: ["chromium"])


def verify_with(
    troubled: Troubled, app: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str, dict[str, str]]:
    """Exit code, stdout, stderr, and what JUnit XML says of each check."""
    put_in_place(troubled, monkeypatch)
    code, out, err = verify(app, "--handshake-code", "code", "--report", str(folder), *words)
    assert "Traceback" not in out + err
    said = {case.get("name", ""): "passed" for case in ElementTree.parse(folder / "junit.xml").iter("testcase")}
    for case in ElementTree.parse(folder / "junit.xml").iter("testcase"):
        for what in case:
            said[case.get("name", "")] = f"{what.tag}: {what.get('message')}"
    return code, out, err, said


def test_a_check_that_could_not_be_made_is_told_from_one_that_failed_and_the_run_goes_on(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    troubled = Troubled(in_check={FIRST.id: FULL})
    code, out, err, cases = verify_with(troubled, app, tmp_path, monkeypatch)
    why = f"{SAID}No space left on device: /somewhere/file"
    assert (code, err.splitlines()[-1]) == (2, f"Error: chromium: {why}")
    assert ", 0 failed, " in out
    assert f"  {FIRST.id} in chromium, count.reload in chromium\n    {why}" in out
    assert (cases[FIRST.id], cases[SECOND.id]) == (f"error: {why}", "passed")
    assert "No space left on device" in (tmp_path / "report.html").read_text()


def test_a_run_in_which_nothing_could_be_tested_says_why(app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    why_not = NotTestedError("this browser cannot be told to")
    troubled = Troubled(in_check={FIRST.id: why_not})
    code, _, err, _ = verify_with(troubled, app, tmp_path, monkeypatch, "--only", FIRST.id)
    said = "Error: Nothing that was asked for could be tested: this browser cannot be told to."
    assert (code, err.splitlines()[-1]) == (2, said)
    troubled = Troubled(in_check={FIRST.id: why_not})
    code, _, err, _ = verify_with(troubled, app, tmp_path, monkeypatch)
    assert (code, "Error" in err) == (0, False)


def test_a_check_that_failed_says_more_than_one_that_could_not_be_made(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    troubled = Troubled(in_check={FIRST.id: FULL, SECOND.id: BROKEN_RULE})
    code, _, err, cases = verify_with(troubled, app, tmp_path, monkeypatch)
    why = f"{SAID}No space left on device: /somewhere/file"
    assert (code, err.splitlines()[-1]) == (1, f"Error: chromium: {why}")
    assert (cases[FIRST.id], cases[SECOND.id]) == (f"error: {why}", f"failure: {BROKEN_RULE}")


@pytest.mark.parametrize("first", [{}, {FIRST.id: BROKEN_RULE}], ids=["passed", "failed"])
def test_a_run_that_cannot_go_on_shows_what_was_made_and_why_the_rest_was_not(
    first: dict[str, Exception], app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    troubled = Troubled(in_check=first, at_begin={THIRD.id: FULL})
    code, out, err, cases = verify_with(troubled, app, tmp_path, monkeypatch)
    why = "The run could not go on: No space left on device: /somewhere/file."
    assert (code, err.splitlines()[-1]) == (2, f"Error: chromium: {why}")
    assert cases[FIRST.id] == (f"failure: {BROKEN_RULE}" if first else "passed")
    assert cases[SECOND.id] == "passed"
    made = {FIRST.id, SECOND.id, "count.reload", "count.second-tab"}
    assert {said for name, said in cases.items() if name not in made} == {f"error: {why}"}
    assert f"    {why}\n" in out
    assert why in (tmp_path / "report.html").read_text()


def test_what_was_found_is_kept_when_what_the_check_opened_cannot_be_closed(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    troubled = Troubled(at_end={SECOND.id: CountingError("These devices of the run may still hold seats: x.")})
    code, _, err, cases = verify_with(troubled, app, tmp_path, monkeypatch)
    assert (code, err.splitlines()[-1]) == (2, "Error: chromium: These devices of the run may still hold seats: x.")
    assert (cases[FIRST.id], cases[SECOND.id]) == ("passed", "passed")
    assert cases[THIRD.id] == "error: These devices of the run may still hold seats: x."


def test_a_run_whose_last_check_cannot_be_ended_says_so(app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    troubled = Troubled(at_end={FIRST.id: FULL})
    code, _, err, cases = verify_with(troubled, app, tmp_path, monkeypatch, "--only", FIRST.id)
    assert (code, cases[FIRST.id]) == (2, "passed")
    assert err.splitlines()[-1].startswith("Error: chromium: The run could not go on: No space left on device")


def test_a_browser_that_cannot_be_closed_takes_no_report_away(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def close() -> None:
        raise DIED

    class Dying(Troubled):
        def run_of(self, suite: suite.Suite, engine: str) -> EngineRun:
            suite._run_stack.callback(close)
            return super().run_of(suite, engine)

    code, out, _, _ = verify_with(Dying(), app, tmp_path, monkeypatch)
    assert code == 0, out


class Full(io.StringIO):
    """Takes nothing, as a file on a full disk, or a pipe of which the other end has gone."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_reason_that_cannot_be_written_makes_no_failure_of_what_could_not_be_made(
    app: str, monkeypatch: pytest.MonkeyPatch
):
    put_in_place(Troubled(in_check={FIRST.id: FULL}), monkeypatch)
    assert verify_on(io.StringIO(), Full(), app, "--handshake-code", "code") == 2


def test_a_terminal_that_has_gone_keeps_nothing_from_being_written(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put_in_place(Troubled(), monkeypatch)
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    words = (app, "--handshake-code", "code", "--report", str(tmp_path), "--matrix", str(page))
    assert verify_on(Full(), io.StringIO(), *words) == 2
    assert (tmp_path / "junit.xml").exists()
    assert f"`{FIRST.id}`" in page.read_text()


def test_a_table_that_nobody_can_read_keeps_no_report_from_being_written(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def as_table(_: object) -> str:
        raise UnicodeEncodeError("ascii", "…", 0, 1, "ordinal not in range(128)")

    monkeypatch.setattr("dlt_web.testing.conformance.report.table.as_table", as_table)
    code, _, err, cases = verify_with(Troubled(), app, tmp_path, monkeypatch)
    assert (code, cases[FIRST.id]) == (2, "passed")
    assert err.splitlines()[-1].startswith("Error: The run was ended by what nobody expected, UnicodeEncodeError: ")
