"""A pytest plugin that writes down what trackers are fed while other tests run, as the page's worker would say it.

Load it with ``-p tests.wasm.replay.recorder``; the file's name is in the environment variable below.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from dlt_web.messages import Input, message_to_json
from dlt_web.model import Moment
from dlt_web.options import TrackerOptions
from dlt_web.tracker import Tracker
from tests.wasm.replay.page_requests import page_requests

FILE_VARIABLE = "DLT_WEB_RECORD_TO"
LONG_HISTORY = "tests/properties/test_exactly_once.py::test_a_long_random_history_ends_exact"
RECORDED = ("tests/core", f"{LONG_HISTORY}[6]", f"{LONG_HISTORY}[9]")


def record(file: Path) -> Path:
    """Write down, line by line, what the core's tests feed trackers, two long random histories, and what pages say."""
    plugins = ["-p", "tests.wasm.replay.recorder", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins]
    subprocess.run(
        [*command, *RECORDED],
        cwd=Path(__file__).parents[3],
        env={**os.environ, FILE_VARIABLE: str(file)},
        capture_output=True,
        check=True,
        text=True,
    )
    with file.open("a", encoding="utf-8") as recorded:
        recorded.writelines(f"{text}\n" for text in page_requests())
    return file


def as_given(options: TrackerOptions) -> dict[str, Any]:
    """Return options as a page gives them."""
    return {
        "handshakeCode": options.handshake_code,
        "licenseServer": list(options.license_servers),
        "origin": options.origin,
        "product": options.product,
        "sessionPassword": options.session_password,
        "deviceFriendlyName": options.friendly_name,
        "duplicateForgetTime": options.forget_time_ms,
        "duplicateMode": options.duplicate_mode,
        "enforcement": options.enforcement,
        "authorize": options.authorize,
        "durability": options.durability,
        "persistStorage": options.persist_storage,
        "partitioned": options.partitioned,
    }


def pytest_configure() -> None:
    """Watch every tracker from now on."""
    file = Path(os.environ[FILE_VARIABLE]).open("w", encoding="utf-8")  # noqa: SIM115 (it ends with the process)
    construct, feed = Tracker.__init__, Tracker.feed
    names: dict[Tracker, str] = {}

    def note(request: dict[str, Any]) -> None:
        # Streams outlive trackers by the names of pages, which most tests call alike.
        file.write(json.dumps(request).replace('"page-', f'"{request["tracker"]}-page-') + "\n")

    def construct_noted(tracker: Tracker, options: TrackerOptions, *more: Any) -> None:
        construct(tracker, options, *more)
        names[tracker] = f"tracker-{len(names)}"
        note({"tracker": names[tracker], "input": {"type": "TrackerOpened", "options": as_given(options)}})

    def feed_noted(tracker: Tracker, given: Input, now: Moment) -> Any:
        moment = {"wallMs": now.wall_ms, "monotonicMs": now.monotonic_ms, "random": now.random.hex()}
        note({"tracker": names[tracker], "now": moment, "input": message_to_json(given)})
        return feed(tracker, given, now)

    Tracker.__init__ = construct_noted  # type: ignore[assignment]
    Tracker.feed = feed_noted  # type: ignore[method-assign]
