"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Short enough not to be felt in a test, long enough not to starve the browser on two cores.
POLL_INTERVAL_S = 0.05


class DeadlineMissedError(AssertionError):
    """What was waited for did not happen in time; says what was seen last."""


def wait_until(condition: Callable[[], T], *, what: str, timeout_s: float = 30.0) -> T:
    """Call ``condition`` until it returns something true, and return that.

    Patience costs nothing where all goes well. Whatever stood still meanwhile, the machine itself or the page that was
    looked at, the last look begins after the time is over.

    Args:
        condition: reads the world; must not change it.
        what: ends the sentence "Waited for …" of the error.
        timeout_s: seconds until it is given up.

    Raises:
        DeadlineMissedError: the condition stayed false; the message holds its last value.
    """
    end_s = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        began_s = time.monotonic()
        value = condition()
        if value:
            return value
        if began_s >= end_s:
            raise DeadlineMissedError(f"Waited {timeout_s:g} s for {what}; last seen: {value!r}.")
        pause.wait(POLL_INTERVAL_S)
