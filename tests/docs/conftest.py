"""The docs site, built once for all tests of a run, whichever process comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generators.site import build_site
from tests.made_once import made_once

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "browser_name" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site as ``make docs`` leaves it."""
    return made_once(tmp_path_factory, "docs", build_site)
