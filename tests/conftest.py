"""What all tests share: the two engines that they run in unless they are told otherwise."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests import long_form
from tests.chosen import BROWSER_FOLDERS, HAS_CHOSEN
from tests.engine_turns import engine_of, left_out

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
    config.pluginmanager.register(long_form)
    # pytest-base-url, which pytest-playwright brings, declares a fixture in a way that pytest 10 will refuse.
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance methods")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what another engine proves, where nobody chose one: `make test` has minutes, `make test-browsers` all.

    Every test runs in one engine at least, and each engine has its turn; ``tests/engine_turns.py`` says in which.
    ``in_each_engine`` is for who is a device and what is a scan (spec §4), ``in_one_engine(name)`` for what costs most
    or is the same in each: the tests' own tools, the conformance suite, the words of pages, whatever waits for real
    time or starts browsers again and again.
    """
    for item in items:
        _skip_where_untestable(item)
    with_browsers = (item for item in items if item.get_closest_marker("browser") is not None)
    config.stash[BROWSER_FOLDERS] = {item.path.relative_to(config.rootpath).parts[1] for item in with_browsers}
    if config.stash.get(HAS_CHOSEN, False):
        return
    others = set(left_out(items))
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=list(others))


def _skip_where_untestable(item: pytest.Item) -> None:
    """Skip a test with its reason in the engines in which it is not tested (``untestable_in``)."""
    mark = item.get_closest_marker("untestable_in")
    if mark is not None and engine_of(item) in mark.args:
        item.add_marker(pytest.mark.skip(reason=mark.kwargs["why"]))
