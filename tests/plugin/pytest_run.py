"""Runs pytest as a QA team does: as a process, in a folder with nothing but their tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

LIMIT_S = 300
# Plugins of this project's own tests, which take longer to import than all that a QA team has.
WITHOUT_OURS = ("-p", "no:schemathesis", "-p", "no:hypothesispytest")


@dataclass(frozen=True)
class PytestRun:
    """How a run ended.

    Attributes:
        exit_code: of pytest.
        output: all that it printed.
        outcomes: name of each test, with its parameters -> ``passed``, or the message of its skip or failure.
    """

    exit_code: int
    output: str
    outcomes: Mapping[str, str]


def run_pytest(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> PytestRun:
    """Run the tests of a folder."""
    report = folder / "report.xml"
    (folder / "pytest.ini").write_text("[pytest]\n")  # so that no setting of a folder above is taken
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *WITHOUT_OURS, "--junit-xml", str(report), *arguments],
        cwd=folder,
        env={**os.environ, **_absolute_python_path(), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    outcomes = {} if not report.exists() else dict(_outcomes(report))
    return PytestRun(done.returncode, done.stdout + done.stderr, outcomes)


def _absolute_python_path() -> dict[str, str]:
    given = os.environ.get("PYTHONPATH")
    return {} if given is None else {"PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in given.split(os.pathsep))}


def _outcomes(report: Path):
    # One in the middle of which the run was ended has no name there.
    for case in ElementTree.parse(report).iterfind(".//testcase[@name]"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        yield case.attrib["name"], (bad[0].attrib["message"] if bad else "passed")
