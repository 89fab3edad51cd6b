"""What tests of hosts are made with: identities of made-up machines, and trackers on a file of the test's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlt_web.host.identity import Identity, recipe_of
from dlt_web.host.sqlite_store import SqliteStore
from dlt_web.host.traits import Trait

NOWHERE = "http://127.0.0.1:9"  # the port "discard", on which nothing listens
FILE = ".dlt-web-device"
TRAITS = {"machine_id": Trait("0f9c4b1e"), "mac": Trait("dc:a6:32:01:02:03"), "cpu_id": Trait("10000000a3f1c2d4")}


def identity(folder: Path, edition: str = "random", **traits: Trait) -> Identity:
    """Return the identity of a machine of these traits, outside of containers."""
    known = traits or TRAITS
    return Identity(
        recipe_of(edition, None),
        folder,
        lambda names: {name: known[name] for name in names if name in known},
        lambda: None,
    )


def sqlite_store(folder: Path, edition: str = "random", **traits: Trait) -> SqliteStore:
    """Return a store on the folder's file."""
    return SqliteStore(folder / FILE, identity(folder, edition, **traits))


def qr(*texts: str) -> list[dict[str, Any]]:
    """Return what a reader gives for these QR codes."""
    return [{"format": "qr_code", "text": text} for text in texts]


def purge(folder: Path) -> None:
    """Delete a device's files, as its owner would while processes use them."""
    for path in sorted(folder.glob(f"{FILE}*")):
        path.unlink(missing_ok=True)


def wait_for(condition: Callable[[], Any], timeout_s: float = 15.0) -> None:
    """Return once something is so."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.02)
