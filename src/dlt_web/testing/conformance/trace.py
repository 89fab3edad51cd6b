"""What was done for a check, and what must have been counted for it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from dlt_web.testing.browser_page import BrowserPage, BrowserWindow

from .app_page import AppPage


@dataclass(frozen=True, slots=True)
class Claim:
    """What the license tracking server must have counted for a check: devices, and scans of the suite's symbologies."""

    devices: int
    scans: int


@dataclass(slots=True)
class Trace:
    """What was done for the check that is being made.

    Attributes:
        first_request: number of the first request that belongs to it.
        devices: UUIDs that its pages named.
        claim: what must have been counted; None while nobody said it.
        seated_before: devices with a seat before it.
        scans_before: scans booked before it.
        windows: opened for it.
        apps: the app's pages that were driven in them.
        page: the tab that was used last.
        after_windows: what is left once the check's windows are closed, e.g. a server that their pages report to.
    """

    first_request: int
    devices: set[str] = field(default_factory=set)
    claim: Claim | None = None
    seated_before: set[str] = field(default_factory=set)
    scans_before: int = 0
    windows: list[BrowserWindow] = field(default_factory=list)
    apps: list[AppPage] = field(default_factory=list)
    page: BrowserPage | None = None
    after_windows: ExitStack = field(default_factory=ExitStack)
