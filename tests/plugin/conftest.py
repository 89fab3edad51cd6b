"""Marks what starts browsers: all tests that name one."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "browser_name" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
