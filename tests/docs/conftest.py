"""The docs site, built once for all tests of a run, whichever process comes first."""

from __future__ import annotations

import fcntl
import os
import uuid
from pathlib import Path

import pytest

from docs.generators.site import build_site

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "browser_name" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site as ``make docs`` leaves it."""
    own = tmp_path_factory.getbasetemp()
    # Processes that run tests side by side have one folder together above their own.
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    target = shared / f"docs-{run}"
    with (shared / "docs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            build_site(target)
    return target
