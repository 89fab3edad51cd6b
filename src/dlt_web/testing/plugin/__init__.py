"""The pytest plugin of ``dlt-web[testing]``, on top of pytest-playwright; see ``docs/qa.md``.

Loaded by every pytest run where dlt-web is installed, so this module imports nothing but pytest, and a run in which no
test asks for one of its fixtures goes on as if it were not there. What the fixtures are of lies in ``fixtures``; where
a package that they need is missing, ``missing`` has fixtures of the same names that say so.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Generator, Sequence
from typing import Any

import pytest

FIXTURES = (
    "lts",
    "domains",
    "device_of",
    "purge",
    "browser_profile",
    "offline",
    "kill_browser",
    "barcode_video",
    "barcode_image",
    "camera",
    "recording_proxy",
)
# Package that is imported -> what installs it.
NEEDED = {
    "playwright": "playwright",
    "pytest_playwright": "pytest-playwright",
    "selenium": "selenium",
    "zxingcpp": "zxing-cpp",
    "PIL": "pillow",
    "numpy": "numpy",
    "av": "av",
    "psutil": "psutil",
    "trustme": "trustme",
    "wsproto": "wsproto",
}
# Title -> text that is printed when the test fails.
Notes = dict[str, Callable[[], str]]
NOTES: pytest.StashKey[Notes] = pytest.StashKey()
# Whether a test of this session asks for a fixture of ours.
IS_USED: pytest.StashKey[bool] = pytest.StashKey()
# Whether one asks for a fixture behind whose HTTPS stands nobody whom a browser trusts.
IS_TLS_OURS: pytest.StashKey[bool] = pytest.StashKey()
WITH_OUR_TLS = frozenset({"domains", "recording_proxy"})
MISSING: pytest.StashKey[str] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option that pytest-playwright does not have."""
    parser.getgroup("dlt-web", "dlt-web").addoption(
        "--missing-browser",
        choices=["fail", "skip"],
        default="fail",
        help="What becomes of a test whose browser is not installed (default: fail).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Offer the fixtures; as late as this, so that they may build upon pytest-playwright's."""
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        config.stash[MISSING] = f"{', '.join(missing)} not installed; repair it with: pip install 'dlt-web[testing]'"
    elif not config.pluginmanager.has_plugin("playwright"):
        config.stash[MISSING] = "the plugin pytest-playwright is switched off; run pytest without -p no:playwright"
    which = "missing" if MISSING in config.stash else "fixtures"
    module = importlib.import_module(f"{__name__}.{which}")
    config.pluginmanager.register(module, f"{__name__}.{which}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note whether any test of this session asks for a fixture of ours."""
    asked = frozenset[str]().union(*(asked_for(item) for item in session.items))
    session.config.stash[IS_USED] = bool(asked)
    session.config.stash[IS_TLS_OURS] = bool(asked & WITH_OUR_TLS)


def asked_for(item: pytest.Item) -> set[str]:
    """Return the names of our fixtures that a test asks for; what a team calls the same is theirs."""
    names = {name for name in getattr(item, "fixturenames", ()) if name in FIXTURES or name.startswith("dlt_")}
    # No public interface tells who made a fixture; where this one is not as it was, all are taken for ours.
    made = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return {name for name in names if _is_ours(name, made.get(name, ()))}


def _is_ours(name: str, definitions: Sequence[Any]) -> bool:
    """Tell whether a fixture, the last one that was defined under its name, is ours or builds upon ours."""
    for definition in reversed(definitions):
        if definition.func.__module__.startswith(__name__):
            return True
        if name not in definition.argnames:
            return False
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print a failed test's logs of servers and browsers, and its traffic, beside what failed."""
    report = yield
    if report.failed:
        for title, text in item.stash.get(NOTES, {}).items():
            report.sections.append((f"{title} ({report.when})", text() or "(nothing)"))
    return report
