"""Options of ``pytest --pyargs dlt_web.testing.conformance``, registered before any test is found.

Only in runs of it: pytest loads this wherever dlt-web is installed, and there ``--app-url`` or ``--lts`` may well be an
option of somebody's own ``conftest.py``, which pytest would then refuse.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

import pytest

_SUITE = "dlt_web.testing.conformance"
_IS_SUITE: pytest.StashKey[bool] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> None:
    """Add the options where the words of the run name the suite, as a package or as a path.

    Raises:
        pytest.UsageError: the packages that the suite needs are not installed.
    """
    if any(_names_suite(word) for word in (*args, *early_config.getini("testpaths"))):
        early_config.stash[_IS_SUITE] = True
        # Before --browser is looked at, which without pytest-playwright is nobody's option.
        _require_extra()
        _add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what several processes at a time would get wrong.

    Raises:
        pytest.UsageError: they would count each other's scans, or write the same report.
    """
    option = config.option
    if not config.stash.get(_IS_SUITE, False) or not _is_parted(option):
        return
    if option.lts is not None:
        raise pytest.UsageError(
            "With --lts the checks are made one after another, or would count others' scans: no -n."
        )
    if option.app_report is not None:
        raise pytest.UsageError(
            "--app-report is written by one process, and -n would be several: leave out one of them."
        )


def _require_extra() -> None:
    """See that the packages of the extra are here: those that the suite itself imports, and its browsers' plugin.

    Raises:
        pytest.UsageError: one is not.
    """
    for module in ("pytest_playwright", f"{_SUITE}.suite"):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise pytest.UsageError(f'{error.name} is not installed here: pip install "dlt-web[testing]"') from error


def _is_parted(option: argparse.Namespace) -> bool:
    """Tell whether pytest-xdist, where it is installed, shall hand the tests out to several processes."""
    is_asked = getattr(option, "numprocesses", None) or getattr(option, "tx", None)
    return bool(is_asked) or getattr(option, "dist", "no") != "no"


def _names_suite(word: str) -> bool:
    dotted = word.replace("/", ".").replace("\\", ".")
    # The second is this module, as ``-p`` names it.
    return _SUITE in dotted and not dotted.endswith(f"{_SUITE}.plugin")


def _add_options(parser: pytest.Parser) -> None:
    """Add what ``dlt-web verify`` takes; the browsers are pytest-playwright's ``--browser``."""
    group = parser.getgroup("dlt-web", "dlt-web: verify an app (pytest --pyargs dlt_web.testing.conformance)")
    group.addoption("--app-url", metavar="URL", help="The page that loads the tracker.")
    group.addoption("--handshake-code", metavar="CODE", help="Which of the page's trackers is verified.")
    group.addoption("--second-url", metavar="URL", help="The same app at another domain.")
    group.addoption(
        "--own-lts", action="store_true", help="Lead the tracker's requests to a license server of the run."
    )
    group.addoption("--lts", metavar="URL", help="The app's license server: ask it what it counted.")
    group.addoption("--lts-key-env", metavar="NAME", help="Environment variable with an administration key of it.")
    group.addoption(
        "--app-click", action="append", default=[], metavar="SELECTOR", help="Click this first; repeatable."
    )
    group.addoption("--app-ca-file", metavar="FILE", help="One more authority (PEM) whose certificates are good.")
    group.addoption("--app-outside", action="store_true", default=None, help="Pages may ask other machines.")
    group.addoption("--app-report", metavar="DIR", help="Write junit.xml and report.html there.")
    group.addoption("--app-wait", type=float, default=60.0, metavar="SECONDS", help="How long a tracker may take.")
