"""What all tests share: the two engines that they run in unless they are told otherwise."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.chosen import HAS_CHOSEN

# Both judge the speed of the machine, which may be busy with another engine's browser, and not the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

DEFAULT_BROWSERS = ["chromium", "firefox"]
# As long as Playwright waits for whatever else: a page that reads anew every few seconds, on a machine with other work,
# takes longer than its five seconds.
EXPECT_TIMEOUT_MS = 30_000


def pytest_configure(config: pytest.Config) -> None:
    """Run browser tests in both engines unless ``--browser`` says otherwise, and have them patient in each folder."""
    config.stash[HAS_CHOSEN] = bool(getattr(config.option, "browser", None))
    if getattr(config.option, "browser", None) == []:
        config.option.browser = list(DEFAULT_BROWSERS)
    if config.pluginmanager.has_plugin("playwright"):
        from playwright.sync_api import expect  # what tests the core alone has none

        expect.set_options(timeout=EXPECT_TIMEOUT_MS)
    # pytest-base-url, which pytest-playwright brings, declares a fixture in a way that pytest 10 will refuse.
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance methods")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what another engine proves, where nobody chose one: `make test` has minutes, `make test-browsers` all.

    Marked so are tests of what costs most: the tests' own tools, the conformance suite, whatever waits for real time or
    starts browsers again and again. Who is a device and what is a scan, storage, network and start run in both.
    """
    if config.stash.get(HAS_CHOSEN, False):
        return
    left_out = [item for item in items if _is_another_engines(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_another_engines(item: pytest.Item) -> bool:
    mark, callspec = item.get_closest_marker("in_one_engine"), getattr(item, "callspec", None)
    return (
        mark is not None and callspec is not None and callspec.params.get("browser_name", mark.args[0]) != mark.args[0]
    )
