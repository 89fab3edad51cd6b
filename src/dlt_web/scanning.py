"""From what a reader gave to what counts: reading, then the duplicate filter of the video stream (spec §3)."""

from __future__ import annotations

import math

from .dedupe import MAX_FORGET_TIME_MS, DuplicateFilter
from .errors import ScanError
from .messages import Json, ScanRemembered, ScanSeen
from .model import Counts, frozen
from .options import TrackerOptions
from .slots import total_of
from .symbology import Reading, read

SOURCES = ("video", "image")
# The longest forget time, and as long again for frames that are handed over late.
IDLE_MS = 2 * MAX_FORGET_TIME_MS


@frozen
class Frame:
    """One readable call of ``scan()``: its readings, and when they were captured on the page's monotonic clock, ms."""

    given: ScanSeen
    readings: list[Reading]
    time_ms: float


@frozen
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
    return Frame(given, [read(found, index) for index, found in enumerate(given.barcodes)], time_ms)


def as_scan(given: ScanRemembered) -> ScanSeen:
    """Return a scan that was judged before as the call that it was; it has no number, for it counts nothing."""
    return ScanSeen(
        call="",
        page=given.page,
        number=0,
        stream=given.stream,
        source="video",
        time_ms=given.time_ms,
        called_wall_ms=0,
        called_monotonic_ms=given.called_monotonic_ms,
        barcodes=given.barcodes,
    )


def journalled_scans(calls: Json) -> list[ScanSeen]:
    """Return the calls of a journal, oldest first; what is not readable as one was never judged and is left out."""
    scans = []
    for call in calls:
        try:
            scan = ScanSeen(
                call="",
                page=call["page"],
                number=call["number"],
                stream=call["stream"],
                source=call["source"],
                time_ms=call["timeMs"],
                called_wall_ms=int(call["calledWallMs"]),
                called_monotonic_ms=call["calledMonotonicMs"],
                barcodes=call["barcodes"],
            )
            read_frame(scan)
        except (ScanError, KeyError, TypeError, ValueError):
            continue
        scans.append(scan)
    return sorted(scans, key=lambda scan: (scan.page, scan.number))


class Streams:
    """The video streams of a page, or of several, each with a duplicate filter of its own.

    They outlive the tracker: a stream is named by the page load, so a page that closes its tracker and makes another
    does not count what it still holds before the camera a second time (spec §2).
    """

    def __init__(self, options: TrackerOptions) -> None:
        self._options = options
        self._filters: dict[tuple[str, str], DuplicateFilter] = {}
        self._called_ms: dict[tuple[str, str], float] = {}

    def judge(self, frame: Frame, *, is_unlicensed: bool) -> Verdict:
        """Tell for each barcode of a frame whether it counts, and remember it."""
        given = frame.given
        stream = self._filter_of((given.page, given.stream), given.called_monotonic_ms)
        identities = [reading.identity for reading in frame.readings]
        is_video = given.source == "video"
        verdicts = stream.frame(identities, frame.time_ms) if is_video else stream.image(identities)
        extra = {"unlicensed": True} if is_unlicensed else {}
        results: list[Json] = []
        counts: dict[str, int] = {}
        for reading, is_new in zip(frame.readings, verdicts, strict=True):
            symbology = reading.barcode.symbology
            forgets_at_ms = stream.forgets_at_ms(reading.identity) if is_video else None
            result: dict[str, Json] = {
                "duplicate": not is_new,
                "symbology": symbology,
                "forgetsAt": forgets_at_ms,
                **extra,
            }
            if reading.flags:
                result["flags"] = list(reading.flags)
            results.append(result)
            if is_new:
                counts[symbology] = counts.get(symbology, 0) + 1
        return Verdict({"results": results, "scans": total_of(counts)}, counts)

    def _filter_of(self, name: tuple[str, str], called_ms: float) -> DuplicateFilter:
        if name not in self._filters:
            self._drop_idle(name[0], called_ms)
            self._filters[name] = DuplicateFilter(
                forget_time_ms=self._options.forget_time_ms, mode=self._options.duplicate_mode
            )
        self._called_ms[name] = called_ms
        return self._filters[name]

    def _drop_idle(self, page: str, called_ms: float) -> None:
        """Forget a page's streams that are long over: an app may name one anew with each start of its camera.

        By the clock of the page's calls, which its streams share; capture times may be of another clock, or late.
        """
        if self._options.duplicate_mode == "session":
            return
        for name in [name for name in self._filters if name[0] == page and called_ms - self._called_ms[name] > IDLE_MS]:
            del self._filters[name], self._called_ms[name]
