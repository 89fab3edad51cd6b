"""Builds the site: ``python -m docs.generators.site [FOLDER]``, by default into dist/docs; also ``make docs``.

The result is a folder of files that any static file server can serve, and that a browser can open from the disk, search
included; only the try-out within it needs a server. Each warning of Sphinx is an error: a broken link, a name in a
docstring that is nothing, a page in no list.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import build_wasm
from wasm.tryout import build_tryout
from wasm.workshop import ROOT

from .layout import DOCS, lay_out
from .look import spoken

TARGET = ROOT / "dist" / "docs"


class SiteError(Exception):
    """The site cannot be built; the message is what Sphinx says."""


def build_site(target: Path = TARGET) -> Path:
    """Build the site into a folder, which is made anew.

    Raises:
        SiteError: something in the pages or in the code's docstrings is wrong.
    """
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".build", prefix="docs-") as scratch:
        source, made = Path(scratch) / "source", Path(scratch) / "html"
        lay_out(source)
        run_sphinx(source, made)
        for page in made.rglob("*.html"):
            page.write_text(spoken(page.read_text()))
        shutil.rmtree(made / ".doctrees", ignore_errors=True)
        (made / ".buildinfo").unlink(missing_ok=True)
        # GitHub Pages serves no folder that begins with `_`, as `_static` does, unless this file tells it to.
        (made / ".nojekyll").touch()
        # What docs/try.md shows.
        build_tryout(made / "try", build_wasm.build(say=lambda _line: None))
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, target)
    return target


def run_sphinx(source: Path, made: Path) -> None:
    """Run Sphinx with the site's settings.

    Args:
        source: folder of Markdown pages.
        made: folder for the site.

    Raises:
        SiteError: it has an error or a warning.
    """
    # -W --keep-going: all that is wrong is told before it fails. -E: nothing of an earlier build is believed.
    options = ["-b", "html", "-c", str(DOCS), "-W", "--keep-going", "-E", "-q"]
    command = [sys.executable, "-m", "sphinx", *options, str(source), str(made)]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SiteError(f"{done.stdout}{done.stderr}".replace(f"{source}{os.sep}", "docs/"))


def _environment() -> dict[str, str]:
    """Return the environment in which docs/conf.py finds its helpers, with whatever sources are named in it."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Help texts of options are wrapped by the page, not by the terminal that happens to run this.
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"}


def main(arguments: list[str]) -> int:
    """Build the site and say where it is; 1 where it cannot be built."""
    try:
        folder = build_site(Path(arguments[0]) if arguments else TARGET)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Docs in {folder}: open {folder / 'index.html'} in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
