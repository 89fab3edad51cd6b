"""Barcodes on a video stream: when each was seen, what counted, and until when it was remembered."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlt_web.dedupe import DuplicateFilter

from .canvas import LINE, WIDTH, Canvas, number, scans

Vector = Mapping[str, Any]

_LEFT, _RIGHT, _ROW, _RADIUS = 58, 48, 64, 10
# Two labels stand beside each other.
_LEAST_GAP = 74


@dataclass(frozen=True)
class Sighting:
    """One barcode in one frame.

    Attributes:
        barcode: its text, which names it in these pictures.
        at_ms: when the frame was captured.
        is_scan: whether it counted.
        forgets_at_ms: until when it is remembered after this frame.
    """

    barcode: str
    at_ms: int
    is_scan: bool
    forgets_at_ms: int


def watch(vector: Vector, mode: str | None = None) -> list[Sighting]:
    """Run the tracker's own duplicate filter on a vector's frames.

    Args:
        vector: one of tests/vectors/dedupe.json.
        mode: another one than the vector's, to show both on the same sightings.
    """
    stream = DuplicateFilter(forget_time_ms=vector["forgetTimeMs"], mode=mode or vector["mode"])
    found = []
    for frame in vector["frames"]:
        barcodes = [tuple(barcode) for barcode in frame["barcodes"]]
        for barcode, is_scan in zip(barcodes, stream.frame(barcodes, frame["t"]), strict=True):
            forgets_at_ms = stream.forgets_at_ms(barcode)
            assert forgets_at_ms is not None, "only windows that end are drawn"
            found.append(Sighting(barcode[1], frame["t"], is_scan, int(forgets_at_ms)))
    return found


def count_of(sightings: Sequence[Sighting]) -> int:
    """Return how many of the sightings are scans."""
    return sum(one.is_scan for one in sightings)


def told(sightings: Sequence[Sighting]) -> str:
    """Say what a row of the picture shows."""
    parts = []
    for barcode in dict.fromkeys(one.barcode for one in sightings):
        own = [one for one in sightings if one.barcode == barcode]
        seen = ", ".join(f"{'counted' if one.is_scan else 'duplicate'} at {number(one.at_ms)} ms" for one in own)
        parts.append(f"{barcode} {seen}, forgotten at {number(own[-1].forgets_at_ms)} ms")
    return f"{'; '.join(parts)}: {scans(count_of(sightings))}."


def draw(title: str, rows: Sequence[tuple[str, Sequence[Sighting]]]) -> str:
    """Return a picture with a time line for each row, all on one axis.

    Args:
        title: of the picture.
        rows: what each shows, and its sightings.
    """
    canvas = Canvas()
    canvas.y = LINE
    axis = _Axis([one for _, sightings in rows for one in sightings])
    for heading, sightings in rows:
        canvas.text(16, canvas.y + 8, heading, "ink strong")
        canvas.text(WIDTH - 16, canvas.y + 8, scans(count_of(sightings)), "ink strong", "end")
        canvas.y += 30
        for barcode in dict.fromkeys(one.barcode for one in sightings):
            _line(canvas, axis, barcode, [one for one in sightings if one.barcode == barcode])
        canvas.y += 16
    _legend(canvas)
    return canvas.drawn(title, " ".join(f"{heading}: {told(sightings)}" for heading, sightings in rows))


class _Axis:
    """Places times in their order; near ones are kept apart, so distances are not to scale."""

    def __init__(self, sightings: Sequence[Sighting]) -> None:
        times = sorted({one.at_ms for one in sightings} | {one.forgets_at_ms for one in sightings})
        gaps = [max(0.0, later - earlier) ** 0.5 for earlier, later in itertools.pairwise(times)]
        room = WIDTH - _LEFT - _RIGHT
        spare = max(0.0, room - min(_LEAST_GAP, room / max(1, len(gaps))) * len(gaps))
        least = (room - spare) / max(1, len(gaps))
        self._places = {times[0]: float(_LEFT)}
        for (earlier, later), gap in zip(itertools.pairwise(times), gaps, strict=True):
            self._places[later] = self._places[earlier] + least + spare * gap / sum(gaps)

    def x(self, at_ms: int) -> float:
        return self._places[at_ms]


def _line(canvas: Canvas, axis: _Axis, barcode: str, sightings: Sequence[Sighting]) -> None:
    y = canvas.y + 12
    canvas.text(16, y + 5, barcode, "ink")
    for start, end in memories(sightings):
        x, until = axis.x(start), axis.x(end)
        canvas.mark("rect", x=x, y=y - 8, width=until - x, height=16, rx=8, classes="memory")
        canvas.mark("line", x1=until, x2=until, y1=y - 11, y2=y + 11, classes="line")
        if not any(one.at_ms == end for one in sightings):
            canvas.text(until, y + 28, number(end), "soft small", "middle")
            canvas.text(until, y + 43, "forgotten", "soft small", "middle")
    for one in sightings:
        _sighting(canvas, axis.x(one.at_ms), y, one)
    canvas.y += _ROW


def memories(sightings: Sequence[Sighting]) -> list[tuple[int, int]]:
    """Return from when until when one barcode is remembered; each scan begins a new memory."""
    found: list[tuple[int, int]] = []
    for one in sightings:
        if one.is_scan:
            found.append((one.at_ms, one.forgets_at_ms))
        else:
            found[-1] = (found[-1][0], one.forgets_at_ms)
    return found


def _sighting(canvas: Canvas, x: float, y: float, one: Sighting) -> None:
    canvas.mark("circle", cx=x, cy=y, r=_RADIUS, classes="counted" if one.is_scan else "seen")
    if one.is_scan:
        canvas.text(x, y + 4.5, "+1", "on small", "middle")
    canvas.text(x, y + 28, number(one.at_ms), "ink small" if one.is_scan else "pencil small", "middle")
    words = "counted" if one.is_scan else "duplicate"
    canvas.text(x, y + 43, words, "ink small" if one.is_scan else "pencil small", "middle")


def _legend(canvas: Canvas) -> None:
    canvas.mark("rect", x=16, y=canvas.y - 3, width=32, height=16, rx=8, classes="memory")
    canvas.text(56, canvas.y + 10, "remembered", "soft small")
    canvas.text(WIDTH - 16, canvas.y + 10, "ms since the first frame, not to scale", "soft small", "end")
    canvas.y += 28
