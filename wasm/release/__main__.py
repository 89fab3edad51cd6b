"""Goes through the release checklist; ends with the commands that tag and upload, which it does not run."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ..workshop import ROOT, BuildError
from .checks import CHECKS, Release, ReleaseError, addresses_to_fill, tree_is_clean
from .packages import build_twice, check_names, check_python_packages, run_step, write_sums

# What a change is spared, a release is not. WebKit's tests count, too: no engine is released untested because it could
# not be installed.
TESTS = "make test test-browsers test-long MISSING_BROWSER=fail"

# In a process of its own: it imports what the tests have just installed.
RECORD = [sys.executable, "-m", "tests.test_interfaces", "--check"]

LAST = """
Everything is in order. What is left is for you; nothing of it was done:

  git tag --sign {tag} --message "dlt-web {version}"
  git push origin {tag}
  twine upload {python}
  npm publish {npm}

The packages and their checksums: {sums}
{note}"""


def main(argv: list[str] | None = None) -> int:
    """Run from the command line; 0 where all is in order, 1 where something is not."""
    parser = argparse.ArgumentParser(prog="make release-check", description=__doc__)
    parser.add_argument("version", help="what is to be released, e.g. 0.2.0")
    parser.add_argument("--tests", default=TESTS, help="command that runs all tests (default: %(default)s)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout (default: this one)")
    options = parser.parse_args(argv)
    release = Release(options.root.resolve(), options.version, datetime.now(UTC).date())
    # All that takes a second first, and all of it: whoever mends one thing wants to know of the others.
    fulfilled = [_is_fulfilled(name, partial(check, release)) for name, check in CHECKS.items()]
    if note := addresses_to_fill(release):
        print(f"note  addresses\n      {note}", flush=True)
    if not all(fulfilled):
        print("\nNot to be released yet. Neither tests nor builds were run.")
        return 1
    packages: list[Path] = []
    out = release.root / "dist" / "release" / release.version
    steps: dict[str, Callable[[], object]] = {
        f"all tests: {options.tests}": lambda: run_step("The tests", shlex.split(options.tests), release.root),
        "a record of the interfaces": lambda: run_step("A record of the interfaces", RECORD, release.root),
        "a tree that the tests left clean": lambda: tree_is_clean(release),
        "two builds, equal to the byte": lambda: packages.extend(build_twice(release, out)),
        "names and versions of the packages": lambda: check_names(release, packages),
        "what the Python index asks": lambda: check_python_packages(packages),
        "checksums": lambda: write_sums(packages),
    }
    for name, step in steps.items():
        if not _is_fulfilled(name, step):
            print("\nNot to be released yet.")
            return 1
    print(_last_words(release, packages))
    return 0


def _is_fulfilled(name: str, step: Callable[[], object]) -> bool:
    try:
        step()
    except (ReleaseError, BuildError, OSError) as error:
        print(f"FAIL  {name}\n      {error}", flush=True)
        return False
    print(f"ok    {name}", flush=True)
    return True


def _last_words(release: Release, packages: list[Path]) -> str:
    shown = [str(path.relative_to(release.root)) for path in packages]
    python = " ".join(shlex.quote(name) for name in shown if not name.endswith(".tgz"))
    (npm,) = (shlex.quote(f"./{name}") for name in shown if name.endswith(".tgz"))
    sums = (packages[0].parent / "SHA256SUMS").relative_to(release.root)
    told = addresses_to_fill(release)
    note = f"\nBefore you do: {told[0].lower()}{told[1:]}\n" if told else ""
    return LAST.format(tag=release.tag, version=release.version, python=python, npm=npm, sums=sums, note=note)


if __name__ == "__main__":
    sys.exit(main())
