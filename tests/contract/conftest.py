from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.lts.store import Store, open_store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each implementation of the store's contract, empty."""
    store = open_store("memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/lts.db")
    yield store
    store.close()
