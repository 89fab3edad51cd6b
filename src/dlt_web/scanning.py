"""From what a reader gave to what counts: reading, then the duplicate filter of the video stream (spec §3)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from .dedupe import DuplicateFilter
from .errors import ScanError
from .messages import Json, ScanSeen
from .model import Barcode, Counts
from .options import TrackerOptions
from .symbology import read_barcode

SOURCES = ("video", "image")


@dataclass(frozen=True, slots=True)
class Frame:
    """One readable call of ``scan()``: its barcodes, and when they were captured on the page's monotonic clock, ms."""

    given: ScanSeen
    barcodes: list[Barcode]
    time_ms: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a frame came to: what the page's promise resolves to, and the scans per symbology that are new."""

    value: Json
    counts: Counts


def read_frame(given: ScanSeen) -> Frame:
    """Return what the page handed over, checked.

    Raises:
        ScanError: names what cannot be used.
    """
    if given.source not in SOURCES:
        raise ScanError(f"source is video or image; found {given.source!a:.40}.")
    if not isinstance(given.stream, str):
        raise ScanError("stream is a text that names a video stream.")
    time_ms = given.called_monotonic_ms if given.time_ms is None else given.time_ms
    # The page's numbers come unchecked.
    if type(time_ms) not in (int, float) or not math.isfinite(time_ms):
        raise ScanError(f"time is a finite number of milliseconds; found {time_ms!a:.40}.")
    if not isinstance(given.barcodes, list):
        raise ScanError("The reader's results are no list.")
    return Frame(given, [read_barcode(found, index) for index, found in enumerate(given.barcodes)], time_ms)


class Streams:
    """The video streams of all pages, each with a duplicate filter of its own."""

    def __init__(self, options: TrackerOptions) -> None:
        self._options = options
        self._filters: dict[tuple[str, str], DuplicateFilter] = {}

    def judge(self, frame: Frame, *, is_unlicensed: bool) -> Verdict:
        """Tell for each barcode of a frame whether it counts, and remember it."""
        given, barcodes = frame.given, frame.barcodes
        stream = self._filter_of(given.page, given.stream, frame.time_ms)
        verdicts = stream.image(barcodes) if given.source == "image" else stream.frame(barcodes, frame.time_ms)
        extra = {"unlicensed": True} if is_unlicensed else {}
        results = [
            {
                "duplicate": not is_new,
                "symbology": barcode.symbology,
                "forgetsAt": stream.forgets_at_ms(barcode) if given.source == "video" else None,
                **extra,
            }
            for barcode, is_new in zip(barcodes, verdicts, strict=True)
        ]
        counts = Counter(barcode.symbology for barcode, is_new in zip(barcodes, verdicts, strict=True) if is_new)
        return Verdict({"results": results, "scans": counts.total()}, dict(counts))

    def _filter_of(self, page: str, stream: str, time_ms: float) -> DuplicateFilter:
        if (page, stream) not in self._filters:
            # An app may name a stream anew with each start of its camera.
            for name in [name for name in self._filters if name[0] == page]:
                if self._filters[name].has_forgotten_all(time_ms):
                    del self._filters[name]
            self._filters[page, stream] = DuplicateFilter(
                forget_time_ms=self._options.forget_time_ms, mode=self._options.duplicate_mode
            )
        return self._filters[page, stream]
