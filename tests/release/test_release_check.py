"""The release checklist on a small project in a repository of its own: each step that is not fulfilled is said."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wasm.release.__main__ import TESTS, main
from wasm.release.checks import MIGRATIONS, Release, ReleaseError, numbers
from wasm.release.packages import check_names, check_python_packages
from wasm.workshop import ROOT

TODAY = datetime.now(UTC).date()
STEP = f"{MIGRATIONS}/0001_initial.sql"
PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "dlt-web"
version = "0.2.0"
description = "A small project"
readme = "README.md"
requires-python = ">=3.11"
[tool.hatch.build.targets.wheel]
packages = ["src/dlt_web"]
"""
# In place of the bundle's build, which takes a minute: leaves a folder for npm.
BUILD_NPM = """
import json, pathlib
folder = pathlib.Path("dist/npm")
folder.mkdir(parents=True)
(folder / "package.json").write_text(json.dumps({"name": "dlt-web", "version": "0.2.0", "files": ["index.js"]}))
(folder / "index.js").write_text("export {};")
"""
CHANGELOG = f"""# Changelog

## [Unreleased]

## [0.2.0] - {TODAY}

### Added

- A thing.

## [0.1.0] - 2026-11-01

- The first one.
"""


@dataclass
class Project:
    """A repository with one release, 0.1.0, in which 0.2.0 is ready to be released."""

    root: Path

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", *words]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))
        self.commit()

    def check(self, *, tests: str = "true", version: str = "0.2.0") -> int:
        return main([version, "--tests", tests, "--root", str(self.root)])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.root.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    for name, text in {
        "pyproject.toml": PYPROJECT,
        "README.md": "# A small project\n",
        "CHANGELOG.md": CHANGELOG,
        "build_wasm.py": BUILD_NPM,
        ".gitignore": "dist/\n__pycache__/\n",
        "src/dlt_web/__init__.py": '__version__ = "0.2.0"\n',
        "tests/test_interfaces.py": "",
        STEP: "CREATE TABLE one (id INTEGER);\n",
    }.items():
        made.write(name, text)
    made.commit()
    made.git("tag", "v0.1.0")
    return made


def test_what_is_in_order_ends_with_the_commands_that_nobody_ran(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    head = project.git("rev-parse", "HEAD")
    assert project.check() == 0
    said = capsys.readouterr().out
    assert said.count("ok  ") == 12
    assert "FAIL" not in said
    assert 'git tag --sign v0.2.0 --message "dlt-web 0.2.0"\n  git push origin v0.2.0\n  twine upload ' in said
    assert "npm publish ./dist/release/0.2.0/dlt-web-0.2.0.tgz" in said
    assert (project.git("tag", "--list"), project.git("rev-parse", "HEAD")) == ("v0.1.0\n", head)
    out = project.root / "dist/release/0.2.0"
    packages = {"dlt_web-0.2.0.tar.gz", "dlt_web-0.2.0-py3-none-any.whl", "dlt-web-0.2.0.tgz"}
    assert {path.name for path in out.iterdir()} == {*packages, "SHA256SUMS"}
    sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in packages}


ADDRESSES = """
[project.urls]
Homepage = "https://project.example/"
Repository = "https://project.example/code.git"
Issues = "https://project.example/issues"
[tool.hatch"""


@pytest.mark.long_only
def test_addresses_that_are_to_be_filled_are_told_at_the_beginning_and_the_end_and_stop_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.edit("README.md", "project\n", "project: [docs](docs/start.md), [more](https://a.example/), [up](#a)\n")
    assert project.check() == 0
    said = capsys.readouterr().out
    sentence = (
        "o have the packages' pages lead to the project, give [project.urls] in pyproject.toml Homepage, Repository, "
        "Issues, which npm gets, too; and make whole addresses of the relative links of README.md (1, such as "
        "docs/start.md), which the Python index cannot follow."
    )
    assert f"note  addresses\n      T{sentence}\n" in said
    assert said.rstrip().endswith(f"Before you do: t{sentence}")


def test_a_project_whose_pages_lead_to_it_is_told_of_no_address(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.edit("pyproject.toml", "\n[tool.hatch", ADDRESSES)
    assert project.check(tests="false") == 1
    assert "addresses" not in capsys.readouterr().out


def bump(project: Project) -> None:
    project.edit("src/dlt_web/__init__.py", "0.2.0", "0.1.9")


def leave_undated(project: Project) -> None:
    project.edit("CHANGELOG.md", f"[0.2.0] - {TODAY}", "[0.2.0]")


def date_tomorrow(project: Project) -> None:
    project.edit("CHANGELOG.md", f"[0.2.0] - {TODAY}", f"[0.2.0] - {TODAY + timedelta(days=1)}")


def leave_unreleased(project: Project) -> None:
    project.edit("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- Something else.\n")


def forget_the_section(project: Project) -> None:
    project.edit("CHANGELOG.md", "[0.2.0]", "[0.1.9]")


def leave_the_section_empty(project: Project) -> None:
    project.edit("CHANGELOG.md", "### Added\n\n- A thing.\n", "")


def leave_uncommitted(project: Project) -> None:
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        project.write(name, "")


def release_already(project: Project) -> None:
    project.git("tag", "v0.2.0")


def release_a_later_one(project: Project) -> None:
    project.git("tag", "v0.10.0")


def edit_a_released_step(project: Project) -> None:
    project.edit(STEP, "INTEGER", "TEXT")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (bump, "src/dlt_web/__init__.py says 0.1.9, where 0.2.0 is to be released: write it there."),
        (leave_undated, f"CHANGELOG.md dates 0.2.0 not at all: write a day, {TODAY} at the latest."),
        (date_tomorrow, f"CHANGELOG.md dates 0.2.0 {TODAY + timedelta(days=1)}: write a day, {TODAY} at the latest."),
        (leave_unreleased, "CHANGELOG.md has entries under Unreleased: move them below [0.2.0]."),
        (forget_the_section, "CHANGELOG.md begins with Unreleased, 0.1.9: below an empty `## [Unreleased]`"),
        (leave_the_section_empty, "CHANGELOG.md says nothing of 0.2.0: list what has changed."),
        (leave_uncommitted, "Not everything is committed: a.txt, b.txt, c.txt and 1 more. Commit it, or put it away."),
        (release_already, "The tag v0.2.0 exists: 0.2.0 was released. Choose a higher version."),
        (release_a_later_one, "v0.10.0 was released, and 0.2.0 is lower: choose a higher version."),
        (edit_a_released_step, "0001_initial.sql is not as v0.1.0 was released with, whose stores this version would"),
    ],
)  # fmt: skip
def test_what_is_not_in_order_is_said_before_anything_is_run(
    project: Project, capsys: pytest.CaptureFixture[str], spoil: Callable[[Project], None], said: str
) -> None:
    spoil(project)
    assert project.check(tests="touch ran") == 1
    printed = capsys.readouterr().out
    assert [line.strip() for line in printed.splitlines() if said in line], printed
    assert (printed.count("FAIL"), printed.count("ok ")) == (1, 4)
    assert "git tag" not in printed
    assert not (project.root / "ran").exists()


def test_a_further_step_of_the_schema_is_no_edited_one(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write(STEP.replace("0001_initial", "0002_more"), "CREATE TABLE two (id INTEGER);\n")
    project.commit()
    assert project.check(tests="false") == 1
    assert "ok    released schema steps untouched" in capsys.readouterr().out


def test_the_first_release_has_no_earlier_one(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.git("tag", "--delete", "v0.1.0")
    assert project.check(tests="false") == 1
    assert capsys.readouterr().out.count("ok ") == 5


def test_tests_that_fail_end_it_and_their_last_words_are_shown(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.check(tests="sh -c 'echo 3 failed; exit 2'") == 1
    said = capsys.readouterr().out
    assert "The tests failed with exit code 2; the end of what it said:\n3 failed" in said
    assert "builds" not in said
    assert "git tag" not in said


@pytest.mark.long_only
def test_builds_that_differ_name_the_files(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.edit("build_wasm.py", '"export {};"', "f'// {pathlib.Path.cwd()}'")
    assert project.check() == 1
    said = capsys.readouterr().out
    assert "Two builds of one commit differ in dlt-web-0.2.0.tgz: package/index.js." in said


def test_packages_of_another_version_are_none_of_the_release(project: Project, tmp_path: Path) -> None:
    packages = [tmp_path / name for name in ("dlt_web-0.2.0.tar.gz", "dlt_web-0.2.0-py3-none-any.whl")]
    wanted = "wanted dlt-web-0.2.0.tgz, dlt_web-0.2.0-py3-none-any.whl, dlt_web-0.2.0.tar.gz"
    with pytest.raises(ReleaseError, match=f"Built were dlt-web-0.1.0.tgz, .*; {wanted}"):
        check_names(Release(project.root, "0.2.0", TODAY), [*packages, tmp_path / "dlt-web-0.1.0.tgz"])


def test_what_the_index_would_refuse_is_said(project: Project, tmp_path: Path) -> None:
    project.edit("pyproject.toml", "README.md", "README.rst")
    project.write("README.rst", "A title\n=\n\n.. nonsense::\n")
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path / "out")]
    subprocess.run([*command, str(project.root)], check=True, stdout=subprocess.PIPE)
    (sdist,) = (tmp_path / "out").glob("*.gz")
    with pytest.raises(ReleaseError, match=r"`twine check --strict` failed with exit code 1; .*\n"):
        check_python_packages([sdist])


def test_interfaces_that_are_new_are_recorded_first(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("tests/test_interfaces.py", "import sys\nsys.exit(f'{sys.argv[1:]} is not recorded')")
    project.commit()
    assert project.check() == 1
    said = capsys.readouterr().out
    assert "A record of the interfaces failed with exit code 1" in said
    assert "['--check'] is not recorded" in said
    assert "builds" not in said


def test_a_tree_that_the_tests_left_something_in_is_not_released(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.check(tests="touch left.txt") == 1
    assert "Not everything is committed: left.txt." in capsys.readouterr().out


@pytest.mark.parametrize("version", ["1.0", "1.0.0rc1", "v1.0.0", "01.0.0", "1.0.0 ", ""])
def test_a_version_is_three_numbers(version: str) -> None:
    with pytest.raises(ReleaseError, match="A version is three numbers"):
        numbers(version)


def test_no_repository_is_one_sentence(tmp_path: Path, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.root / ".git").rename(tmp_path / "away")
    environment = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*environment.popitem())
        assert project.check() == 1
    said = capsys.readouterr().out
    assert "`git status` failed in" in said
    assert "Traceback" not in said


def test_make_asks_for_the_version_and_runs_all_tests() -> None:
    # Not as a part of the `make test` that runs this: such a one tells of its folders, too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "release-check", "VERSION="]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith("Say which version is to be released: make release-check VERSION=0.2.0\n")
    recipe = (ROOT / "Makefile").read_text().split("\nrelease-check:", 1)[1].split("\n\n", 1)[0]
    assert "python -m wasm.release '$(VERSION)'" in recipe
    assert TESTS == "make test test-browsers test-long MISSING_BROWSER=fail"
    command = [sys.executable, "-m", "wasm.release", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
