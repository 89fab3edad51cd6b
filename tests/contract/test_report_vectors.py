"""The shared histories of report streams, against every store over HTTP."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from dlt_web.lts.store import Store
from tests.lts.world import CODE, World, report

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "reports.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_history(store: Store, vector: dict[str, Any]) -> None:
    world = World(store)
    world.license()
    world.handshake()
    world.authorize()
    answered = []
    for request in vector["requests"]:
        reports = [
            report(
                entry["seq"],
                id=_named(entry["id"]),
                version=entry["version"],
                slot=entry["slotIndex"] - 40,
                counts=entry["counts"],
            )
            for entry in request["reports"]
        ]
        response = world.report(1, reports, streamId=_named(request["stream"]))
        assert response.status_code == 200, response.text
        answered.append([result["outcome"] for result in response.json()["results"]])
    device_uuid = world.reads.devices(CODE)[0].device_uuid
    assert answered == vector["outcomes"]
    assert world.usage().scans == vector["scans"]
    assert world.reads.missing_numbers(CODE, device_uuid) == vector["missingNumbers"]
    world.close()


def _named(symbol: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, symbol))
