"""Builds what would be uploaded, twice and from clones, so that no file of the checkout alone can be in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from ..npm import find_node, npm_command
from .checks import Release, ReleaseError

SUMS = "SHA256SUMS"
_NAMED_AT_MOST = 5


def run_step(what: str, command: list[str], folder: Path) -> str:
    """Run a command and give its output.

    Raises:
        ReleaseError: it failed; ``what`` begins the sentence, and the end of what it printed follows.
    """
    node = find_node()
    env = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-20:])
        raise ReleaseError(f"{what} failed with exit code {done.returncode}; the end of what it said:\n{tail}")
    return done.stdout


def build_twice(release: Release, out: Path) -> list[Path]:
    """Build all packages from two fresh clones of what is committed; those of the first go into ``out``.

    Args:
        release: whose ``HEAD`` is built.
        out: a folder; what an earlier call left there is replaced.

    Returns:
        The source distribution, the wheel and the npm tarball.

    Raises:
        ReleaseError: a build failed, or the two are not equal to the byte.
    """
    with tempfile.TemporaryDirectory(prefix="dlt-web-release-") as scratch:
        first, second = (_build_in_clone(release, Path(scratch) / name) for name in ("first", "second"))
        for path in first:
            twin = next((other for other in second if other.name == path.name), None)
            if twin is None or twin.read_bytes() != path.read_bytes():
                raise ReleaseError(f"Two builds of one commit differ in {path.name}: {_differences(path, twin)}.")
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        return [Path(shutil.copy(path, out)) for path in first]


def check_python_packages(packages: list[Path]) -> None:
    """Ask of source distribution and wheel what the index asks.

    Raises:
        ReleaseError: with what it objects to.
    """
    wanted = [str(path) for path in packages if not path.name.endswith(".tgz")]
    run_step(
        "`twine check --strict`", [sys.executable, "-m", "twine", "check", "--strict", *wanted], packages[0].parent
    )


def check_names(release: Release, packages: list[Path]) -> None:
    """Hold the packages' own names and versions against the release.

    Raises:
        ReleaseError: one is of another version.
    """
    version = release.version
    wanted = {f"dlt_web-{version}.tar.gz", f"dlt_web-{version}-py3-none-any.whl", f"dlt-web-{version}.tgz"}
    found = {path.name for path in packages}
    if found != wanted:
        raise ReleaseError(f"Built were {', '.join(sorted(found))}; wanted {', '.join(sorted(wanted))}.")


def write_sums(packages: list[Path]) -> Path:
    """Write the SHA-256 of each package beside them, as ``sha256sum --check`` reads it."""
    sums = packages[0].parent / SUMS
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(packages)]
    sums.write_text("".join(lines))
    return sums


def _build_in_clone(release: Release, folder: Path) -> list[Path]:
    clone, out = folder / "clone", folder / "out"
    out.mkdir(parents=True)
    release.git("clone", "--quiet", "--no-hardlinks", str(release.root), str(clone))
    python = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(out), str(clone)]
    run_step("The build of the Python packages", python, clone)
    run_step("The build of the npm package", [sys.executable, "build_wasm.py"], clone)
    pack = [*npm_command(find_node()), "pack", str(clone / "dist" / "npm"), "--pack-destination", str(out), "--json"]
    run_step("`npm pack`", [*pack, "--ignore-scripts", "--loglevel=error"], clone)
    # Hatchling lays a .gitignore beside what it builds.
    return sorted(path for path in out.iterdir() if not path.name.startswith("."))


def _differences(one: Path, other: Path | None) -> str:
    if other is None:
        return "only one has it"
    contents, others = _contents(one), _contents(other)
    names = [name for name in sorted({*contents, *others}) if contents.get(name) != others.get(name)]
    if not names:
        return "in the archive itself (order, time stamps or modes), in no file"
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more


def _contents(package: Path) -> dict[str, str]:
    """Return a hash of each file in an archive."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            files = {name: wheel.read(name) for name in wheel.namelist()}
    else:
        with tarfile.open(package) as archive:
            members = [member for member in archive if member.isfile()]
            files = {member.name: opened.read() for member in members if (opened := archive.extractfile(member))}
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
