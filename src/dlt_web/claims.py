"""Calls of pages that have to be counted in memory, while they may lie in the journal for whoever has the disk.

Only the page knows what it has written there, and whoever reads it leaves a living page's calls alone. So such a call
counts once its page has taken it back; where the page is gone, it is left to the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .changes import Change, ScansCounted
from .model import Moment

# A page that lives empties its journal within milliseconds, or says after 2 s that it cannot.
CLAIM_WAIT_MS = 10_000


class Claims:
    """What one tracker knows of where else the calls of its pages may be counted, and the calls that wait for it.

    Attributes:
        unclear: numbers of calls, by page, that others may have counted, wherever they count now.
        held: calls that wait for their pages.
        wait_ends_ms: when the next of them are given up, monotonic ms; None while none waits.
    """

    def __init__(self) -> None:
        self.unclear: dict[str, frozenset[int]] = {}
        self.held: list[Change] = []
        self.wait_ends_ms: int | None = None
        # By page, when its calls are given up, monotonic ms.
        self._ends_ms: dict[str, int] = {}
        # Pages that use the tracker, in the order in which they came, and those of them that were asked.
        self._here: dict[str, None] = {}
        self._asked: set[str] = set()
        # Pages of whose calls none lies in the journal, nor will; and pages that are gone, and had calls under way.
        self._claimed: set[str] = set()
        self._left: set[str] = set()

    def __contains__(self, page: str) -> bool:
        """Tell whether a page has said that none of its calls lies in the journal."""
        return page in self._claimed

    def add(self, page: str, unclear: Iterable[int]) -> None:
        """A page says that none of its calls lies in the journal, nor will, but that these may be counted elsewhere."""
        self._claimed.add(page)
        numbers = frozenset(unclear)
        if numbers:
            self.unclear[page] = self.unclear.get(page, frozenset()) | numbers

    def page_joined(self, page: str) -> None:
        """A page is here, perhaps again, and may not have heard what it was asked."""
        self._here[page] = None
        self._left.discard(page)
        self._asked.discard(page)

    def page_left(self, page: str, under_way: Iterable[Change]) -> None:
        """A page is gone: what is under way of it, it will not take back any more."""
        self._here.pop(page, None)
        if any(isinstance(change, ScansCounted) and change.page == page for change in under_way):
            self._left.add(page)

    def sift(self, waiting: Iterable[Change], now: Moment, *, is_in_memory: bool) -> list[Change]:
        """Return what can be committed now, in order, and keep what waits for its page.

        What may be counted elsewhere becomes unclear: it is said as lost, unless it is known to be counted.
        """
        told = [self._told(change, is_in_memory=is_in_memory) for change in (*self.held, *waiting)]
        pages = [self._awaited(change) if is_in_memory else None for change in told]
        ends_ms = {
            page: self._ends_ms.get(page, now.monotonic_ms + CLAIM_WAIT_MS) for page in pages if page is not None
        }
        # They went without a word, or have not heard; then they are asked once more.
        silent = {page for page, end_ms in ends_ms.items() if now.monotonic_ms >= end_ms}
        self._asked -= silent
        self._ends_ms = {page: end_ms for page, end_ms in ends_ms.items() if page not in silent}
        self.wait_ends_ms = min(self._ends_ms.values(), default=None)
        pairs = list(zip(told, pages, strict=True))
        self.held = [change for change, page in pairs if page in self._ends_ms]
        return [unclear(change) if page in silent else change for change, page in pairs if page not in self._ends_ms]

    def to_ask(self) -> list[str]:
        """Return the pages that have yet to be asked: all that are here, so that hardly a call ever waits."""
        fresh = [page for page in self._here if page not in self and page not in self._asked]
        self._asked.update(fresh)
        return fresh

    def _told(self, change: Change, *, is_in_memory: bool) -> Change:
        if not isinstance(change, ScansCounted):
            return change
        is_left = is_in_memory and change.page in self._left and change.page not in self
        return unclear(change) if is_left or change.number in self.unclear.get(change.page, ()) else change

    def _awaited(self, change: Change) -> str | None:
        """Return the page that a change waits for; None if it waits for none."""
        if not isinstance(change, ScansCounted) or change.is_unclear or change.page in self:
            return None
        return change.page


def unclear(change: Change) -> Change:
    """Return scans as such that may be counted elsewhere, and any other change as it is."""
    return replace(change, is_unclear=True) if isinstance(change, ScansCounted) else change
