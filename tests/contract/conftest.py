from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from dlt_web.lts.records import Handshake
from dlt_web.lts.store import Store, Writing, open_store
from tests.contract.rows import ITEM


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each implementation of the store's contract, empty."""
    store = open_store("memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/lts.db")
    yield store
    store.close()


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with two items and a handshake code for both."""

    def fill(rows: Writing) -> None:
        rows.put_license(ITEM)
        rows.put_license(replace(ITEM, id="B", charge_way="concurrent_device"))
        rows.put_handshake(Handshake("c", ("B", "A"), ("https://a.example",), True, "hash", 7, True))

    store.write(fill).result()
    return store
