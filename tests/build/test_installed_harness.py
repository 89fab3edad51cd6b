"""``pip install "dlt-web[testing]"`` into an environment that holds nothing else: a QA team's first five minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.build.interpreters import clean_environment, make_environment

FIRST_TEST = """
def test_the_server_counts_nothing_yet(lts, domains, barcode_image):
    code = lts.add_code("per_device")
    assert (lts.usage(code).devices, lts.usage(code).scans) == (0, 0)
    assert domains.shop_a.origin != domains.shop_b.origin
    assert barcode_image(("qr_code", "FIRST")).exists()
"""
FIXTURES = {
    "lts", "domains", "device_of", "purge", "browser_profile", "offline", "kill_browser", "barcode_video",
    "barcode_image", "camera", "recording_proxy",
}  # fmt: skip


@pytest.fixture(scope="module")
def programs(built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs of an environment are into which pip put the wheel with this extra alone."""
    environment = tmp_path_factory.mktemp("empty") / "venv"
    return make_environment(Path(sys.executable), environment, f"{built_wheel}[testing]")


@pytest.fixture
def run(programs: Path, tmp_path: Path):
    """Run one of them in a folder with nothing but a team's first test."""
    (tmp_path / "test_first.py").write_text(FIRST_TEST)

    def run_program(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [programs / name, *words],
            cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run_program


def test_pytest_finds_the_fixtures_by_the_plugins_entry_point(run):
    listed = run("pytest", "--fixtures", "-q", "--collect-only")
    assert {line.split(" ")[0] for line in listed.stdout.splitlines() if " -- " in line} >= FIXTURES, listed.stdout


def test_the_first_test_passes(run):
    done = run("pytest", "-q")
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "1 passed"), done.stdout


def test_the_checks_are_made_by_either_command_and_what_they_lack_is_a_sentence(run):
    nobody = "http://127.0.0.1:9/"
    by_command = run("dlt-web", "verify", nobody, "--handshake-code", "x")
    by_pytest = run("pytest", "--pyargs", "dlt_web.testing.conformance", "--app-url", nobody, "--handshake-code", "x")
    assert by_command.returncode == by_pytest.returncode == 2, by_command.stderr + by_pytest.stdout + by_pytest.stderr
    for said in (by_command.stderr, by_pytest.stdout + by_pytest.stderr):
        assert nobody in said
        assert "Traceback" not in said
