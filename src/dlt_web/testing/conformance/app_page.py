"""The app in a tab, or in a frame of one, driven through its tracker's public interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dlt_web.testing.browser_page import BrowserPage
from dlt_web.testing.deadline import DeadlineMissedError, wait_until

from .errors import CheckFailedError, VerifyError
from .settings import Settings

DRIVER = (files(__package__) / "page" / "driver.js").read_text()

_READY_WAIT_MS = 10_000
_CALL = "([where, name, given]) => globalThis[Symbol.for('dlt-web.conformance')][where](name, given)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``scan()`` resolved to: whether each barcode was a duplicate, and how many counted."""

    duplicates: tuple[bool, ...]
    scans: int


class PageCallError(CheckFailedError):
    """The tracker refused a call; holds what it said, and its code."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.code = code


class AppPage:
    """One page of the app.

    Attributes:
        page: the tab.
        tracker_count: how many trackers the page had made when the one of the handshake code was found.
    """

    def __init__(self, page: BrowserPage, settings: Settings, *, is_framed: bool = False) -> None:
        """Drive what a tab shows, or will show.

        Args:
            page: the tab.
            settings: of the run.
            is_framed: the app is in the tab's first frame.
        """
        self.page = page
        self._settings = settings
        self._where = "callFrame" if is_framed else "call"
        self.tracker_count = 0

    def wait_ready(self, *, is_clicked: bool = False) -> None:
        """Click what the app wants clicked, unless that was done, find its tracker, and wait until that is ready.

        Raises:
            VerifyError: there is none, it has another handshake code, it does not get ready, or it is refused.
        """
        if not is_clicked:
            self._click_through()
        self._find_tracker()
        try:
            wait_until(self._is_ready, what="the tracker", timeout_s=self._settings.tracker_wait_s)
        except PageCallError as error:
            raise VerifyError(f"The tracker of {self.page.url} does not work: {error}") from error
        except DeadlineMissedError as error:
            raise VerifyError(
                f"The tracker of {self.page.url} did not become ready within {self._settings.tracker_wait_s:g} s; "
                "look at `await tracker.explain()` in the page."
            ) from error

    def _click_through(self) -> None:
        """Click what a person clicks before the page has its tracker.

        Raises:
            VerifyError: something is not there.
        """
        for selector in self._settings.clicks:
            try:
                self._click(selector)
            except Exception as error:
                raise VerifyError(
                    f"There is nothing to click at {selector!r} on {self.page.url}: {first_line(error)}"
                ) from error

    def _click(self, selector: str) -> None:
        wait_s = self._settings.tracker_wait_s
        if self._where == "callFrame":
            # A driver clicks in the tab's own document; in a frame its script does.
            wait_until(lambda: self._call("click", selector), what="it", timeout_s=wait_s)
        else:
            self.page.wait_for_selector(selector, state="visible", timeout=wait_s * 1000)
            self.page.click(selector)

    def _is_ready(self) -> bool:
        # In pieces, for drivers that wait for no script so long as a slow app may need.
        wait_ms = min(self._settings.tracker_wait_s * 1000, _READY_WAIT_MS)
        return bool(self._call("ready", self._settings.handshake_code, wait_ms) == "ready")

    def _find_tracker(self) -> None:
        code = self._settings.handshake_code
        told: list[Mapping[str, Any]] = []

        def is_there() -> bool:
            told[:] = self._call("trackers")
            return any((one["options"] or {}).get("handshakeCode") == code for one in told)

        self.ask_until(is_there, lambda: self._why_none(told))
        self.tracker_count = len(told)

    def ask_until(self, ask: Callable[[], bool], why_not: Callable[[], str] = lambda: "it says no") -> None:
        """Ask a page that may just be going elsewhere until it says yes.

        Raises:
            VerifyError: it does not, for the reason that ``why_not`` says, or cannot be asked.
        """
        met: list[Exception] = []

        def says_yes() -> bool:
            met.clear()
            try:
                return ask()
            except CheckFailedError:
                raise
            except Exception as error:  # as many kinds as there are drivers
                met.append(error)
                return False

        try:
            wait_until(says_yes, what="the tracker", timeout_s=self._settings.tracker_wait_s)
        except DeadlineMissedError as error:
            why = f"The page {self.page.url} cannot be asked: {first_line(met[0])}" if met else why_not()
            raise VerifyError(why) from error

    def _why_none(self, told: Sequence[Mapping[str, Any]]) -> str:
        """Say why no tracker of the handshake code was found."""
        url, wanted = self.page.url, self._settings.handshake_code
        if not told:
            return (
                f"The page {url} made no tracker within {self._settings.tracker_wait_s:g} s: name the page that does, "
                "say by --click what a person clicks first, and see that it loads this release of dlt-web."
            )
        codes = sorted({one["options"]["handshakeCode"] for one in told if one["options"]} - {wanted})
        if codes:
            return f"The page {url} has a tracker with the handshake code {', '.join(codes)}, and none with {wanted}."
        failure = next((one["failure"] for one in told if one["failure"]), None)
        why = f"it says {failure['code']}: {failure['message']}" if failure else "it says nothing of itself"
        return f"The tracker of {url} never became ready: {why}"

    def state(self) -> Mapping[str, Any]:
        """Return ``deviceUuid``, ``license``, ``pending`` and ``storage``."""
        told: Mapping[str, Any] = self._call("state", self._settings.handshake_code)
        return told

    def options(self) -> Mapping[str, Any]:
        """Return the options as ``explain()`` tells them.

        Raises:
            VerifyError: the page has no such tracker any more, or that says nothing of itself.
        """
        found: list[Mapping[str, Any]] = []

        def is_told() -> bool:
            told = [one["options"] or {} for one in self._call("trackers")]
            found[:] = [options for options in told if options.get("handshakeCode") == self._settings.handshake_code]
            return bool(found)

        self.ask_until(is_told, self._why_no_options)
        return found[-1]

    def _why_no_options(self) -> str:
        return (
            f"The page {self.page.url} has no tracker of the handshake code {self._settings.handshake_code} any more "
            "that tells its options: it was closed, or it hangs."
        )

    def device(self) -> str:
        """Return the device's UUID.

        Raises:
            CheckFailedError: the tracker names none.
        """
        try:
            found = wait_until(lambda: self.state()["deviceUuid"], what="the device's UUID")
        except DeadlineMissedError as error:
            raise CheckFailedError("The tracker names no device UUID.") from error
        return str(found)

    def wait_other_device(self, old: str) -> str:
        """Wait until the page is another device, and return its UUID.

        Raises:
            CheckFailedError: it stays the old one.
        """
        wait_s = self._settings.purge_wait_s
        try:
            found = wait_until(
                lambda: (told := self.state()["deviceUuid"]) not in (None, old) and told,
                what="another device UUID",
                timeout_s=wait_s,
            )
        except DeadlineMissedError as error:
            raise CheckFailedError(f"{wait_s:g} s after the purge the page still is the device {old}.") from error
        return str(found)

    def scan(self, *barcodes: Mapping[str, Any], **options: Any) -> Verdict:
        """Scan barcodes of one frame; options are those of ``tracker.scan()``.

        Raises:
            CheckFailedError: the tracker refused.
        """
        told = self._call("scan", self._settings.handshake_code, list(barcodes), options)
        return Verdict(tuple(told["duplicates"]), told["scans"])

    def scan_early(self, *barcodes: Mapping[str, Any], is_only: bool) -> bool:
        """Scan as soon as the page has its tracker, wait for nothing, and return whether that was not ready yet.

        No where the page shows no such tracker within the time it has for one: an app may make it after another is
        ready, and a start may be slow; whether there is one at all is judged by :meth:`wait_ready`.

        Args:
            barcodes: of one frame.
            is_only: the page makes no other tracker. Else each is asked for its handshake code, which may take as long
                as its start does.

        Raises:
            VerifyError: what is to be clicked is not there.
        """
        self._click_through()
        told: list[str | None] = [None]

        def is_said() -> bool:
            told[0] = self._call("scanEarly", self._settings.handshake_code, list(barcodes), is_only)
            return told[0] is not None

        with suppress(VerifyError):
            self.ask_until(is_said, lambda: self._why_none([]))
        return told == ["early"]

    def store(self, name: str) -> bool:
        """Store a mark in ``localStorage`` and IndexedDB of the page's origin, and tell whether both kept it."""
        return bool(self._call("store", name))

    def unstore(self, name: str) -> None:
        """Remove a mark as far as it was stored."""
        self._call("unstore", name)

    def has_stored(self, name: str) -> bool:
        """Tell whether a script on the page finds a mark in what its origin stored, of either kind."""
        return bool(self._call("hasStored", name))

    def now_ms(self) -> float:
        """Return the page's ``performance.now()``."""
        return float(self._call("now"))

    def flush(self) -> None:
        """Wait until what waits was offered to the server."""
        self._call("flush", self._settings.handshake_code)

    def reload(self) -> None:
        """Load the page anew."""
        self.page.reload()
        self.wait_ready()

    def _call(self, name: str, *given: Any) -> Any:
        outcome = self.page.evaluate(_CALL, [self._where, name, list(given)])
        if "error" in outcome:
            error = outcome["error"]
            named = error["code"] or error["name"]
            raise PageCallError(f"{named}: {error['message']}", error["code"])
        return outcome["value"]


def first_line(error: Exception) -> str:
    """Return the first line of what a driver says."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
