"""The test page, driven from Python: a tracker and a real barcode reader in a real tab."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from .browser_page import BrowserPage, BrowserWindow
from .deadline import wait_until
from .static_site import Site

LOAD_TIMEOUT_MS = 60_000


class PageError(Exception):
    """A promise of the page was rejected, or a call threw.

    Attributes:
        name: name of the JavaScript error.
        code: its stable code; None where it has none.
        message: its text.
    """

    def __init__(self, name: str, code: str | None, message: str) -> None:
        super().__init__(f"{name} {code}: {message}")
        self.name = name
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What ``tracker.scan()`` resolved to.

    Attributes:
        results: one object per barcode of the call, as the tracker gave it.
        scans: how many of them counted.
    """

    results: tuple[Mapping[str, Any], ...]
    scans: int

    @property
    def duplicates(self) -> list[bool]:
        """The verdict on each barcode, in order."""
        return [result["duplicate"] for result in self.results]


def plain(symbology: str, text: str) -> dict[str, str]:
    """Return a barcode in the plain form that every tracker takes."""
    return {"format": symbology, "text": text}


def plain_bytes(symbology: str, payload: bytes) -> dict[str, str]:
    """Return a barcode in the plain form with its payload as bytes (a ``Uint8Array`` in the page)."""
    return {"format": symbology, "bytesBase64": base64.b64encode(payload).decode()}


class HarnessPage:
    """One tab with the test page; trackers in it have names, so that one page can hold several.

    Attributes:
        page: the tab; Playwright's page in its engines.
    """

    def __init__(self, page: BrowserPage, site: Site) -> None:
        """Drive a page that shows, or will show, the test page of a site."""
        self.page = page
        self.site = site

    @classmethod
    def open(cls, context: BrowserWindow, site: Site) -> Self:
        """Open the test page in a new tab and wait until it can be driven."""
        tab = cls(context.new_page(), site)
        tab.page.goto(site.harness)
        tab.wait_loaded()
        return tab

    @classmethod
    def open_many(cls, context: BrowserWindow, site: Site, options: Mapping[str, Any], *, count: int) -> list[Self]:
        """Open tabs at once, each of which starts a tracker ``main`` by itself, as when a session is restored."""
        tabs = [cls(context.new_page(), site) for _ in range(count)]
        url = f"{site.harness}#{quote(json.dumps(dict(options)), safe='')}"
        for tab in tabs:
            # Says only that it shall navigate; waiting for one page would line them up.
            tab.page.evaluate("(url) => { setTimeout(() => { location.href = url; }, 0); }", url)
        for tab in tabs:
            tab.wait_loaded()
        return tabs

    def wait_loaded(self) -> None:
        """Wait until the page has tried to load the tracker's module."""
        self.page.wait_for_selector("html[data-harness]", state="attached", timeout=LOAD_TIMEOUT_MS)

    def reload(self) -> None:
        """Reload the tab; its trackers are gone, its storage stays."""
        self.page.reload()
        self.wait_loaded()

    def reset(self) -> None:
        """Close all trackers and forget all errors; the page and its Python runtime stay, which saves a start."""
        self.call("reset")

    def create(self, options: Mapping[str, Any], *, name: str = "main") -> None:
        """Construct a tracker and go on at once.

        Raises:
            PageError: the constructor threw.
        """
        self.call("create", name, dict(options))

    def ready(self, *, name: str = "main") -> None:
        """Wait for ``tracker.ready``.

        Raises:
            PageError: it was rejected.
        """
        self.call("ready", name)

    def start(self, options: Mapping[str, Any], *, name: str = "main") -> str:
        """Construct a tracker, wait until it is ready, and return its device UUID."""
        self.create(options, name=name)
        self.ready(name=name)
        return self.device_uuid(name=name)

    def scan(self, *barcodes: Mapping[str, Any], name: str = "main", **context: Any) -> ScanAnswer:
        """Scan barcodes of one frame.

        Args:
            barcodes: made with :func:`plain` or :func:`plain_bytes`, or of any shape a reader gives.
            name: which tracker.
            context: ``time`` in ms, ``source`` (``video`` or ``image``), ``stream``.

        Raises:
            PageError: the promise was rejected.
        """
        answer = self.call("scan", name, list(barcodes), context)
        return ScanAnswer(tuple(answer["results"]), answer["scans"])

    def scan_image(self, url: str, *, name: str = "main", options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Decode a picture in the page, scan what was read; returns ``decoded``, ``results``, ``scans``."""
        return dict(self.call("scanImage", name, url, dict(options or {})))

    def scan_video(self, url: str, *, name: str | None = "main", stream: str | None = None) -> dict[str, Any]:
        """Play a video file and scan its frames; returns ``frames``, ``texts``, ``scans``."""
        return dict(self.call("scanVideo", name, url, {"stream": stream}))

    def scan_camera(self, texts: Sequence[str], *, times: int = 2, name: str | None = "main") -> dict[str, Any]:
        """Scan the camera's frames until every text was read so many times; returns as :meth:`scan_video`."""
        return dict(self.call("scanCamera", name, {"texts": list(texts), "times": times}))

    def flush(self, *, name: str = "main") -> None:
        """Wait until what was counted has been offered to the LTS."""
        self.call("flush", name)

    def hear_out(self, *, name: str = "main") -> None:
        """Wait until the page has heard all that its scans so far lead to.

        A scan is answered as soon as it is on the disk. What else follows from it, such as what the page may send when
        it is left, comes a moment later, and before the answer to whatever is called then.
        """
        self.call("scan", name, [], {"source": "image"})

    def close_tracker(self, *, name: str = "main") -> None:
        """Close a tracker; the tab stays."""
        self.call("close", name)

    def state(self, *, name: str = "main") -> dict[str, Any]:
        """Return ``deviceUuid``, ``license``, ``pending`` and ``storage`` of a tracker."""
        return dict(self.call("state", name))

    def explain(self, *, name: str = "main") -> dict[str, Any]:
        """Return ``tracker.explain()`` with what the runtime says of itself.

        Raises:
            DeadlineMissedError: the runtime, which a page waits two seconds for, does not answer.
        """
        script = f"harness.tracker({json.dumps(name)}).explain()"
        return wait_until(lambda: (told := self.settle(script))["tracker"] and told, what="the runtime to answer")

    def device_uuid(self, *, name: str = "main") -> str:
        """Return the UUID under which this origin counts."""
        return str(self.state(name=name)["deviceUuid"])

    def license_state(self, *, name: str = "main") -> str:
        """Return the license state, e.g. ``licensed``."""
        return str(self.state(name=name)["license"]["state"])

    def uncaught(self) -> list[str]:
        """Return the errors that the page's own code would have seen without asking; a tracker causes none."""
        return list(self.page.evaluate("harness.uncaught"))

    def call(self, function: str, *arguments: Any) -> Any:
        """Call ``harness.<function>`` in the page and return its value.

        Raises:
            PageError: it settled with an error.
        """
        script = "([name, args]) => harness[name](...args)"
        return _value_of(self.page.evaluate(script, [function, list(arguments)]))

    def settle(self, expression: str) -> Any:
        """Run a JavaScript expression, whose promise is awaited, and return its value.

        Raises:
            PageError: it threw or was rejected.
        """
        return _value_of(self.page.evaluate(f"() => harness.settle(async () => ({expression}))"))


def _value_of(outcome: Mapping[str, Any]) -> Any:
    if "error" in outcome:
        error = outcome["error"]
        raise PageError(error["name"], error["code"], error["message"])
    return outcome["value"]
