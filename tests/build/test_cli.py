"""The command line of the installed package: exit codes, one-sentence errors, the commands around the bundle."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest


def dlt_web(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dlt_web.cli", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_help_lists_every_command(tmp_path: Path):
    done = dlt_web("--help", cwd=tmp_path)
    assert done.returncode == 0
    explain = ("explain-error", "explain-scan")
    for command in ("browsers", "build", "demo", *explain, "integrity", "lts", "privacy", "scan", "verify"):
        assert f"\n  {command} " in done.stdout


def test_the_lts_commands_are_mounted(tmp_path: Path):
    done = dlt_web("lts", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "serve" in done.stdout


def test_the_version_is_the_packages(tmp_path: Path):
    done = dlt_web("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"dlt-web, version {version('dlt-web')}\n")


@pytest.mark.parametrize("arguments", [["bogus"], ["build"], ["demo", "--port", "70000"], ["browsers", "remove"]])
def test_bad_usage_is_exit_code_2(tmp_path: Path, arguments: list[str]):
    done = dlt_web(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_characters_that_the_output_cannot_encode_are_escaped(tmp_path: Path):
    """As file names and friendly names, in a pipe on Windows."""
    done = subprocess.run(
        [sys.executable, "-m", "dlt_web.cli", "explain-scan", "QR", "Brötchen ☃"],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"}, cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Brötchen \\u2603".encode("cp1252") in done.stdout


def test_what_is_wrong_and_where_to_read_on_are_two_sentences(tmp_path: Path):
    done = dlt_web("lts", "license", "add", "--quota", "1", cwd=tmp_path)
    assert done.stderr.endswith("concurrent_device. See dlt-web lts license add --help.\n")


def test_build_leaves_a_folder_to_serve_and_may_be_repeated(tmp_path: Path):
    for _ in range(2):
        done = dlt_web("build", "--out", "site", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "site" / "dlt-web.js").is_file()
        assert (tmp_path / "site" / "manifest.json").is_file()


def test_build_refuses_a_folder_with_something_else_in_it(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work")
    done = dlt_web("build", "--out", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_build_says_where_it_cannot_write(tmp_path: Path):
    done = dlt_web("build", "--out", "/proc/nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert "/proc/nowhere" in done.stderr
    assert done.stderr.endswith("Name a folder that can: dlt-web build --out DIR.\n")
    assert "Traceback" not in done.stderr


def test_the_import_map_of_a_bundle_names_each_script_of_the_page_with_its_hash(tmp_path: Path, bundle: Path):
    done = dlt_web("integrity", str(bundle), "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    hashes = json.loads(told["importMap"])["integrity"]
    scripts = [bundle / "dlt-web.js", *(bundle / "page").glob("*.js")]
    assert set(hashes) == {f"/dlt/{path.relative_to(bundle).as_posix()}" for path in scripts}
    loader = hashlib.sha384((bundle / "dlt-web.js").read_bytes()).digest()
    assert hashes["/dlt/dlt-web.js"] == f"sha384-{base64.b64encode(loader).decode()}"
    written = base64.b64encode(hashlib.sha256(told["importMap"].encode()).digest()).decode()
    assert told["policySource"] == f"'sha256-{written}'"
    shown = dlt_web("integrity", str(bundle), "--base", "https://cdn.example/dlt/", cwd=tmp_path).stdout.splitlines()
    assert shown[0].startswith('<script type="importmap">{"integrity":{"https://cdn.example/dlt/dlt-web.js":"sha384-')
    assert shown[0].endswith("</script>")
    assert shown[1].startswith("script-src 'sha256-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--base", "/dlt"], "ends with a slash, as /dlt/ does; found '/dlt'"), ([], "is no folder that `dlt-web build")],
)
def test_the_import_map_of_no_bundle_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str], said: str):
    done = dlt_web("integrity", str(tmp_path), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
