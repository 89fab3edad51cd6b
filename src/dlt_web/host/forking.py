"""Keeps a process's open databases out of the processes that are forked from it.

SQLite must not go through a fork: a child takes its parent's locks on a file for its own, so that the parent, or the
child, may delete the log that the other one goes on writing to; and what another thread of the parent holds just then,
is held in the child for ever. So every store is at rest and closed as the process is forked, and opens itself again.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """What is to be at rest while the process is forked."""

    def rest(self) -> None:
        """Finish what is under way, close what is open, and begin nothing before :meth:`wake`."""

    def wake(self) -> None:
        """Go on, in the process or in its child; called by the thread that called :meth:`rest`."""


_all: weakref.WeakSet[Forkable] = weakref.WeakSet()
_resting: list[Forkable] = []


def watch_forks(store: Forkable) -> None:
    """Have a store rest at each fork, as long as it lives."""
    _all.add(store)


def _before() -> None:
    for store in list(_all):
        store.rest()
        _resting.append(store)


def _after() -> None:
    for store in _resting:
        store.wake()
    _resting.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
