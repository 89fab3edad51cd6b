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
    """What one tracker knows of where else the calls of its pages may be counted.

    Attributes:
        wait_ends_ms: when calls are given up that no page claims, monotonic ms; None while none waits.
        unclear: numbers of calls, by page, that others may have counted, wherever they count now.
    """

    def __init__(self) -> None:
        self.wait_ends_ms: int | None = None
        self.unclear: dict[str, frozenset[int]] = {}
        # Pages of whose calls none lies in the journal, nor will; and pages that are gone, and had calls under way.
        self._claimed: set[str] = set()
        self._left: set[str] = set()
        self._asked: set[str] = set()

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
        self._left.discard(page)
        self._asked.discard(page)

    def page_left(self, page: str, under_way: Iterable[Change]) -> None:
        """A page is gone: what is under way of it, it will not take back any more."""
        if any(isinstance(change, ScansCounted) and change.page == page for change in under_way):
            self._left.add(page)

    def part(self, waiting: list[Change], now: Moment, *, is_in_memory: bool) -> tuple[list[Change], list[Change]]:
        """Return what can be committed now, and what waits for its page.

        What may be counted elsewhere becomes unclear: it is said as lost, unless it is known to be counted.
        """
        told = [self._told(change, is_in_memory=is_in_memory) for change in waiting]
        held = [change for change in told if is_in_memory and self._is_open(change)]
        if not held:
            self.wait_ends_ms = None
        elif self.wait_ends_ms is None:
            self.wait_ends_ms = now.monotonic_ms + CLAIM_WAIT_MS
        elif now.monotonic_ms >= self.wait_ends_ms:
            # Pages that went without a word.
            self.wait_ends_ms = None
            return [unclear(change) if self._is_open(change) else change for change in told], []
        return [change for change in told if not (is_in_memory and self._is_open(change))], held

    def to_ask(self, held: list[Change]) -> list[str]:
        """Return the pages that have yet to be asked for what waits for them."""
        pages = {change.page: None for change in held if isinstance(change, ScansCounted)}
        fresh = [page for page in pages if page not in self._asked]
        self._asked.update(fresh)
        return fresh

    def _told(self, change: Change, *, is_in_memory: bool) -> Change:
        if not isinstance(change, ScansCounted):
            return change
        is_left = is_in_memory and change.page in self._left and change.page not in self
        return unclear(change) if is_left or change.number in self.unclear.get(change.page, ()) else change

    def _is_open(self, change: Change) -> bool:
        return isinstance(change, ScansCounted) and not change.is_unclear and change.page not in self


def unclear(change: Change) -> Change:
    """Return scans as such that may be counted elsewhere, and any other change as it is."""
    return replace(change, is_unclear=True) if isinstance(change, ScansCounted) else change
