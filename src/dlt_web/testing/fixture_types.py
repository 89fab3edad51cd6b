"""What the fixtures of ``dlt_web.testing.plugin`` are, to annotate a test's arguments with.

::

    from dlt_web.testing.fixture_types import BrowserProfile, DeviceOf, Domains, Lts

    def test_it(browser_profile: BrowserProfile, domains: Domains, lts: Lts, device_of: DeviceOf) -> None: ...
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from .barcode_media import BarcodeVideo, PrintedBarcode, Shot
from .booked import Device, Usage
from .browser_page import BrowserPage, BrowserWindow
from .faults import Fault
from .lts_process import LtsProcess as Lts
from .offline import Offline
from .profiles import BrowserProfile
from .purging import Purge
from .recorded_request import RecordedRequest
from .recording_proxy import RecordingProxy
from .site_data import PurgeWay
from .static_site import Site as Domain
from .static_site import StaticSite as Domains
from .window_setup import WindowSetup
from .windows import BrowserWindows

__all__ = [
    "BarcodeImage",
    "BarcodeVideo",
    "BarcodeVideoOf",
    "BrowserPage",
    "BrowserProfile",
    "BrowserWindow",
    "BrowserWindows",
    "Camera",
    "Device",
    "DeviceOf",
    "Domain",
    "Domains",
    "Fault",
    "KillBrowser",
    "Lts",
    "Offline",
    "PrintedBarcode",
    "Purge",
    "PurgeWay",
    "RecordedRequest",
    "RecordingProxy",
    "Shot",
    "Usage",
    "WindowSetup",
]

# A barcode as an example of it is written: canonical symbology and text.
BarcodeWords = PrintedBarcode | tuple[str, str]


class DeviceOf(Protocol):
    """The fixture ``device_of``."""

    def __call__(self, page: BrowserPage, *, tracker: str | None = None, timeout_s: float = 30.0) -> str:
        """Return the device UUID under which a page counts; see :func:`dlt_web.testing.device_read.device_of`."""
        ...


class KillBrowser(Protocol):
    """The fixture ``kill_browser``."""

    def __call__(self, of: BrowserPage | BrowserWindow | BrowserProfile, /) -> None:
        """End the whole browser of a page, a window or a profile at once (SIGKILL)."""
        ...


class BarcodeImage(Protocol):
    """The fixture ``barcode_image``."""

    def __call__(self, *barcodes: BarcodeWords, scale: int = 4, suffix: str = ".png") -> Path:
        """Draw barcodes below each other; ``scale`` is pixels per module, ``suffix`` the file's kind."""
        ...


class BarcodeVideoOf(Protocol):
    """The fixture ``barcode_video``."""

    def __call__(self, *shots: Shot | BarcodeWords, seconds: float = 0.6) -> BarcodeVideo:
        """Make a video that shows each barcode for so many seconds, and each shot for its own time."""
        ...


class Camera(Protocol):
    """The fixture ``camera``."""

    def __call__(self, video: BarcodeVideo | Path, /, *, profile: Path | None = None) -> BrowserWindow:
        """Open a window whose camera shows a video over and over, on a profile folder where one is named."""
        ...
