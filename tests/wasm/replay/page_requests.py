"""What pages say that tests do not: clocks with all their digits, texts of every script, full frames, bad answers.

Deterministic: the numbers are drawn from a seed, and the core's own answers decide what is said next, as in a worker.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections import deque
from typing import Any

import pytest

from dlt_web import browser

FORMATS = ("qr_code", "QRCode", "EAN-13", "ean_13", "Code 128", "data_matrix", "PDF417", "aztec", "UPC-A", "Ünbekannt")
SCRIPTS = (
    "0123456789",
    "abcXYZ-._~/ ",
    "äöüß€",
    "日本語한국어",
    "עבריתالعربية",
    "😀🧪𝔘𐍈",
    '\n\t\x00\x1d"\\',
    "\ud800\udfff",
)
OPTIONS = {
    "handshakeCode": "200001-demo",
    "licenseServer": ["https://lts.example"],
    "origin": "https://shop.example",
    "partitioned": False,
}
MORE_OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"duplicateForgetTime": 1499.9999999999998, "duplicateMode": "fixed", "deviceFriendlyName": "Kasse 3 / 東京 😀"},
    {"duplicateForgetTime": 0, "duplicateMode": "session", "enforcement": "event", "durability": "strict"},
    {"duplicateMode": "off", "enforcement": "event", "authorize": "first-scan", "sessionPassword": "geheim"},
)
ANSWERS = (
    (200, '{"results": [], "serverTime": "2026-01-01T00:00:00Z", "nextReportAt": null}'),
    (403, '{"code": "QUOTA_EXCEEDED", "title": "Quota exceeded", "detail": "99.99999999999999 of 1e2"}'),
    (501, "<!DOCTYPE HTML>\n<html lang='en'><title>Error response</title>" + "<p>Error</p>" * 40),
    (200, "[1, 2.5, -0.0, 1e400, null, true]"),
)


class _Worker:
    """Says what a page's worker would: what the page does, and what the core's commands lead to."""

    def __init__(self, name: str, options: dict[str, Any], draw: random.Random, *, has_fine_clock: bool) -> None:
        self.texts: list[str] = []
        self._name, self._draw, self._number = name, draw, 0
        # Chromium's clock has all its digits, Firefox's is a whole number where it resists fingerprinting.
        self._tick = float if has_fine_clock else int
        self._wall_ms, self._monotonic_ms = 1_795_949_821_098, self._tick(126.79999999981374)
        self._revision, self._answers = 0, deque[dict[str, Any]]()
        self.say({"type": "TrackerOpened", "options": {**OPTIONS, **options}})
        self.say({"type": "PageJoined", "page": "010be4ddbc20811a975c720b68060310"})

    def say(self, given: dict[str, Any]) -> None:
        """Say one thing, and whatever follows from it."""
        self._answers.append(given)
        while self._answers:
            now = {
                "wallMs": self._wall_ms,
                "monotonicMs": int(self._monotonic_ms),
                "random": self._draw.randbytes(64).hex(),
            }
            text = json.dumps({"tracker": self._name, "now": now, "input": self._answers.popleft()})
            self.texts.append(text)
            for command in json.loads(browser.handle(text)).get("commands", []):
                self._obey(command)

    def call(self, kind: str, **fields: Any) -> None:
        """Say something that waits for an answer."""
        self._number += 1
        page = "010be4ddbc20811a975c720b68060310"
        self.say({"type": kind, "call": f"{page}/{self._number}", "page": page, "number": self._number, **fields})

    def wait(self, ms: float) -> None:
        """Let time pass."""
        self._monotonic_ms += self._tick(ms)
        self._wall_ms += int(ms)

    def scan(self, barcodes: list[dict[str, Any]], time_ms: float | None, source: str = "video") -> None:
        """Scan what is in one frame."""
        called = {"calledWallMs": self._wall_ms, "calledMonotonicMs": self._monotonic_ms}
        self.call("ScanSeen", timeMs=time_ms, source=source, stream="default", barcodes=barcodes, **called)

    def frame(self) -> None:
        """Scan a frame as a camera and a reader give it."""
        draw = self._draw
        self.wait(draw.choice([33.300000000279397, 16.69999999995343, draw.uniform(0, 4000), 1000, 40]))
        time_ms = draw.choice([None, self._monotonic_ms, self._monotonic_ms - draw.random(), int(self._monotonic_ms)])
        self.scan(
            [self._barcode() for _ in range(draw.choice([0, 1, 1, 2, 10]))], time_ms, draw.choice(["video", "image"])
        )

    def _barcode(self) -> dict[str, Any]:
        draw = self._draw
        script = draw.choice(SCRIPTS)
        text = "".join(draw.choice(script) for _ in range(draw.choice([1, 4, 13, 80, 1500])))
        name = draw.choice(FORMATS)
        if draw.random() < 0.2:
            return {"format": name, "bytes": base64.b64encode(draw.randbytes(draw.randrange(40))).decode()}
        return {"format": name, "text": text, "identifier": draw.choice([None, "]d2", "]E0"])}

    def _obey(self, command: dict[str, Any]) -> None:
        kind = command["type"]
        if kind == "LoadStore":
            loaded = {"storage": "indexeddb", "revision": 0, "records": {}, "failure": None}
            self._answers.append({"type": "StoreLoaded", **loaded})
        elif kind == "Commit":
            self._revision += 1
            self._answers.append({"type": "Committed", "revision": self._revision})
        elif kind == "SendHttp":
            if self._draw.random() < 0.3:
                failed = {"request": command["request"], "reason": "Failed to fetch"}
                self._answers.append({"type": "HttpFailed", **failed})
                return
            status, body = self._draw.choice(ANSWERS)
            answer = {"request": command["request"], "status": status, "retryAfter": self._draw.choice([None, "7"])}
            self._answers.append({"type": "HttpAnswered", **answer, "body": body})


def _as_in_javascript(value: object) -> str:
    """Give JSON as JSON.stringify writes it: text as it is, but for halves of characters."""
    return re.sub(r"[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):x}", json.dumps(value, ensure_ascii=False))


def page_requests() -> list[str]:
    """Return what some pages' workers say, one request each."""
    texts: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "_trackers", {})
        patch.setattr(browser, "_streams", {})
        for number, options in enumerate([*MORE_OPTIONS, *MORE_OPTIONS]):
            is_fine = number < len(MORE_OPTIONS)
            worker = _Worker(f"said-by-page-{number}", options, random.Random(number), has_fine_clock=is_fine)
            for frame in range(120):
                worker.frame()
                if frame % 10 == 9:
                    worker.say({"type": "TimerFired"})
            worker.wait(3_600_000.1000000001)
            for kind in ("FlushRequested", "ExplainRequested"):
                worker.call(kind)
            worker.say({"type": "PageHidden"})
            worker.say({"type": "NetworkReturned"})
            worker.scan([{"format": "qr_code", "text": f"{index}"} for index in range(100)], None)
            texts += worker.texts
    return texts
