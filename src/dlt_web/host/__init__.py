"""The editions on CPython: servers, desktops, embedded and mobile devices.

The same core as in the browser, over a file instead of IndexedDB. Needs the extra ``host``.
"""

try:
    import apsw as _apsw  # noqa: F401 - said here, and not at the first use
    import httpx as _httpx  # noqa: F401
    import joserfc as _joserfc  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"dlt_web.host needs the package {error.name}: pip install 'dlt-web[host]'.", name=error.name
    ) from error

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
