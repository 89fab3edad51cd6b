"""What ``pytest --pyargs dlt_web.testing.conformance`` is told arrives where ``dlt-web verify`` would have put it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import dlt_web
from dlt_web.browsers import find_browsers
from tests.plugin.pytest_run import run_pytest

# In place of the suite, which would start browsers: keeps what it is told.
RECORDER = """
import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

from dlt_web.testing.conformance import suite
from dlt_web.testing.conformance.outcome import Cell


class Recorder:
    is_vain = False
    engines = ()

    def __init__(self, settings, engines, **_):
        told = {**dataclasses.asdict(settings), "engines": engines}
        Path("told.json").write_text(json.dumps(told))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def give_up(self):
        pass

    def report(self):
        return SimpleNamespace(troubles=(), why_untested="", columns=(), is_broken_off=False)

    def cells(self, engine, check):
        return {row: Cell("passed") for row in check.rows}


suite.Suite = Recorder
"""
APP = ("--app-url", "https://shop.example/scan", "--handshake-code", "200001-shop")
PLUGINS = ("-p", "dlt_web.testing.conformance.plugin", "-p", "recorder", "-p", "no:cacheprovider")


DEFAULTS = {
    "app_url": "https://shop.example/scan",
    "handshake_code": "200001-shop",
    "second_url": None,
    "lts_url": None,
    "lts_key": None,
    "own_lts": False,
    "ca_file": None,
    "outside": None,
    "clicks": [],
    "is_headed": False,
    "tracker_wait_s": 60.0,
}


BY_OWN_SERVER = ("--own-lts", "--second-url", "https://other.example/")
BY_THE_APPS = ("--lts", "https://lts.example", "--lts-key-env", "KEY", "--app-click", "#agree", "--app-click", "#start")
OF_THE_PAGE = ("--app-ca-file", "ca.pem", "--app-outside", "--app-wait", "7", "--headed")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (BY_OWN_SERVER, {"own_lts": True, "second_url": "https://other.example/"}),
        (
            (*BY_THE_APPS, *OF_THE_PAGE),
            {
                "lts_url": "https://lts.example",
                "lts_key": "a-key",
                "clicks": ["#agree", "#start"],
                "ca_file": "ca.pem",
                "outside": True,
                "tracker_wait_s": 7.0,
                "is_headed": True,
            },
        ),
    ],
    ids=["own server", "the app's server"],
)
def test_each_option_reaches_the_suite(words: tuple[str, ...], expected: dict[str, Any], tmp_path: Path) -> None:
    here = list(find_browsers())
    if not here:
        pytest.skip("there is no browser here that the suite could be asked for")
    (tmp_path / "recorder.py").write_text(RECORDER)
    suite = ["--pyargs", "dlt_web.testing.conformance", "-k", "scan.frame"]
    run = run_pytest(tmp_path, *PLUGINS, *suite, *APP, "--browser", here[-1], *words, environment={"KEY": "a-key"})
    assert run.outcomes == {f"test_app[{here[-1]}-scan.frame]": "passed"}, run.output
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["engines"] == [here[-1]]
    assert {name: told[name] for name in DEFAULTS} == DEFAULTS | expected


def test_a_browser_that_is_not_here_ends_the_tests_with_what_installs_it(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    suite = ["-p", "dlt_web.testing.conformance.plugin", "--pyargs", "dlt_web.testing.conformance"]
    run = run_pytest(tmp_path, *suite, *APP, "--browser", "firefox", environment=nowhere)
    assert run.exit_code == 2
    said = "There is no firefox on this machine; install with: dlt-web browsers install firefox"
    assert f"Error: {said}" in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("package", ["playwright", "trustme"])
def test_without_the_extra_the_tests_say_what_to_install(package: str, tmp_path: Path) -> None:
    # A package that cannot be imported stands before the real one, as where it is not installed.
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('No module', name='{package}')")
    path = os.pathsep.join([str(tmp_path), str(Path(dlt_web.__file__).parents[1])])
    suite = [
        "-p",
        "no:playwright",
        "-p",
        "dlt_web.testing.conformance.plugin",
        "--pyargs",
        "dlt_web.testing.conformance",
    ]
    run = run_pytest(tmp_path, *suite, *APP, "--browser", "firefox", environment={"PYTHONPATH": path})
    assert run.exit_code == pytest.ExitCode.USAGE_ERROR
    assert f'ERROR: {package} is not installed here: pip install "dlt-web[testing]"' in run.output
    assert "Traceback" not in run.output
