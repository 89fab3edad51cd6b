"""One browser in which checks are made: opens the app in it, keeps what it sent, and compares with what was counted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserPage, BrowserWindow
from dlt_web.testing.deadline import DeadlineMissedError, wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.recorded_request import RecordedRequest
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.window_setup import WindowSetup
from dlt_web.testing.windows import BrowserWindows

from .app_page import DRIVER, AppPage
from .counting import SYMBOLOGIES, Counted, OwnLts
from .errors import NotTestedError, expect
from .lts_detour import AUTHORIZATIONS, REPORTS, devices_told, lts_base
from .settings import Settings
from .trace import Claim, Trace

NOBODY_COUNTS = "nobody was asked what was counted: give --own-lts, or --lts with a key"


class EngineRun:
    """A browser in which checks are made, one after another.

    Attributes:
        engine: which one.
        others: the other browsers of this machine.
        settings: of the run.
        proxy: everything goes through it.
        counted: who says what was counted; None where nobody does.
        own_lts: the suite's own server, where there is one.
        texts: of all barcodes that were scanned in this browser.
        devices: UUIDs that were seen in this browser.
        trace: of the check that is being made.
        frames_forbidden: why other sites may not embed the app; None where they may.
        is_only_tracker: no page of the app had more trackers than one so far.
    """

    def __init__(
        self,
        engine: EngineName,
        settings: Settings,
        *,
        folder: Path,
        windows: BrowserWindows,
        proxy: RecordingProxy,
        counted: Counted | None,
        others: tuple[EngineName, ...] = (),
        frames_forbidden: str | None = None,
    ) -> None:
        self.engine = engine
        self.others = others
        self.frames_forbidden = frames_forbidden
        self.is_only_tracker = True
        self.settings = settings
        self.proxy = proxy
        self.counted = counted
        self.own_lts = counted if isinstance(counted, OwnLts) else None
        self.texts: list[str] = []
        self.devices: set[str] = set()
        self.trace = Trace(self._next_number())
        self._first_request = self.trace.first_request
        self._folder = folder
        self._windows = windows
        self._servers: set[str] = set()

    def begin(self) -> None:
        """Begin a check: nothing is open, and what is counted from now on is its own."""
        self.trace = Trace(self._next_number())
        if self.counted is not None:
            # The suite's own server names all its devices; the app's is asked about the run's only.
            self.trace.seated_before = self.counted.seated(())
            self.trace.scans_before = self.counted.scans()

    def end(self) -> None:
        """Close what the check opened, heal what it broke, and give back the seats that it took."""
        self.proxy.heal()
        for window in self.trace.windows:
            with suppress(Exception):  # a browser that has ended by itself is closed
                window.close()
        self.trace.windows.clear()
        self.trace.apps.clear()
        self.trace.after_windows.close()
        used = self.trace.devices | self._told()
        if self.counted is not None:
            self.counted.release(used)

    def barcode(self, symbology: str = SYMBOLOGIES[0]) -> dict[str, str]:
        """Return a barcode whose text exists nowhere else."""
        text = f"CANARY-{secrets.token_hex(6)}"
        self.texts.append(text)
        return {"format": symbology, "text": text}

    @property
    def setup(self) -> WindowSetup:
        """How the run's windows are opened."""
        return self._windows.setup

    def isolated(self, engine: EngineName | None = None, setup: WindowSetup | None = None) -> BrowserWindow:
        """Open a window that keeps nothing and shares nothing, in the quickest way."""
        return self._watch(self._windows.open_isolated(engine or self.engine, setup=setup))

    def private(self) -> BrowserWindow:
        """Open a private window of a session of its own."""
        return self._watch(self._windows.open(self.engine, is_private=True))

    def profile(self, folder: Path, setup: WindowSetup | None = None) -> BrowserWindow:
        """Open a window on a profile folder; again is a relaunch."""
        return self._watch(self._windows.open(self.engine, folder, setup=setup))

    def new_folder(self) -> Path:
        """Return a path for a profile of its own."""
        return self._folder / f"profile-{secrets.token_hex(4)}"

    def close(self, window: BrowserWindow) -> None:
        """Close a window before the check's end."""
        self.trace.windows.remove(window)
        window.close()

    def open(self, window: BrowserWindow, url: str | None = None) -> AppPage:
        """Open the app in a new tab and wait until its tracker is ready."""
        page = self.new_tab(window)
        page.goto(url or self.settings.app_url)
        return self.attach(page)

    def new_tab(self, window: BrowserWindow) -> BrowserPage:
        """Open a tab."""
        self.trace.page = window.new_page()
        return self.trace.page

    def attach(self, page: BrowserPage, *, is_framed: bool = False) -> AppPage:
        """Wait until the app in a tab, or in its first frame, can be driven."""
        app = AppPage(page, self.settings, is_framed=is_framed)
        app.wait_ready()
        self.is_only_tracker &= app.tracker_count == 1
        self.trace.apps.append(app)
        return app

    def scan_once(self, app: AppPage) -> str:
        """Scan one new barcode, have it reported, and return the device's UUID."""
        app.scan(self.barcode())
        app.flush()
        return self.note(app.device())

    def visit(self, window: BrowserWindow, url: str | None = None) -> str:
        """Open the app, scan one new barcode, close the tab, and return the device's UUID."""
        app = self.open(window, url)
        device = self.scan_once(app)
        app.page.close()
        return device

    def note(self, device: str) -> str:
        """Remember a device of this check."""
        self.trace.devices.add(device)
        self.devices.add(device)
        return device

    def claim(self, *, devices: int, scans: int) -> None:
        """Say what must have been counted for this check."""
        self.trace.claim = Claim(devices, scans)

    def judge_count(self) -> None:
        """Compare what was claimed with what was counted.

        Raises:
            NotTestedError: nobody counts, or the check did not come so far.
            CheckFailedError: something else was counted.
        """
        claim = self.trace.claim
        if self.counted is None:
            raise NotTestedError(NOBODY_COUNTS)
        if claim is None:
            raise NotTestedError("the visits to be counted did not come to their end")
        try:
            wait_until(lambda: self._counts() == claim, what="the count", timeout_s=self.settings.count_wait_s)
        except DeadlineMissedError:
            found, late = self._counts(), ""
        else:
            found, late = self._recounts(), f"{self.settings.recount_wait_s:g} s later "
        expect(
            found == claim,
            f"Expected {claim.devices} device(s) and {claim.scans} scan(s); {late}the server counted {found.devices} "
            f"and {found.scans}.",
        )

    def _recounts(self) -> Claim:
        """Return what is counted a moment after it was right: a tracker may count too much when its time has come.

        Its next report is such a time, so each open page of the app is told to send what waits: of a tracker that keeps
        the rules, nothing does. Workers may outlive their page, so it is waited also where the tabs are closed already.
        """
        for app in self.trace.apps:
            # A page that went elsewhere has nothing to send, and a tracker that refuses has said so to its check.
            with suppress(Exception):
                if not app.page.is_closed():
                    app.flush()
        if self.trace.windows:
            time.sleep(self.settings.recount_wait_s)
        return self._counts()

    def require_count(self) -> Counted:
        """Return who counts.

        Raises:
            NotTestedError: nobody does.
        """
        if self.counted is None:
            raise NotTestedError(NOBODY_COUNTS)
        return self.counted

    def requests(self, *, of_check: bool = True) -> list[RecordedRequest]:
        """Return what left this browser for this check, or since the run began."""
        first = self.trace.first_request if of_check else self._first_request
        return [request for request in self.proxy.requests() if request.number >= first]

    def tracker_requests(self, *, of_check: bool = True) -> list[RecordedRequest]:
        """Return the authorizations and reports among them."""
        found = [request for request in self.requests(of_check=of_check) if lts_base(request) is not None]
        self._servers |= {base for request in found if (base := lts_base(request)) is not None}
        return found

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        """Harm every authorization and report for a while."""
        self.tracker_requests(of_check=False)
        expect(bool(self._servers), "The tracker asked no license tracking server yet.")
        for base in self._servers:
            for path in (AUTHORIZATIONS, REPORTS):
                self.proxy.inject(fault, path=base + path)
        try:
            yield
        finally:
            self.proxy.heal()

    def hosts(self) -> Mapping[str, int]:
        """Return how many requests went to which origin."""
        found: dict[str, int] = {}
        for request in self.requests(of_check=False):
            if request.method != "CONNECT":
                origin = "/".join(request.url.split("/")[:3])
                found[origin] = found.get(origin, 0) + 1
        return found

    def screenshot(self) -> bytes | None:
        """Return what the last tab shows, as PNG; None where it shows nothing any more."""
        page = self.trace.page
        path = self._folder / "screenshot.png"
        with suppress(Exception):  # a page that hangs cannot be pictured, and its check failed anyway
            if page is not None and not page.is_closed():
                page.screenshot(path=path)
                return path.read_bytes()
        return None

    def _counts(self) -> Claim:
        assert self.counted is not None
        used = self.trace.devices | self._told()
        seated = self.counted.seated(used)
        # A device that was there before counts here when the check's pages are it, and a new one whoever is it.
        counted = (seated & used) | (seated - self.trace.seated_before)
        return Claim(len(counted), self.counted.scans() - self.trace.scans_before)

    def _told(self) -> set[str]:
        """Return the devices under which the check's pages spoke to a server."""
        told = devices_told(self.tracker_requests(), self.settings.handshake_code)
        self.devices |= told
        return told

    def _watch(self, window: BrowserWindow) -> BrowserWindow:
        window.add_init_script(DRIVER)
        self.trace.windows.append(window)
        return window

    def _next_number(self) -> int:
        recorded = self.proxy.requests()
        return recorded[-1].number + 1 if recorded else 0
