"""One process of a device: does what it is told over a pipe, until it is told to end, or killed."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from dlt_web.host import DltError, HostTracker, parts
from dlt_web.host.identity import Identity
from dlt_web.host.traits import Trait

TRAITS = {"machine_id": Trait("0f9c4b1e8a7d4c2b9e1f0a3b5c7d9e1f"), "mac": Trait("dc:a6:32:01:02:03")}
CLOSE_TIMEOUT_S = 2.0
# What it imports on first use is then there in each process that is forked from the one that imports this.
httpx.AsyncClient()


def work(pipe: Connection, options: dict[str, Any]) -> None:
    """Track with these options, and say over the pipe what becomes of each call."""
    parts.Identity = _identity  # type: ignore[misc, assignment]
    _Worker(pipe, HostTracker(**options)).run()


def _identity(recipe: Any, folder: Path) -> Identity:
    return Identity(
        recipe, folder, lambda names: {name: TRAITS[name] for name in names if name in TRAITS}, lambda: None
    )


class _Worker:
    def __init__(self, pipe: Connection, tracker: HostTracker) -> None:
        self._pipe = pipe
        self._tracker = tracker
        self._saying = threading.Lock()

    def run(self) -> None:
        """Each order in a thread of its own: the next call does not wait for the one before."""
        self._tracker.explain()
        self._say(0, {})
        while True:
            word, number, *arguments = self._pipe.recv()
            if word == "close":
                self._tracker.close(CLOSE_TIMEOUT_S)
                self._say(number, {})
                return
            threading.Thread(target=self._do, args=(word, number, *arguments), daemon=True).start()

    def _do(self, word: str, number: int, *arguments: Any) -> None:
        try:
            self._say(number, getattr(self, f"_{word}")(*arguments))
        except DltError as error:
            self._say(number, {"name": type(error).__name__, "code": error.code, "message": error.message})

    def _scan(self, barcodes: Any) -> dict[str, Any]:
        return {"scans": self._tracker.scan(barcodes).scans}

    def _flush(self) -> dict[str, Any]:
        left = self._tracker.flush()
        told = self._tracker.explain()
        return {
            "left": left.pending_scans + left.pending_reports + told["device"]["purgedStillReporting"],
            "device": told["device"],
            "license": told["license"],
            "reports": told["reports"],
            "errors": told["errors"],
        }

    def _say(self, number: int, answer: dict[str, Any]) -> None:
        with self._saying:
            self._pipe.send((number, answer))
