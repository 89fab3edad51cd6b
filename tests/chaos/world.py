"""The browsers, the network and the license server of one schedule, and the oracle that watches them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import HARNESS_PATH, Site
from tests.chaos.faulty_workers import FaultyWorkers
from tests.chaos.network import Network
from tests.chaos.oracle import Oracle
from tests.chaos.profiles import Profile
from tests.chaos.schedule import Schedule
from tests.chaos.tabs import ACCOUNT, Tab
from tests.page_workers import MORTAL, OWN_WORKERS

SYMBOLOGIES = ("qr_code", "code_128", "data_matrix", "pdf417")
# Longer than a schedule lasts: what was seen on a page load's stream is a duplicate to its end.
FORGET_TIME_MS = 180_000
BUILD_PATHS = {"0": HARNESS_PATH, "1": f"/next{HARNESS_PATH}"}


class World:
    """The browsers, the network and the license server of one schedule, and the oracle beside them."""

    def __init__(
        self, schedule: Schedule, *, lts: LtsProcess, network: Network, profiles: Mapping[str, Profile], site: Site,
        folder: Path, faulty_workers: FaultyWorkers | None = None,
    ) -> None:  # fmt: skip
        self.oracle = Oracle(may_lose=schedule.theme in ("purge", "put-back", "clone", "storage-fault"))
        self.lts = lts
        self.network = network
        self.profiles = profiles
        self.site = site
        self.faulty_workers = faulty_workers
        self.code = lts.add_code()
        self.tabs: dict[str, Tab] = {}
        self.used_profiles: set[str] = set()
        self.purge_count = 0
        self.images_of_devices: set[str] = set()
        self.life_count = 0
        self.uncaught: list[str] = []
        self.is_permitted = self.is_lts_up = True
        self.log: list[str] = []
        self.workers = schedule.workers
        self.theme = schedule.theme
        self.folder = folder
        self._texts = 0
        self.tracker_options = {
            "handshakeCode": self.code,
            "licenseServer": network.servers(schedule.main),
            "duplicateForgetTime": FORGET_TIME_MS,
        }
        self._started_s = time.monotonic()

    def note(self, text: str) -> None:
        """Add a line to the log."""
        self.log.append(f"{time.monotonic() - self._started_s:6.2f} s  {text}")

    def open_tab(self, name: str, profile: str, build: str = "0") -> Tab:
        """Open a tab with a tracker in it."""
        script = OWN_WORKERS if self.workers == "own" else MORTAL
        url = self.site.url(BUILD_PATHS[build])
        tab = Tab(self.profiles[profile].context(), profile, url, f"{ACCOUNT}\n{script}")
        tab.show()
        tab.construct(self.tracker_options)
        self.tabs[name] = tab
        self.used_profiles.add(profile)
        return tab

    def tabs_of(self, profile: str, *states: str) -> list[Tab]:
        """Return a profile's tabs that are in one of these states."""
        return [tab for tab in self.tabs.values() if tab.profile == profile and tab.state in states]

    def harvest(self, tab: Tab, *, wait_ms: int = 0) -> None:
        """Hear what has become of a tab's calls."""
        if tab.state == "away":
            return
        numbers = self.oracle.pending_of(tab.load)
        self.hear(tab.settled(numbers, wait_ms=wait_ms))
        self.uncaught += tab.uncaught()

    def reload(self, tab: Tab) -> None:
        """Load a tab anew, with a tracker in it."""
        self.harvest(tab)
        self.end_load(tab)
        tab.reload()
        tab.construct(self.tracker_options)

    # -- for steps --

    def tab(self, name: str, *states: str) -> Tab | None:
        """Return a tab by name, if it is there and in one of these states."""
        tab = self.tabs.get(name)
        return tab if tab is not None and tab.state in states else None

    def fresh(self, count: int) -> list[tuple[str, str]]:
        """Make barcodes that nobody has seen, as symbology and text."""
        self._texts += count
        return [(SYMBOLOGIES[n % len(SYMBOLOGIES)], f"CHAOS-{n}") for n in range(self._texts - count, self._texts)]

    def known(self, tab: Tab) -> list[tuple[str, str]]:
        """Return the barcodes that a page load's stream is sure to remember."""
        return [(symbology, text) for symbology, _, text in map(_split, self.oracle.known_texts(tab.load))]

    def call(self, tab: Tab, frames: Sequence[Sequence[tuple[str, str]]], *, wait_ms: int = 0) -> str:
        """Have a tab scan these frames, each in a call of its own; tell what has become of the calls so far."""
        known = set(self.oracle.known_texts(tab.load))
        calls: list[tuple[int, list[dict[str, str]]]] = []
        for frame in frames:
            texts = {f"{symbology} {text}" for symbology, text in frame}
            call = self.oracle.called(tab.profile, tab.load, len(texts - known), sorted(texts))
            calls.append((call.number, [{"format": symbology, "text": text} for symbology, text in frame]))
        self.hear(tab.scan(calls, wait_ms=wait_ms))
        fates = {self.oracle.calls[number].fate for number, _ in calls}
        return f"calls {calls[0][0]}-{calls[-1][0]} {', '.join(sorted(fates))}"

    def hear(self, settled: Mapping[str, Any]) -> None:
        """Tell the oracle which promises a page has seen settle."""
        for number, answer in settled.items():
            self.oracle.answered(int(number), answer)

    def end_load(self, tab: Tab) -> None:
        """The page load that a tab shows ends."""
        self.oracle.ended(tab.load)
        self.oracle.runtime_ended(tab.profile)

    def loads_known(self, profile: str) -> list[str]:
        """Return the page loads whose counts a running runtime of the profile has in memory."""
        # One whose Python still starts knows of no page load before it.
        living = [tab.load for tab in self.tabs_of(profile, "on", "quit") if self._has_read(tab)]
        if self.workers != "shared" or not living:
            return living
        return [call.load for call in self.oracle.calls.values() if call.profile == profile]

    def _has_read(self, tab: Tab) -> bool:
        return bool(self.oracle.resolved_of(tab.load)) or tab.knows_its_device()

    def forget_tabs(self, profile: str) -> None:
        """All tabs of a profile are gone."""
        for name in [name for name, tab in self.tabs.items() if tab.profile == profile]:
            self.oracle.ended(self.tabs.pop(name).load)
        self.oracle.runtime_ended(profile)

    def quit_browser(self, profile: str) -> None:
        """End a profile's browser as a person does."""
        for tab in self.tabs_of(profile, "on", "quit"):
            try:
                self.harvest(tab)
            except PlaywrightError as error:
                self.note(f"a tab did not answer before the browser was ended: {error}")
        self.forget_tabs(profile)
        self.profiles[profile].close()


def _split(known: str) -> tuple[str, str, str]:
    return known.partition(" ")
