"""How a reading came to be the barcode that was compared: for one that a page asks about, and for the last ones seen.

A disputed count is explained by what the reader said, which rules changed it, and which other readings it was equal to.
What :class:`ReadingLog` tells names no barcode's text: equal texts and equal barcodes have equal numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ScanError
from .messages import Json
from .payload_rules import RULES_VERSION
from .scanning import Frame, Verdict
from .slots import format_time
from .symbology import read

# What two readers saw of one symbol is together in it, and it is little enough to paste into a message.
MAX_READINGS = 50
# Of what an app handed over nothing is kept at length.
MAX_NAME_LENGTH = 64


def explain_readings(barcodes: object) -> list[Json]:
    """Return for each barcode what is compared of it and why; it holds the barcode's text and is for who has it.

    Args:
        barcodes: as ``scan()`` takes them, see :func:`~dlt_web.symbology.read`.

    Returns:
        ``format`` (as the reader calls it), ``symbology`` (what its count is reported under), ``identity`` (within
        which keys are compared), ``key`` (None where it is no text), ``keyHex``, ``rules``, ``rulesVersion`` and
        ``flags``.

    Raises:
        ScanError: names what cannot be used.
    """
    if not isinstance(barcodes, list):
        raise ScanError("The reader's results are no list.")
    return [_explained(found, index) for index, found in enumerate(barcodes)]


def _explained(found: object, index: int) -> Json:
    reading = read(found, index)
    family, key = reading.identity
    try:
        text = key.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "format": found["format"],  # type: ignore[index]
        "symbology": reading.barcode.symbology,
        "identity": family,
        "key": text,
        "keyHex": key.hex(),
        "rules": list(reading.rules),
        "rulesVersion": RULES_VERSION,
        "flags": list(reading.flags),
    }


class ReadingLog:
    """The last readings of a tracker, each once however often it was seen, the one seen last at the end."""

    def __init__(self) -> None:
        # As the duplicate filter has it. Each scan passes here: whatever is not needed before somebody asks is left to
        # `told`, and the key is of texts and bytes, which are found without a call of Python's.
        self._entries: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._fresh: list[tuple[Frame, Verdict]] = []

    def note(self, frame: Frame, verdict: Verdict) -> None:
        """Take a frame's readings and what was said of each; :meth:`catch_up` looks at them, when nobody waits."""
        self._fresh.append((frame, verdict))

    def catch_up(self) -> None:
        """Take in what was noted since the last time."""
        for frame, verdict in self._fresh:
            self._take_in(frame, verdict)
        self._fresh.clear()

    def _take_in(self, frame: Frame, verdict: Verdict) -> None:
        given = frame.given
        for found, reading, result in zip(given.barcodes, frame.readings, verdict.value["results"], strict=True):
            key = (*_said(found), reading.barcode.symbology, reading.barcode.key)
            entry = self._entries.pop(key, None) or {"seen": 0, "counted": 0, "reading": reading}
            entry["seen"] += 1
            entry["counted"] += not result["duplicate"]
            entry["lastSeenMs"] = given.called_wall_ms
            self._entries[key] = entry
            if len(self._entries) > MAX_READINGS:
                del self._entries[next(iter(self._entries))]

    def told(self) -> list[Json]:
        """Return them, longest ago first, with a number in each text's and each barcode's place."""
        self.catch_up()
        texts: dict[Any, int] = {}
        barcodes: dict[Any, int] = {}
        return [
            {
                "format": name,
                "identifier": identifier,
                "text": texts.setdefault(payload, len(texts) + 1),
                "barcode": barcodes.setdefault(entry["reading"].identity, len(barcodes) + 1),
                "symbology": symbology,
                "rules": list(entry["reading"].rules),
                "flags": list(entry["reading"].flags),
                "seen": entry["seen"],
                "counted": entry["counted"],
                "lastSeenAt": format_time(entry["lastSeenMs"]),
            }
            for (name, identifier, payload, symbology, _key), entry in self._entries.items()
        ]


def _said(found: Mapping[str, Any]) -> tuple[str, str | None, tuple[str | None, str | None]]:
    """Return what a reader said: its name for the symbology, its identifier and its payload; readable by now."""
    identifier, text, raw = found.get("identifier"), found.get("text"), found.get("bytes")
    return (
        found["format"][:MAX_NAME_LENGTH],
        identifier[:3] if isinstance(identifier, str) else None,
        (text if isinstance(text, str) else None, raw if isinstance(raw, str) else None),
    )
