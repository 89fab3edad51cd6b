"""What a release asks of the checkout, each as a question that is answered in a second."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MIGRATIONS = "src/dlt_web/lts/store/migrations"
# Three numbers: the one form that both package indexes read alike. They spell what comes before a release differently.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_SECTION = re.compile(r"^## \[(.+?)\](?: - (\S+))?[ \t]*$", re.MULTILINE)
_NAMED_AT_MOST = 3
# Names that the Python index knows, and that the npm package's fields are made of.
ADDRESSES = ("Homepage", "Repository", "Issues")
_TARGET = re.compile(r"\]\(([^)\s]+)\)")
_LEAVES = re.compile(r"[a-z]+:|#")


class ReleaseError(Exception):
    """A step of the checklist is not fulfilled; says what was found and what is to be done."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is to be released.

    Attributes:
        root: the checkout.
        version: of the packages, e.g. ``0.2.0``; the tag is ``v0.2.0``.
        today: no section of the changelog may be of a later day.
    """

    root: Path
    version: str
    today: date

    @property
    def tag(self) -> str:
        """Name of the tag in git."""
        return f"v{self.version}"

    def git(self, *words: str) -> str:
        """Run git in the checkout and give what it prints.

        Raises:
            ReleaseError: it failed, as where there is no repository.
        """
        done = subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ReleaseError(f"`git {words[0]}` failed in {self.root}: {done.stderr.strip()}")
        return done.stdout

    def released(self) -> list[str]:
        """Return the tags of earlier releases, oldest first."""
        tags = [tag for tag in self.git("tag", "--list", "v*").split() if _VERSION.fullmatch(tag[1:])]
        return sorted(tags, key=lambda tag: numbers(tag[1:]))


def numbers(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version, by which versions are ordered.

    Raises:
        ReleaseError: it is none.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ReleaseError(f"A version is three numbers, as 0.2.0 is; asked for was {version!r}.")
    return tuple(int(part) for part in found.groups())


def version_is_everywhere(release: Release) -> None:
    """The version is written where the packages get it from."""
    numbers(release.version)
    project = tomllib.loads((release.root / "pyproject.toml").read_text())["project"]["version"]
    module = re.search(r'^__version__ = "(.+)"$', (release.root / "src/dlt_web/__init__.py").read_text(), re.MULTILINE)
    found = {"pyproject.toml": project, "src/dlt_web/__init__.py": module and module[1]}
    wrong = [f"{name} says {says}" for name, says in found.items() if says != release.version]
    if wrong:
        raise ReleaseError(f"{' and '.join(wrong)}, where {release.version} is to be released: write it there.")


def changelog_has_a_section(release: Release) -> None:
    """The first section is the release's, dated, with something in it; nothing is left under Unreleased."""
    parts = _SECTION.split((release.root / "CHANGELOG.md").read_text())[1:]
    sections = [(parts[at], parts[at + 1], parts[at + 2].strip()) for at in range(0, len(parts), 3)]
    if len(sections) < 2 or sections[0][0] != "Unreleased" or sections[1][0] != release.version:
        first = ", ".join(name for name, _, _ in sections[:2]) or "nothing"
        raise ReleaseError(
            f"CHANGELOG.md begins with {first}: below an empty `## [Unreleased]` there must be "
            f"`## [{release.version}] - {release.today}` with what is in it."
        )
    if sections[0][2]:
        raise ReleaseError(f"CHANGELOG.md has entries under Unreleased: move them below [{release.version}].")
    _, day, text = sections[1]
    if "\n- " not in f"\n{text}":
        raise ReleaseError(f"CHANGELOG.md says nothing of {release.version}: list what has changed.")
    _check_day(release, day)


def _check_day(release: Release, day: str | None) -> None:
    try:
        is_past = date.fromisoformat(day or "") <= release.today
    except ValueError:
        is_past = False
    if not is_past:
        raise ReleaseError(
            f"CHANGELOG.md dates {release.version} {day or 'not at all'}: write a day, {release.today} at the latest."
        )


def tree_is_clean(release: Release) -> None:
    """What is released is what is committed."""
    lines = release.git("status", "--porcelain").splitlines()
    if lines:
        named = ", ".join(line[3:] for line in lines[:_NAMED_AT_MOST])
        more = f" and {len(lines) - _NAMED_AT_MOST} more" if len(lines) > _NAMED_AT_MOST else ""
        raise ReleaseError(f"Not everything is committed: {named}{more}. Commit it, or put it away.")


def version_is_the_next(release: Release) -> None:
    """No version is released twice, and none behind a later one."""
    earlier = release.released()
    if release.tag in earlier:
        raise ReleaseError(f"The tag {release.tag} exists: {release.version} was released. Choose a higher version.")
    if earlier and numbers(earlier[-1][1:]) > numbers(release.version):
        raise ReleaseError(f"{earlier[-1]} was released, and {release.version} is lower: choose a higher version.")


def schema_steps_are_as_released(release: Release) -> None:
    """A step that a released version has applied somewhere is never edited: its stores would be refused."""
    earlier = release.released()
    if not earlier:
        return
    changed = release.git("diff", "--name-only", "--diff-filter=DMRT", "--no-renames", earlier[-1], "--", MIGRATIONS)
    if changed.split():
        names = ", ".join(Path(name).name for name in changed.split())
        raise ReleaseError(
            f"{names} is not as {earlier[-1]} was released with, whose stores this version would refuse: put it back, "
            "and make the change in a further step."
        )


def addresses_to_fill(release: Release) -> str | None:
    """Say which addresses the packages' pages will lack, in one sentence; None where they lack none.

    That holds no release back: a package without them installs and runs. Which they are, only who releases knows.
    """
    urls = tomllib.loads((release.root / "pyproject.toml").read_text())["project"].get("urls", {})
    missing = [name for name in ADDRESSES if name not in urls]
    relative = [at for at in _TARGET.findall((release.root / "README.md").read_text()) if not _LEAVES.match(at)]
    wanted = [f"give [project.urls] in pyproject.toml {', '.join(missing)}, which npm gets, too"] if missing else []
    if relative:
        links = f"the relative links of README.md ({len(relative)}, such as {relative[0]})"
        wanted.append(f"make whole addresses of {links}, which the Python index cannot follow")
    return f"To have the packages' pages lead to the project, {'; and '.join(wanted)}." if wanted else None


CHECKS: dict[str, Callable[[Release], None]] = {
    "one version everywhere": version_is_everywhere,
    "a section of the changelog": changelog_has_a_section,
    "a clean tree": tree_is_clean,
    "the next version": version_is_the_next,
    "released schema steps untouched": schema_steps_are_as_released,
}
