"""The worker's entry: one function, JSON text in, JSON text out. Imports neither ``js`` nor ``pyodide``."""

from __future__ import annotations

import json
from typing import Any

from ..errors import DltError, ScanError, WireError
from ..json_text import MAX_DEPTH, is_too_deep
from ..messages import Command, input_from_json, message_to_json
from ..model import Moment
from ..options import options_from_json
from ..scanning import Streams
from ..tracker import Tracker

# The worker made the text that is read: nothing follows in it that would have to be looked for.
_from_text = json.JSONDecoder().raw_decode
# Nothing that the tracker says contains itself: to look out for that takes a sixth of the writing.
_to_text = json.JSONEncoder(default=message_to_json, check_circular=False).encode
_trackers: dict[str, Tracker] = {}
# Video streams outlive their tracker (spec §2), and go with the worker.
_streams: dict[tuple[object, ...], Streams] = {}


def handle(text: str) -> str:
    """Feed one input to one tracker of the page.

    Args:
        text: JSON ``{"tracker": name, "now": {"wallMs", "monotonicMs", "random": hex}, "input": {"type", …}}``. The
            first input of a tracker is ``{"type": "TrackerOpened", "options": {…}}``; ``TrackerDropped`` forgets one,
            and ``{"type": "TrackerRevoked", "handshakeCode"}`` also what was seen under its handshake code.

    Returns:
        JSON ``{"commands": [{"type", …}, …]}``, or ``{"error": {"name", "code", "message"}}`` for options that cannot
        be used and a call nested too deep.
    """
    try:
        return _to_text({"commands": _feed(_read(text))})
    except DltError as error:
        shown = {"name": type(error).__name__, "code": error.code, "message": error.message}
        return json.dumps({"error": shown})


def _read(text: str) -> dict[str, Any]:
    # The page's own code made this text, but what an app handed over lies in it as it came.
    if is_too_deep(text):
        raise ScanError(f"What was handed over is nested more than {MAX_DEPTH} levels deep; no reader's result is.")
    request: dict[str, Any] = _from_text(text)[0]
    return request


def _feed(request: dict[str, Any]) -> list[Command]:
    name, given = request["tracker"], request["input"]
    if given["type"] == "TrackerOpened":
        options = options_from_json(given["options"])
        key = (options.handshake_code, options.forget_time_ms, options.duplicate_mode)
        _trackers[name] = Tracker(options, _streams.setdefault(key, Streams(options)))
        return _trackers[name].start()
    if name not in _trackers:
        raise WireError(f"expected the name of an open tracker, found {name!a:.60}")
    if given["type"] in ("TrackerDropped", "TrackerRevoked"):
        del _trackers[name]
        if given["type"] == "TrackerRevoked":
            # Streams hold what barcodes say: the person has taken the consent to that back.
            for seen in [seen for seen in _streams if seen[0] == given["handshakeCode"]]:
                del _streams[seen]
        return []
    now = request["now"]
    moment = Moment(int(now["wallMs"]), int(now["monotonicMs"]), bytes.fromhex(now["random"]))
    return _trackers[name].feed(input_from_json(given), moment)
