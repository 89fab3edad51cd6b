"""Which barcodes of a frame are scans, and which have been counted already (spec §3).

One :class:`DuplicateFilter` belongs to one video stream. Time is the frame's capture time, given by the caller, so a
frame that is judged late gets the verdict that it would have got at once.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from .errors import OptionError, ScanError, shown

MODES = ("sliding", "fixed", "session", "off")
# Spec §3.5: "duplicate_forget_time is 0…180000 ms"; a vendor's contract knows no longer one.
MAX_FORGET_TIME_MS = 180_000
DEFAULT_FORGET_TIME_MS = 3_000


class DuplicateFilter:
    """Remembers the barcodes of one video stream for ``forget_time_ms`` and tells new ones from known ones.

    Memory holds one entry for each distinct barcode inside the window (in mode ``session``: of the stream); forgetting
    costs O(1) amortised, because entries are kept in the order in which they will be forgotten.

    Args:
        forget_time_ms: 0…180000; how long a barcode stays known. 0 equals mode ``off``.
        mode: ``sliding`` (each sighting starts the time anew), ``fixed`` (only the counted one does), ``session``
            (known for as long as the stream lives) or ``off`` (only equal barcodes inside one frame are duplicates).

    Raises:
        OptionError: names the value and the range.
    """

    def __init__(self, *, forget_time_ms: float = DEFAULT_FORGET_TIME_MS, mode: str = "sliding") -> None:
        check_filter_options(forget_time_ms, mode)
        self._forget_time_ms = forget_time_ms
        self._mode = "off" if forget_time_ms == 0 else mode
        self._remembered_since: dict[Hashable, float] = {}
        self._last_ms = -math.inf

    def frame(self, barcodes: Sequence[Hashable], at_ms: float) -> list[bool]:
        """Judge a video frame's barcodes, each an equal-comparable key such as ``(symbology, payload)``.

        Args:
            barcodes: what the decoder found, in its order.
            at_ms: capture time, ms on a monotonic clock. A time before the last one counts as the last one.

        Returns:
            For each barcode, in order: True if it counts as a scan.

        Raises:
            ScanError: ``at_ms`` is no finite number; the filter is unchanged.
        """
        if type(at_ms) not in (int, float) or not math.isfinite(at_ms):
            raise ScanError(f"A frame's time is a finite number of milliseconds; found {at_ms!a:.40}.")
        now_ms = self._last_ms = max(at_ms, self._last_ms)
        self._forget(now_ms)
        return [self._see(barcode, now_ms) for barcode in barcodes] if self._mode != "off" else self.image(barcodes)

    @staticmethod
    def image(barcodes: Sequence[Hashable]) -> list[bool]:
        """Judge a still image: equal barcodes inside it count once; nothing is remembered (spec §3.4)."""
        seen: set[Hashable] = set()
        return [barcode not in seen and not seen.add(barcode) for barcode in barcodes]  # type: ignore[func-returns-value]

    def forgets_at_ms(self, barcode: Hashable) -> float | None:
        """Return when a barcode counts anew, ms on the frames' clock; None if it is not remembered, or for ever."""
        since_ms = self._remembered_since.get(barcode)
        return None if since_ms is None or self._mode == "session" else since_ms + self._forget_time_ms

    def __len__(self) -> int:
        """Return how many barcodes are remembered."""
        return len(self._remembered_since)

    def _see(self, barcode: Hashable, now_ms: float) -> bool:
        is_new = barcode not in self._remembered_since
        if is_new or self._mode == "sliding":
            # Taken out and put back at the end: the dict stays in the order of forgetting.
            self._remembered_since.pop(barcode, None)
            self._remembered_since[barcode] = now_ms
        return is_new

    def _forget(self, now_ms: float) -> None:
        if self._mode == "session":
            return
        while self._remembered_since:
            oldest = next(iter(self._remembered_since))
            # "At exactly duplicate_forget_time it is new" (spec §3.3).
            if now_ms - self._remembered_since[oldest] < self._forget_time_ms:
                return
            del self._remembered_since[oldest]


def check_filter_options(forget_time_ms: object, mode: object) -> None:
    """Refuse what :class:`DuplicateFilter` cannot work with.

    Raises:
        OptionError: names the value and the range.
    """
    is_number = isinstance(forget_time_ms, int | float) and not isinstance(forget_time_ms, bool)
    if not is_number or not 0 <= forget_time_ms <= MAX_FORGET_TIME_MS:  # type: ignore[operator]
        raise OptionError(
            f"duplicateForgetTime is a number of milliseconds from 0 to {MAX_FORGET_TIME_MS}; "
            f"found {shown(forget_time_ms)}."
        )
    if mode not in MODES:
        raise OptionError(f"duplicateMode is one of {', '.join(MODES)}; found {shown(mode)}.")
