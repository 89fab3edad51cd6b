from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.lts.store import MemoryStore, SqliteStore
from tests.lts.admin_client import Operator
from tests.lts.export_world import cli, make_export
from tests.lts.world import World, world_over


# That both stores do the same is proved in tests/contract.
@pytest.fixture(params=[pytest.param("memory", marks=pytest.mark.long_only), "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server over each kind of store; its counters are held against their rows at the end."""
    with world_over(MemoryStore() if request.param == "memory" else SqliteStore(str(tmp_path / "lts.db"))) as world:
        yield world


@pytest.fixture
def operator(world: World) -> Operator:
    """An operator of that server."""
    return Operator(world)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what :func:`make_export` leaves; nobody changes it."""
    folder = tmp_path_factory.mktemp("exported")
    make_export(folder)
    return folder


@pytest.fixture
def imported(exported: Path, tmp_path: Path) -> Path:
    code, done = cli(tmp_path / "lts.db", "import", str(exported / "export"), "--with-webhooks")
    assert (code, done["replaced"], done["webhooksPaused"]) == (0, None, False)
    return tmp_path / "lts.db"
