"""The wheel on each Python that it is for, where this machine has one: installed, used, held by the core's tests."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlt_web.testing.lts_process import READY_PREFIX, START_TIMEOUT_S
from tests.build import interpreters
from wasm.workshop import ROOT

VERSIONS = interpreters.promised_versions()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TESTING = PROJECT["dependency-groups"]["core-tests"]

# A syntax that a newer Python warns of is an error in the one after; as is a name that it is about to drop.
IMPORT_ALL = """
import importlib, pathlib, pkgutil, sys, warnings
import dlt_web
warnings.filterwarnings("error", module=r"dlt_web(\\.|$)")
warnings.filterwarnings("error", category=SyntaxWarning)
for path in pathlib.Path(dlt_web.__file__).parent.rglob("*.py"):
    compile(path.read_bytes(), str(path), "exec")
for module in pkgutil.walk_packages(dlt_web.__path__, "dlt_web."):
    # Needs the extra `testing`, or is nothing to import.
    if not module.name.startswith("dlt_web.testing"):
        importlib.import_module(module.name)
print(sys.version_info[1], dlt_web.__file__)
"""

SCAN_AND_REPORT = """
import sys
from dlt_web.host import HostTracker
server, store = sys.argv[1:]
with HostTracker(handshake_code="200001-shop", license_server=server, store=store) as tracker:
    tracker.wait_until_ready()
    seen = [("qr_code", "A"), ("qr_code", "A"), ("ean_13", "4006381333931")]
    seen = [{"format": kind, "text": text} for kind, text in seen]
    print(tracker.scan(seen, source="image").scans, tracker.flush().pending_scans == 0, tracker.license.state)
"""


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and a folder that holds nothing."""

    version: str
    programs: Path
    folder: Path

    def run(self, program: str, *words: str) -> str:
        done = subprocess.run(
            [self.programs / program, *words],
            cwd=self.folder, env=interpreters.clean_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def lts(self, *words: str) -> str:
        return self.run("dlt-web", "lts", *words)

    @contextlib.contextmanager
    def serving(self, store: list[str]) -> Iterator[str]:
        """Run a license server of it, and give its URL."""
        command = [self.programs / "dlt-web", "lts", *store, "serve", "--port", "0"]
        with subprocess.Popen(
            command, cwd=self.folder, env=interpreters.clean_environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as server:  # fmt: skip
            giving_up = threading.Timer(START_TIMEOUT_S, server.kill)
            giving_up.start()
            try:
                for line in server.stdout:
                    if line.startswith(READY_PREFIX):
                        yield line.removeprefix(READY_PREFIX).strip()
                        return
                raise AssertionError("the server did not get ready")
            finally:
                giving_up.cancel()
                server.kill()


def test_each_python_from_the_oldest_on_is_promised():
    minors = [int(version.removeprefix("3.")) for version in VERSIONS]
    assert minors == list(range(11, 11 + len(minors)))
    assert f'requires-python = ">={VERSIONS[0]}"' in (ROOT / "pyproject.toml").read_text()
    assert f'target-version = "py{VERSIONS[0].replace(".", "")}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.long_only
@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_installed_counts_and_reports_on(version: str, built_wheel: Path, tmp_path: Path):
    python = interpreters.find_python(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}: the wheel is not installed on it")
    environment, folder = tmp_path / "environment", tmp_path / "elsewhere"
    folder.mkdir()
    programs = interpreters.make_environment(python, environment, f"{built_wheel}[host]", *TESTING)
    installed = Installed(version, programs, folder)
    every_module_is_imported_without_a_warning(installed)
    a_scan_reaches_a_server(installed)
    if python != Path(sys.executable):  # there they run anyway
        the_core_s_tests_pass(installed)


def every_module_is_imported_without_a_warning(installed: Installed) -> None:
    minor, path = installed.run("python", "-c", IMPORT_ALL).split()
    assert f"3.{minor}" == installed.version
    assert Path(path).is_relative_to(installed.programs.parent)


def a_scan_reaches_a_server(installed: Installed) -> None:
    store = ["--store", f"sqlite:///{installed.folder}/lts.db"]
    assert installed.run("dlt-web", "--version").startswith("dlt-web, version ")
    installed.lts(*store, "license", "add", "--id", "shop", "--charge-way", "per_device", "--quota", "1")
    installed.lts(*store, "handshake", "add", "200001-shop", "--license", "shop")
    with installed.serving(store) as url:
        said = installed.run("python", "-c", SCAN_AND_REPORT, url, str(installed.folder / "device"))
    assert said.split() == ["2", "True", "licensed"]
    usage = json.loads(installed.lts(*store, "usage", "--handshake", "200001-shop", "--json"))
    assert (usage["devices"], usage["scans"], usage["bySymbology"]) == (1, 2, {"ean_13": 1, "qr_code": 1})


def the_core_s_tests_pass(installed: Installed) -> None:
    said = installed.run("python", "-m", "pytest", str(ROOT / "tests" / "core"), "-q", "-p", "no:cacheprovider")
    assert " passed" in said.splitlines()[-1]
    assert "skipped" not in said.splitlines()[-1]
