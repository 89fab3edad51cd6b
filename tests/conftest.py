"""What all tests share: the two engines that they run in unless they are told otherwise."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

from tests.chosen import BROWSER_FOLDERS, HAS_CHOSEN

# Both judge the speed of the machine, which may be busy with another engine's browser, and not the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

Case = tuple[str, ...]

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

    ``in_one_engine(name)`` is for tests of what costs most and of what is the same in each engine: the tests' own
    tools, the conformance suite, the words of pages, whatever waits for real time or starts browsers again and again.
    ``in_turns`` is for cases of one kind, of which each engine is to see some: each case of a file runs in one engine,
    and the next one in the other. Who is a device and what is a scan, storage, network and start run in both.
    """
    for item in items:
        _skip_where_untestable(item)
    with_browsers = (item for item in items if item.get_closest_marker("browser") is not None)
    config.stash[BROWSER_FOLDERS] = {item.path.relative_to(config.rootpath).parts[1] for item in with_browsers}
    if config.stash.get(HAS_CHOSEN, False):
        return
    wanted = _engines_in_turns(items)
    left_out = [item for item in items if _is_another_engines(item, wanted)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _skip_where_untestable(item: pytest.Item) -> None:
    """Skip a test with its reason in the engines in which nothing can test it (``untestable_in``)."""
    mark = item.get_closest_marker("untestable_in")
    if mark is not None and _engine_of(item) in mark.args:
        item.add_marker(pytest.mark.skip(reason=mark.kwargs["why"]))


def _engines_in_turns(items: list[pytest.Item]) -> dict[Case, str]:
    """Return for each case that runs in turns its engine, of those in which it was asked for."""
    engines: dict[Case, list[str]] = {}
    for item in items:
        if item.get_closest_marker("in_turns") is not None and (engine := _engine_of(item)) is not None:
            engines.setdefault(_case_of(item), []).append(engine)
    # In the order in which they stand in their file.
    numbers = Counter[str]()
    chosen = {}
    for (file, *case), found in engines.items():
        chosen[(file, *case)] = found[numbers[file] % len(found)]
        numbers[file] += 1
    return chosen


def _engine_of(item: pytest.Item) -> str | None:
    """Return in which engine an item runs; None for what starts none."""
    params: dict[str, str] = getattr(getattr(item, "callspec", None), "params", {})
    return params.get("browser_name")


def _case_of(item: pytest.Item) -> Case:
    """Return what an item is in each engine: its file, its test, and the names of its other parameters."""
    file, _, test = item.nodeid.partition("::")
    test, _, parameters = test.removesuffix("]").partition("[")
    return file, test, *(name for name in parameters.split("-") if name != _engine_of(item))


def _is_another_engines(item: pytest.Item, wanted: dict[Case, str]) -> bool:
    engine = _engine_of(item)
    if engine is None:
        return False
    mark = item.get_closest_marker("in_one_engine")
    return bool(engine != (wanted.get(_case_of(item), engine) if mark is None else mark.args[0]))
