"""Measures how long the page's Python takes for a scan, in Node: that of one bundle, or of several in turns.

    python -m tests.wasm.replay.timing [--scans N] [BUNDLE …]

A tracker with its license is told barcodes, new ones and one in view in turn, and what it answers is the same for all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

import build_wasm
from dlt_web.messages import Input, message_to_json
from dlt_web.model import Moment
from dlt_web.options import TrackerOptions
from dlt_web.tracker import Tracker
from tests.core.fake_lts import accept_reports
from tests.core.reporting_steps import REPORTS, licensed
from tests.wasm.replay.recorder import as_given
from wasm.npm import find_node
from wasm.workshop import run

PROGRAM = Path(__file__).parent / "timing.mjs"
SCANS = 4000
FORMATS = ("qr_code", "ean_13", "code_128", "data_matrix")
# As far from each other as an app hands frames over that waits for each answer.
FRAME_MS = 3
OPTIONS = TrackerOptions(handshake_code="200001-demo", license_servers=("https://lts.example",))
PAGE = "010be4ddbc20811a975c720b68060310"


def requests_of_scans(count: int) -> list[str]:
    """Return what a worker says of so many new barcodes to Python, one request each."""
    texts: list[str] = []
    feed = Tracker.feed

    def say(given: dict[str, Any], **more: Any) -> None:
        texts.append(json.dumps({"tracker": "tracker-1", **more, "input": given}))

    def feed_said(tracker: Tracker, given: Input, now: Moment) -> Any:
        moment = {"wallMs": now.wall_ms, "monotonicMs": now.monotonic_ms, "random": now.random.hex()}
        say(message_to_json(given), now=moment)
        return feed(tracker, given, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tracker, "feed", feed_said)
        say({"type": "TrackerOpened", "options": as_given(OPTIONS)})
        shell = licensed(options=OPTIONS, page=PAGE)
        for number in range(1, count + 1):
            shell.advance(FRAME_MS)
            shell.scan((FORMATS[number % len(FORMATS)], f"{number:013}"))
            shell.advance(FRAME_MS)
            shell.scan(("qr_code", "in view"))
            if any(request.url.endswith(REPORTS) for request in shell.sent):
                accept_reports(shell)
    return texts


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Time the page's Python in Node.")
    parser.add_argument("bundles", nargs="*", type=Path, help="folders that build_wasm.py made; else that of this tree")
    parser.add_argument("--scans", type=int, default=SCANS, help="new barcodes")
    given = parser.parse_args(argv)
    bundles = given.bundles or [build_wasm.build()]
    with tempfile.TemporaryDirectory() as scratch:
        requests = Path(scratch) / "requests.jsonl"
        requests.write_text("\n".join(requests_of_scans(given.scans)))
        print(run([find_node(), str(PROGRAM), str(requests), *(str(bundle.resolve()) for bundle in bundles)]), end="")


if __name__ == "__main__":
    main()
