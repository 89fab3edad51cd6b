"""``dlt-web verify``: the checks on an app, from a terminal or in continuous integration.

Exit codes: 0 nothing failed, 1 a check failed, 2 the app could not be verified, a check not be made that should have
been, or the run not go on. Where a check failed and another one could not be made while the run went on, it is 1.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlt_web.browsers import ENGINES
from dlt_web.standard_error import tell, unheard

from .errors import VerifyError, sentence_of
from .outcome import Cell, Report, Row
from .settings import Settings

if TYPE_CHECKING:
    from .saving import ReportPlaces
    from .suite import Suite

# How long a page may be given to make its tracker and to get ready.
MIN_WAIT_S, MAX_WAIT_S = 1, 600


class CannotVerify(click.ClickException):
    """Said as one sentence; the run could not begin, or not come to its end."""

    exit_code = 2


def _a_number(_context: click.Context, _option: click.Parameter, seconds: float) -> float:
    """Refuse what is neither below nor above any bound, and would be waited for without an end."""
    if math.isnan(seconds):
        raise click.BadParameter("nan is no number of seconds.")
    return seconds


@click.command()
@click.argument("app_url", metavar="URL")
@click.option("--handshake-code", required=True, metavar="CODE", help="Which of the page's trackers is verified.")
@click.option("--second-url", metavar="URL", help="The same app at another domain.")
@click.option("--own-lts", is_flag=True, help="Lead the tracker's requests to a license server of the run's own.")
@click.option("--lts", "lts_url", metavar="URL", help="The app's license server: ask it what it counted.")
@click.option("--lts-key-env", metavar="NAME", help="Environment variable with an administration key of that server.")
@click.option(
    "--browser", "engines", multiple=True, type=click.Choice(ENGINES), help="Repeatable; by default all here."
)
@click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write junit.xml and report.html there.",
)
@click.option(
    "--matrix",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    metavar="FILE",
    help="Write the table into a Markdown page, between its marks.",
)
@click.option("--click", "clicks", multiple=True, metavar="SELECTOR", help="Click this first; repeatable, in order.")
@click.option("--ca-file", metavar="FILE", help="One more authority (PEM) whose certificates are good.")
@click.option(
    "--outside/--no-outside",
    default=None,
    help="Whether pages may ask other machines; by default only where the app or its license server is on one.",
)
@click.option("--only", multiple=True, metavar="ID", help="Make these checks only; repeatable, beginnings count.")
@click.option("--headed", "is_headed", is_flag=True, help="Show the browsers.")
@click.option(
    "--wait",
    "tracker_wait_s",
    type=click.FloatRange(MIN_WAIT_S, MAX_WAIT_S),
    callback=_a_number,
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long a page may take to make its tracker and to get ready.",
)
def verify(
    folder: Path | None,
    matrix: Path | None,
    engines: tuple[Any, ...],
    only: tuple[str, ...],
    lts_key_env: str | None,
    **given: Any,
) -> None:
    """Verify that the app at URL counts devices and scans as it should, and lets no barcode's text out.

    Visits the app in real browsers behind a recording proxy, through the tracker's public interface. Without --own-lts
    or --lts nobody says what was counted, what concerns counts is shown as not tested, and the devices of the run, some
    thirty in each browser, keep their seats at the app's own license server.
    """
    hide: Callable[[str], str] = str
    try:
        settings = Settings(lts_key=_key(lts_key_env), **given)
        hide = settings.hide
        report = _make(settings, engines, only, folder, matrix)
    except ModuleNotFoundError as error:
        raise CannotVerify(f'{error.name} is not installed here: pip install "dlt-web[testing]"') from error
    except Exception as error:
        # What is no check's outcome must not end with 1, which says that one failed.
        raise CannotVerify(hide(sentence_of(error))) from error
    click.get_current_context().exit(report.exit_code)


def _make(
    settings: Settings, engines: tuple[Any, ...], only: tuple[str, ...], folder: Path | None, matrix: Path | None
) -> Report:
    """Make the checks, show and save what came of them, and give back what they used."""
    # Only here: a browser's driver takes half a second to import, and --help needs none.
    from .preflight import choose_engines
    from .saving import ReportPlaces
    from .suite import ROWS, Suite

    places = ReportPlaces(folder, matrix)
    places.look_at()
    for beginning in only:
        if not any(row.id.startswith(beginning) for row in ROWS):
            known = ", ".join(sorted({row.group for row in ROWS}))
            raise VerifyError(f"--only {beginning} is no check's name or its beginning; those begin with {known}.")
    suite = Suite(settings, engines or ENGINES)
    saved: list[Report] = []
    try:
        suite = Suite(settings, choose_engines(engines, is_headed=settings.is_headed))
        return _made(suite, only, places, saved)
    except Exception as error:
        if not saved:
            # Where nothing was made, too: whoever reads reports alone, or finds an earlier run's, must hear of it.
            _save_unfinished(suite, places, sentence_of(error))
        raise


def _made(suite: Suite, only: tuple[str, ...], places: ReportPlaces, saved: list[Report]) -> Report:
    """Make the checks of a suite, and show what came of them; ``saved`` holds it as soon as it is to be written."""
    from .report.table import as_table
    from .saving import told_to_stop
    from .stopping import ending_cleanly, say

    def save_stopped(name: str) -> None:
        try:
            for path in places.save(suite.unfinished(told_to_stop(name))):
                say(f"Written: {path}")
        except Exception as error:
            raise VerifyError(suite.settings.hide(sentence_of(error))) from error

    with ending_cleanly(suite.give_up, save=save_stopped), suite:
        report = suite.make_all(_progress, only)
        try:
            _print(as_table(report))
        finally:
            # Before seats are given back: a server that cannot be reached any more takes no report away.
            saved.append(report)
            _say_written(places.save(report))
        for trouble in filter(None, (*report.troubles, report.why_untested)):
            tell(f"Error: {trouble}")
    return report


def _save_unfinished(suite: Suite, places: ReportPlaces, why: str) -> None:
    """Write a report that says why no more was made; where it cannot be written, that is said beside the reason."""
    try:
        _say_written(places.save(suite.unfinished(why)))
    except Exception as error:
        tell(f"Error: {suite.settings.hide(sentence_of(error))}")


def _say_written(paths: list[Path]) -> None:
    for path in paths:
        _print(f"Written: {path}")


def _key(name: str | None) -> str | None:
    """Return what an environment variable holds.

    Raises:
        VerifyError: there is no such variable, it is empty, or no key can be what it holds.
    """
    if name is None:
        return None
    # What is read out of a file often ends with the line's end.
    key = os.environ.get(name, "").strip()
    if not key:
        raise VerifyError(f"--lts-key-env names {name}, and there is no such environment variable, or it is empty.")
    if not (key.isascii() and key.isprintable()) or " " in key:
        # Not repeated: it may well hold a key, beside something else.
        raise VerifyError(
            f"The environment variable {name} holds what can be no administration key, which is one word of printable "
            "ASCII: look what else stands in it, or make a key with `dlt-web lts admin-key add NAME`."
        )
    return key


def _progress(engine: str, row: Row, cell: Cell) -> None:
    """Show what was made, on stderr, so that stdout holds the table alone."""
    from .report.words import word

    tell(f"{engine}: {row.title}: {word(cell)}")


def _print(text: str) -> None:
    """Show something on stdout.

    Raises:
        OSError: it has gone, or is full; what is said later is said to nobody.
    """
    try:
        click.echo(text)
    except OSError:
        sys.stdout = unheard()
        raise
