"""A report as people and machines read it.

::

    table      for a terminal
    junit      JUnit XML, for continuous integration
    page       one HTML file with everything in it
    matrix     the table of a page in Markdown
"""

from __future__ import annotations

from pathlib import Path

from ..outcome import Report
from .junit import as_junit
from .page import as_page

JUNIT_NAME = "junit.xml"
PAGE_NAME = "report.html"


def save_report(report: Report, folder: Path) -> list[Path]:
    """Write JUnit XML and the HTML page into a folder, which is made when it is missing, and return their paths.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / JUNIT_NAME, folder / PAGE_NAME]
    files[0].write_bytes(as_junit(report))
    # What pages said may hold halves of characters, which no file can.
    files[1].write_text(as_page(report), encoding="utf-8", errors="replace")
    return files


def see_that_it_can_be_saved(folder: Path) -> None:
    """Find out, without leaving anything but the folder, whether :func:`save_report` can write into it.

    Raises:
        OSError: it cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (JUNIT_NAME, PAGE_NAME):
        file = folder / name
        is_new = not file.exists()
        with file.open("a"):
            pass
        if is_new:
            file.unlink()
