"""Runs inside the page's worker; the value of the last line is the report as JSON."""

import contextlib
import io
import json
import os
import sys

# Not by PYTHONPATH: at start the folder is not there yet, and Python would remember that.
sys.path.insert(0, "/repository/packages")

import pytest

import dlt_web


class Recorder:
    """Counts what happened to each test, under the project's settings."""

    def __init__(self):
        self.outcomes = {"passed": 0, "failed": 0, "skipped": 0}
        self.files = set()

    def pytest_addoption(self, parser):
        """Know the setting of the plugin that is off here: the project's settings are strict."""
        parser.addini("faulthandler_timeout", "seconds; no thread could wait for them in WebAssembly")

    def pytest_runtest_logreport(self, report):
        """Note the call of a test, or what went wrong or was skipped around it."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1
            self.files.add(report.nodeid.split("::")[0])


os.chdir("/repository")
recorder, output = Recorder(), io.StringIO()
with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
    options = ["-q", "--color=no", "--capture=sys", "-p", "no:faulthandler", "-p", "no:cacheprovider", "tests/core"]
    code = pytest.main(options, plugins=[recorder])
json.dumps(
    {
        "exitCode": int(code),
        "platform": sys.platform,
        "python": sys.version.split()[0],
        "package": dlt_web.__file__,
        "files": sorted(recorder.files),
        "output": output.getvalue(),
        **recorder.outcomes,
    }
)
