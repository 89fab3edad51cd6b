"""The checks, by what they are about, in the order in which they are made.

Each is a function that visits the app in one browser, says by ``run.claim`` what the license tracking server must have
counted, and raises where a rule is broken. What was counted is a line of the matrix of its own: a page may well show
one device and report two.
"""

from __future__ import annotations

from . import devices, frames, lifetimes, privacy, purges, queues, scans
from .check import Check

__all__ = ["CHECKS", "Check"]

CHECKS: tuple[Check, ...] = (
    *devices.CHECKS,
    *purges.CHECKS,
    *frames.CHECKS,
    *scans.CHECKS,
    *queues.CHECKS,
    *lifetimes.CHECKS,
    # Last: they look at all that left the browser until then.
    *privacy.CHECKS,
)
