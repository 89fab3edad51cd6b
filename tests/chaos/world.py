"""Carries a schedule out: one method for each word of a step.

A step about something that is not there (a tab that was closed, a tracker that could not be made) does nothing, so that
any steps of a schedule can be taken out by hand.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.site_data import PURGE_WAYS
from dlt_web.testing.static_site import HARNESS_PATH, Site
from tests.chaos.network import Network
from tests.chaos.oracle import Oracle
from tests.chaos.profiles import Profile
from tests.chaos.schedule import Schedule, Step
from tests.chaos.tabs import ACCOUNT, MORTAL, OWN_WORKERS, Tab

SYMBOLOGIES = ("qr_code", "code_128", "data_matrix", "pdf417")
# Longer than a schedule lasts: what was seen on a page load's stream is a duplicate to its end.
FORGET_TIME_MS = 180_000
# How long a step waits for what may not come; nothing is concluded from it.
SCAN_WAIT_MS = 3_000
FLUSH_WAIT_MS = 2_000
START_WAIT_MS = 60_000
BUILD_PATHS = {"0": HARNESS_PATH, "1": f"/next{HARNESS_PATH}"}


class World:
    """The browsers, the network and the license server of one schedule, and the oracle beside them."""

    def __init__(
        self, schedule: Schedule, *, lts: LtsProcess, network: Network, profiles: Mapping[str, Profile], site: Site,
        folder: Path,
    ) -> None:  # fmt: skip
        self.oracle = Oracle(may_lose=schedule.theme in ("purge", "put-back", "clone"))
        self.lts = lts
        self.network = network
        self.profiles = profiles
        self.site = site
        self.code = lts.add_code()
        self.tabs: dict[str, Tab] = {}
        self.used_profiles: set[str] = set()
        self.purge_count = 0
        self.uncaught: list[str] = []
        self.is_permitted = self.is_lts_up = True
        self.log: list[str] = []
        self.workers = schedule.workers
        self.theme = schedule.theme
        self._folder = folder
        self._texts = 0
        self._lives = 0
        self.tracker_options = {
            "handshakeCode": self.code,
            "licenseServer": network.servers(schedule.main),
            "duplicateForgetTime": FORGET_TIME_MS,
        }
        self._started_s = time.monotonic()

    def carry_out(self, steps: Sequence[Step]) -> None:
        """Take the steps, one after another."""
        for word, *arguments in steps:
            did = getattr(self, f"_{word.replace('-', '_')}")(*arguments)
            self.note(f"{' '.join((word, *arguments))}{'' if did is None else f': {did}'}")

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
        self._hear(tab.settled(numbers, wait_ms=wait_ms))
        self.uncaught += tab.uncaught()

    def reload(self, tab: Tab) -> None:
        """Load a tab anew, with a tracker in it."""
        self.harvest(tab)
        self._end_load(tab)
        tab.reload()
        tab.construct(self.tracker_options)

    # -- steps: tabs --

    def _open(self, name: str, profile: str, build: str) -> None:
        if name not in self.tabs:
            self.open_tab(name, profile, build)

    def _reload(self, name: str) -> None:
        if (tab := self._tab(name, "on", "quit")) is not None:
            self.reload(tab)

    def _close(self, name: str, how: str) -> None:
        if (tab := self._tab(name, "on", "quit", "away")) is not None:
            self.harvest(tab)
            self._end_load(tab)
            del self.tabs[name]
            tab.close(is_polite=how == "politely")

    def _away(self, name: str) -> None:
        if (tab := self._tab(name, "on")) is not None:
            self.harvest(tab)
            # In a cache or gone: what it held in memory is out of reach.
            self.oracle.runtime_ended(tab.profile)
            tab.go_away(self.site)

    def _back(self, name: str) -> str | None:
        if (tab := self._tab(name, "away")) is None:
            return None
        before = tab.load
        if tab.come_back():
            return "out of the cache"
        self.oracle.ended(before)
        tab.construct(self.tracker_options)
        return "loaded anew"

    def _hide(self, name: str) -> None:
        if (tab := self._tab(name, "on")) is not None:
            tab.hide()

    def _quit(self, name: str) -> None:
        if (tab := self._tab(name, "on")) is not None:
            self.harvest(tab)
            tab.quit_tracker()

    def _renew(self, name: str) -> None:
        if (tab := self._tab(name, "quit")) is not None:
            tab.construct(self.tracker_options)

    # -- steps: scans --

    def _scan(self, name: str, count: str) -> str | None:
        """One call with fresh barcodes, and its answer if it comes in time."""
        if (tab := self._tab(name, "on")) is None:
            return None
        return self._call(tab, [self._fresh(int(count))], wait_ms=SCAN_WAIT_MS)

    def _must_scan(self, name: str) -> None:
        """One call with a fresh barcode, and its answer, for which a start of Python is waited for."""
        tab = self.tabs[name]
        self._call(tab, [self._fresh(1)], wait_ms=START_WAIT_MS)
        assert not self.oracle.pending_of(tab.load), "the runtime did not start"

    def _rush(self, name: str, count: str) -> None:
        """Calls with a fresh barcode each, one after another, whose answers nobody waits for."""
        if (tab := self._tab(name, "on")) is not None:
            self._call(tab, [self._fresh(1) for _ in range(int(count))])

    def _again(self, name: str) -> str | None:
        """A call with what this page load has seen before."""
        if (tab := self._tab(name, "on")) is None or not (known := self._known(tab)):
            return None
        return self._call(tab, [known[-2:]], wait_ms=SCAN_WAIT_MS)

    def _mix(self, name: str) -> str | None:
        """A call with a fresh barcode twice, a known one, and the fresh one's text in another symbology."""
        if (tab := self._tab(name, "on")) is None:
            return None
        [(symbology, text)] = self._fresh(1)
        other = next(one for one in SYMBOLOGIES if one != symbology)
        return self._call(
            tab, [[(symbology, text), *self._known(tab)[:1], (symbology, text), (other, text)]], wait_ms=SCAN_WAIT_MS
        )

    def _flush(self, name: str) -> str | None:
        if (tab := self._tab(name, "on")) is None:
            return None
        self.harvest(tab)
        known = self.oracle.resolved_of(tab.load)
        left = tab.flush(FLUSH_WAIT_MS)
        if left is not None and left["pendingScans"] == left["purged"] == 0:
            self.oracle.flushed(known)
        return str(left)

    # -- steps: ends --

    def _kill_runtime(self, profile: str) -> None:
        if self.workers != "own":
            self._lives += 1
            for tab in self.tabs_of(profile, "on", "quit"):
                tab.kill_worker(self._lives)
            self.oracle.runtime_ended(profile)

    def _kill_browser(self, profile: str) -> None:
        self._forget_tabs(profile)
        self.profiles[profile].kill()

    def _keep(self, profile: str) -> None:
        """Copy the profile away."""
        self._quit_browser(profile)
        self.profiles[profile].copy_to(self._folder / profile)

    def _put_back(self, source: str, target: str) -> None:
        """Put the copy in a profile's place."""
        self._quit_browser(source)
        self._quit_browser(target)
        self.oracle.purged(target, known_loads=())
        if (self._folder / source).exists():
            self.profiles[target].replace_by(self._folder / source)

    def _purge(self, profile: str, way: str) -> None:
        if profile not in self.used_profiles:
            return
        for tab in self.tabs_of(profile, "on", "quit"):
            self.harvest(tab)
        self.oracle.purged(profile, known_loads=self._loads_known(profile))
        self.purge_count += 1
        PURGE_WAYS[way](self.profiles[profile].context(), self.site)  # type: ignore[index]

    # -- steps: server and network --

    def _kill_lts(self) -> None:
        self.is_lts_up = False
        self.lts.kill()

    def _start_lts(self) -> None:
        if not self.is_lts_up:
            self.is_lts_up = True
            self.lts.start(port=self.lts.port)

    def _restart_lts(self) -> None:
        if self.is_lts_up:
            self.lts.restart()

    def _backup(self) -> None:
        self.lts.cli("backup", str(self._folder / "lts.backup"), as_json=False)

    def _restore(self) -> None:
        backup = self._folder / "lts.backup"
        if backup.exists():
            self._kill_lts()
            self.lts.cli("restore", str(backup), "--verify", as_json=False)
            self._start_lts()

    def _forbid(self) -> None:
        """The operator makes a mistake: the app's origin is not on the list."""
        self.is_permitted = False
        self.lts.cli("handshake", "set", self.code, "--allow-origin", "https://elsewhere.example")

    def _permit(self) -> None:
        self.is_permitted = True
        self.lts.cli("handshake", "set", self.code, "--any-origin")

    def _fault(self, which: str, kind: str) -> None:
        self.network.break_(which, kind)

    def _heal(self) -> None:
        self.network.heal()

    def _offline(self, profile: str) -> None:
        self.profiles[profile].context().set_offline(True)

    def _online(self, profile: str) -> None:
        if self.profiles[profile].is_running:
            self.profiles[profile].context().set_offline(False)

    # -- inside --

    def _tab(self, name: str, *states: str) -> Tab | None:
        tab = self.tabs.get(name)
        return tab if tab is not None and tab.state in states else None

    def _fresh(self, count: int) -> list[tuple[str, str]]:
        self._texts += count
        return [(SYMBOLOGIES[n % len(SYMBOLOGIES)], f"CHAOS-{n}") for n in range(self._texts - count, self._texts)]

    def _known(self, tab: Tab) -> list[tuple[str, str]]:
        return [(symbology, text) for symbology, _, text in map(_split, self.oracle.known_texts(tab.load))]

    def _call(self, tab: Tab, frames: Sequence[Sequence[tuple[str, str]]], *, wait_ms: int = 0) -> str:
        known = set(self.oracle.known_texts(tab.load))
        calls: list[tuple[int, list[dict[str, str]]]] = []
        for frame in frames:
            texts = {f"{symbology} {text}" for symbology, text in frame}
            call = self.oracle.called(tab.profile, tab.load, len(texts - known), sorted(texts))
            calls.append((call.number, [{"format": symbology, "text": text} for symbology, text in frame]))
        self._hear(tab.scan(calls, wait_ms=wait_ms))
        fates = {self.oracle.calls[number].fate for number, _ in calls}
        return f"calls {calls[0][0]}-{calls[-1][0]} {', '.join(sorted(fates))}"

    def _hear(self, settled: Mapping[str, Any]) -> None:
        for number, answer in settled.items():
            self.oracle.answered(int(number), answer)

    def _end_load(self, tab: Tab) -> None:
        self.oracle.ended(tab.load)
        self.oracle.runtime_ended(tab.profile)

    def _loads_known(self, profile: str) -> list[str]:
        """Return the page loads whose counts a running runtime of the profile has in memory."""
        living = [tab.load for tab in self.tabs_of(profile, "on", "quit")]
        if self.workers != "shared" or not living:
            return living
        return [call.load for call in self.oracle.calls.values() if call.profile == profile]

    def _forget_tabs(self, profile: str) -> None:
        for name in [name for name, tab in self.tabs.items() if tab.profile == profile]:
            self.oracle.ended(self.tabs.pop(name).load)
        self.oracle.runtime_ended(profile)

    def _quit_browser(self, profile: str) -> None:
        for tab in self.tabs_of(profile, "on", "quit"):
            try:
                self.harvest(tab)
            except PlaywrightError as error:
                self.note(f"a tab did not answer before the browser was ended: {error}")
        self._forget_tabs(profile)
        self.profiles[profile].quit()


def _split(known: str) -> tuple[str, str, str]:
    return known.partition(" ")
