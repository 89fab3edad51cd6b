"""A run that ends before its time leaves the reports that were asked for, and they say why it did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dlt_web.testing.conformance import suite
from dlt_web.testing.conformance.errors import VerifyError
from dlt_web.testing.conformance.report.matrix import BEGIN, END
from dlt_web.testing.conformance.stopping import STOP_SIGNALS
from tests.harness.test_run_troubles import put_in_place
from tests.harness.test_verify_refusals import verify
from tests.harness.troubled_run import FIRST, FULL, SECOND, Troubled, app_in

ROOT = Path(__file__).parents[2]
# A run without a browser, told to stop in the middle of a check or before any, as its first word says.
STOPPED = """
import os, signal, sys
from dlt_web.cli import main
from dlt_web.testing.conformance import preflight, suite
from tests.harness.troubled_run import FIRST, SECOND, Troubled

where, number = sys.argv[1], int(sys.argv[2])
signal.signal(number, signal.SIG_DFL)

class Stopped(Troubled):
    def _run_for(self, check):
        return (lambda _: os.kill(os.getpid(), number)) if check.row == SECOND else super()._run_for(check)

troubled = Stopped()

def run_of(suite, engine):
    if where == "before":
        os.kill(os.getpid(), number)
    return troubled.run_of(suite, engine)

suite.CHECKS = troubled.checks
suite.Suite._run_of = run_of
preflight.find_browsers = lambda **_: ["chromium", "firefox"]
sys.argv = ["dlt-web", "verify", *sys.argv[3:]]
main()
"""
NO_MATRIX = f"{BEGIN}\nof another run\n{END}\n"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    with app_in(tmp_path / "app") as site:
        yield site.url("/?let-me=in")


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    page = tmp_path / "page.md"
    page.write_text(NO_MATRIX)
    return page


def stopped(where: str, number: signal.Signals, *words: str) -> tuple[int, str]:
    """Exit code and stderr of a run that is told to stop."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", STOPPED, where, str(int(number)), *words, "--handshake-code", "code"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    return done.returncode, done.stderr


def cases(folder: Path) -> dict[str, dict[str, str]]:
    """What JUnit XML says of each check in each browser: what it is called there -> check -> what came of it."""
    found = {}
    for column in ElementTree.parse(folder / "junit.xml").getroot():
        said = found[column.get("name", "")] = {}
        for case in column.iter("testcase"):
            bad = [f"{what.tag}: {what.get('message')}" for what in case]
            said[case.get("name", "")] = bad[0] if bad else "passed"
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("number", STOP_SIGNALS, ids=lambda number: number.name)
def test_a_run_that_is_told_to_stop_writes_what_was_made(
    app: str, tmp_path: Path, matrix: Path, number: signal.Signals
):
    code, err = stopped("in a check", number, app, "--report", str(tmp_path), "--matrix", str(matrix))
    assert code == 128 + number, err
    assert err.splitlines()[-4:] == [
        f"Told to stop ({number.name}): giving back what the run took.",
        *(f"Written: {file}" for file in (tmp_path / "junit.xml", tmp_path / "report.html", matrix)),
    ]
    told = f"The run was told to stop ({number.name}) before this was made."
    found = cases(tmp_path)
    assert list(found) == ["Chromium", "Firefox"]
    assert found["Chromium"].pop(FIRST.id) == "passed"
    assert found["Chromium"].pop("count.reload").startswith("skipped: nobody was asked what was counted")
    assert set(found["Chromium"].values()) == {f"error: {told}"}
    assert set(found["Firefox"].values()) == {f"error: {told}"}
    assert told in (tmp_path / "report.html").read_text()
    assert f"`{SECOND.id}`" in matrix.read_text()
    assert "let-me" not in "".join(file.read_text() for file in tmp_path.glob("*.*"))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_run_that_is_told_to_stop_before_any_check_says_so_and_leaves_a_pages_table(
    app: str, tmp_path: Path, matrix: Path
):
    code, err = stopped("before", signal.SIGTERM, app, "--report", str(tmp_path), "--matrix", str(matrix))
    assert code == 128 + signal.SIGTERM, err
    told = "error: The run was told to stop (SIGTERM) before this was made."
    assert {said for column in cases(tmp_path).values() for said in column.values()} == {told}
    assert matrix.read_text() == NO_MATRIX


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_reports_that_a_stopped_run_cannot_write_are_said(app: str, tmp_path: Path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "junit.xml").symlink_to("/dev/full")
    code, err = stopped("in a check", signal.SIGTERM, app, "--report", str(tmp_path / "report"))
    assert code == 128 + signal.SIGTERM
    assert err.splitlines()[-1] == "Error: The run could not go on: No space left on device."


def test_a_run_that_cannot_begin_says_why_in_its_reports_too(tmp_path: Path, matrix: Path):
    (tmp_path / "junit.xml").write_text("of an earlier run, in which all was well")
    words = ("--handshake-code", "code", "--report", str(tmp_path), "--matrix", str(matrix), "--own-lts")
    code, _, err = verify("http://shop.localhost:1/?let-me=in", *words)
    assert code == 2
    said = err.removeprefix("Error: ").rstrip()
    assert said.startswith("The app at http://shop.localhost:1/?… cannot be reached: ")
    found = cases(tmp_path)
    assert found
    assert {one for column in found.values() for one in column.values()} == {f"error: {said}"}
    page = (tmp_path / "report.html").read_text()
    assert "Nothing was tested" in page
    assert "nobody, since the run ended before its license server was there to be asked" in page
    assert "let-me" not in page
    assert matrix.read_text() == NO_MATRIX


def test_a_machine_without_a_browser_is_said_of_each_that_was_wanted(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dlt_web.testing.conformance.preflight.find_browsers", lambda **_: [])
    words = (app, "--handshake-code", "code", "--report", str(tmp_path))
    assert verify(*words, "--browser", "firefox")[0] == 2
    assert list(cases(tmp_path)) == ["Firefox"]
    assert verify(*words)[0] == 2
    assert list(cases(tmp_path)) == ["Chromium", "Firefox", "WebKit"]


def test_an_app_that_can_be_verified_in_no_browser_says_why_in_its_reports_too(
    app: str, tmp_path: Path, matrix: Path, monkeypatch: pytest.MonkeyPatch
):
    put_in_place(Troubled(at_begin={FIRST.id: VerifyError("The page made no tracker.")}), monkeypatch)
    words = (app, "--handshake-code", "code", "--report", str(tmp_path), "--matrix", str(matrix))
    code, _, err = verify(*words)
    assert (code, err) == (2, "Error: The page made no tracker.\n")
    assert set(cases(tmp_path)["Chromium"].values()) == {"error: The page made no tracker."}
    assert matrix.read_text() == NO_MATRIX


def test_why_a_run_could_not_begin_is_said_where_its_report_cannot_be_written_too(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def write(*_: object) -> None:
        raise FULL

    put_in_place(Troubled(at_begin={FIRST.id: VerifyError("The page made no tracker.")}), monkeypatch)
    monkeypatch.setattr(Path, "write_bytes", write)
    code, _, err = verify(app, "--handshake-code", "code", "--report", str(tmp_path))
    assert (code, err.splitlines()) == (
        2,
        [
            "Error: The run could not go on: No space left on device: /somewhere/file.",
            "Error: The page made no tracker.",
        ],
    )


def test_what_was_made_is_written_whatever_nobody_expected(app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def made(suite: suite.Suite, *_: object) -> None:
        suite.cells("chromium", suite_checks[0])
        raise KeyError("a defect")

    troubled = Troubled()
    suite_checks = troubled.checks
    put_in_place(troubled, monkeypatch)
    monkeypatch.setattr(suite.Suite, "make_all", made)
    code, _, err = verify(app, "--handshake-code", "code", "--report", str(tmp_path))
    assert code == 2
    assert "ended by what nobody expected, KeyError: 'a defect'" in err
    found = cases(tmp_path)["Chromium"]
    assert found[FIRST.id] == "passed"
