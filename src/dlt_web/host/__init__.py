"""The editions on CPython: servers, desktops, embedded and mobile devices.

The same core as in the browser, over a file instead of IndexedDB. Needs the extra ``host``.
"""

from ..errors import ClosedError, DltError, LicenseError, OptionError, ScanError
from .answers import DeadLetter, Left, License, Pending, ScanAnswer, ScanResult
from .async_tracker import AsyncHostTracker
from .surroundings import Notice
from .tracker import HostTracker

__all__ = [
    "AsyncHostTracker",
    "ClosedError",
    "DeadLetter",
    "DltError",
    "HostTracker",
    "Left",
    "License",
    "LicenseError",
    "Notice",
    "OptionError",
    "Pending",
    "ScanAnswer",
    "ScanError",
    "ScanResult",
]
