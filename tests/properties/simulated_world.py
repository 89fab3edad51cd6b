"""Trackers, one device database, a bad network and a real license tracking server, under one clock, in one thread."""

from __future__ import annotations

import asyncio
import atexit
import copy
import json
import random
from typing import Any

from dlt_web.lts.clock import StandingClock
from dlt_web.lts.identity import STORE_EPOCH
from dlt_web.lts.records import Handshake, LicenseItem, SlotRange
from dlt_web.lts.service import Service
from dlt_web.lts.store import MemoryStore
from dlt_web.messages import (
    CallsClaimed,
    CommitConflicted,
    FlushRequested,
    SendHttp,
    StorePurged,
)
from dlt_web.model import Problem
from dlt_web.options import TrackerOptions
from dlt_web.slots import format_time, total_of
from dlt_web.wire import decode_authorization_request, decode_report_request
from dlt_web.wire_answers import encode_authorization_answer, encode_problem, encode_report_answer
from tests.core.fake_shell import START_WALL_MS, FakeClock, FakeShell, FakeStore

CODE = "code-1"
ALL_SLOTS = SlotRange()


# One for all worlds: a new one for each would leave sockets behind wherever a history ends early.
_LOOP = asyncio.new_event_loop()
atexit.register(_LOOP.close)


class SimulatedWorld:
    """What can happen to two tabs of one origin: every method is one event."""

    def __init__(self, seed: int, *, tab_count: int = 2) -> None:
        self.rng = random.Random(seed)
        self.clock = FakeClock()
        self.store = FakeStore()
        self.lts_clock = StandingClock(START_WALL_MS)
        self.lts_store = MemoryStore()
        self._loop = _LOOP
        self.service = Service(self.lts_store, self.lts_clock)
        self.lts_store.write(_set_up).result()
        self._loads = 0
        self.tabs: list[FakeShell] = []
        for _ in range(tab_count):
            self.open_tab()
        self.called = self.resolved = 0
        self.old_copies: list[tuple[str, Any]] = []
        self.gone_with_purges = 0
        self.gone_with_memory = 0
        # What a restored server has forgotten, nobody can tell again.
        self._told_from_memory = 0
        self._backup: Any = None
        self._restores = 0

    # -- events --

    def open_tab(self) -> None:
        self._loads += 1
        self.tabs.append(self._start(f"page-{self._loads}"))

    def _start(self, page: str, *, is_without_disk: bool = False) -> FakeShell:
        # A license may end as the clock jumps; what is asked here is what becomes of scans that count.
        options = TrackerOptions(handshake_code=CODE, license_servers=("https://lts.test",), enforcement="event")
        store = FakeStore(kind="memory") if is_without_disk else self.store
        shell = FakeShell(
            options,
            store=store,
            clock=self.clock,
            seed=self.rng.getrandbits(32),
            page=page,
            is_started=not is_without_disk,
        )
        shell.disk = self.store
        return shell

    def scan(self, tab: int, barcode_count: int) -> None:
        shell = self.tabs[tab]
        found = [("qr_code" if n % 2 else "ean_13", f"{self.called}-{n}") for n in range(barcode_count)]
        call = shell.scan(*found)
        self.called += barcode_count
        self.resolved += shell.resolved[call]["scans"]

    def lose_runtime(self, tab: int, barcode_count: int, *, has_committed: bool) -> None:
        """The runtime dies before it answers a call, and the page says the call again to the one that takes over."""
        self._take_over(tab, self._start(self.tabs[tab].page), barcode_count, has_committed=has_committed)

    def kill_before_start(self, barcode_count: int) -> None:
        """A page scans and is killed while its runtime starts; what it journalled waits for the next start."""
        self._loads += 1
        self._journal(f"page-{self._loads}", 1, barcode_count)
        self.called += barcode_count
        self.resolved += barcode_count

    def kill_unheard(self, tab: int, barcode_count: int) -> None:
        """A page is killed with two calls in its journal, before it hears that the first of them is counted."""
        shell = self.tabs[tab]
        number = shell.next_number
        for one in (number, number + 1):
            self._journal(shell.page, one, barcode_count)
        self.scan(tab, barcode_count)
        self.called += barcode_count
        self.resolved += barcode_count
        self.kill_tab(tab)

    def _journal(self, page: str, number: int, barcode_count: int) -> None:
        barcodes = [{"format": "ean_13", "text": f"#{number}-{n}"} for n in range(barcode_count)]
        times = {"timeMs": None, "calledWallMs": self.clock.wall_ms, "calledMonotonicMs": self.clock.monotonic_ms}
        call = {"handshakeCode": CODE, "page": page, "number": number, "stream": "#s", "source": "video"}
        self.store.journal.append({**call, **times, "barcodes": barcodes})
        self.store.seed = self.store.seed or self.rng.randbytes(16).hex()

    def _take_over(
        self, tab: int, new: FakeShell, barcode_count: int, *, has_committed: bool, is_told: bool = False
    ) -> None:
        old = self.tabs[tab]
        found = [("qr_code", f"{self.called}-{n}") for n in range(barcode_count)]
        number = old.next_number
        if has_committed:
            old.scan(*found)
        if is_told:
            self.flush(tab)
            while old.sent:
                self.deliver(tab)
        if old.page in old.tracker._ledger.claims:
            new.feed(CallsClaimed(old.page, [number]))
        self.tabs[tab] = new
        self._note_end_of(old)
        call = new.scan(*found, number=number)
        if new.tracker._ledger.storage is None:
            new.start()
        self.called += barcode_count
        self.resolved += new.resolved[call]["scans"]

    def advance(self, ms: int) -> None:
        # Each tab has a timer of its own; all of them see the same clocks.
        until_ms = self.clock.monotonic_ms + ms
        while due := [tab for tab in self.tabs if tab.timer_at_ms is not None and tab.timer_at_ms <= until_ms]:
            first = min(due, key=lambda tab: tab.timer_at_ms or 0)
            first.advance(max(0, (first.timer_at_ms or 0) - self.clock.monotonic_ms))
            self._follow()
        self.clock.advance(until_ms - self.clock.monotonic_ms)
        self._follow()

    def jump_wall_clock(self, ms: int) -> None:
        self.clock.wall_ms += ms

    def flush(self, tab: int) -> None:
        self._loads += 1
        self.tabs[tab].feed(FlushRequested(f"flush-{self._loads}"))

    def tell(self, tab: int) -> None:
        """The shell tells a tracker what others wrote, before it flushes."""
        shell = self.tabs[tab]
        shell.feed(CommitConflicted(*shell.store.load()))  # in memory it has nothing in common with others

    def deliver(self, tab: int, *, is_answer_lost: bool = False) -> None:
        for request in self.tabs[tab].sent[:1]:
            status, body = self.ask(request)
            if is_answer_lost:
                self.tabs[tab].lose(request, "the answer was lost")
            else:
                self.tabs[tab].answer(request, status, body)

    def lose_request(self, tab: int) -> None:
        for request in self.tabs[tab].sent[:1]:
            self.tabs[tab].lose(request, "the request was lost")

    def keep_copy(self, tab: int) -> None:
        """A proxy, or the page's beacon, holds a copy that it may send at any later time."""
        for request in self.tabs[tab].sent[:1]:
            self.old_copies.append((request.url, copy.deepcopy(request.body)))
        for held in self.tabs[tab].beacon:
            self.old_copies.append((held["url"], held["body"] | {"sentAt": format_time(self.clock.wall_ms)}))

    def send_copy(self) -> None:
        if self.old_copies:
            url, body = self.rng.choice(self.old_copies)
            self.ask(SendHttp(0, "POST", url, body, 0))

    def kill_tab(self, tab: int) -> None:
        """The tab dies as it is, and another page load takes its place."""
        killed = self.tabs.pop(tab)
        self.store.living_pages.discard(killed.page)
        self._note_end_of(killed)
        self.open_tab()

    def purge(self) -> None:
        """The site's data is deleted under the tabs; what only the disk knew, nobody can tell."""
        self.gone_with_purges += self._known_to_the_disk_alone()
        self.store = FakeStore()
        for tab in self.tabs:
            tab.store = self.store
            tab.feed(StorePurged("indexeddb", *self.store.load()))

    def back_up(self) -> None:
        """The operator copies the server's store away."""
        self._backup = self.lts_store._tables  # each write replaces them as a whole

    def restore(self) -> None:
        """The operator puts the copy back; the store says so by its epoch (spec §5)."""
        if self._backup is None:
            return
        self.gone_with_memory += self._told_from_memory
        self._restores += 1
        number = self._restores + 1

        def name_epoch(rows: Any) -> None:
            store_id = (rows.info(STORE_EPOCH) or "").rpartition(":")[0]
            rows.put_info(STORE_EPOCH, f"{store_id}:{number}")

        self.lts_store._tables = self._backup
        self.lts_store.write(name_epoch).result()

    def settle(self) -> None:
        """Let everything arrive."""
        if self.store.journal or any(tab.store.kind == "memory" for tab in self.tabs):
            self.open_tab()  # the next start tells what only the disk knows
        for _ in range(200):
            for tab in range(len(self.tabs)):
                self.flush(tab)
                while self.tabs[tab].sent:
                    self.deliver(tab)
            if not any(tab.state["pending"]["reports"] for tab in self.tabs):
                return
            self.advance(60_000)
        raise AssertionError(f"never settled: {[tab.state for tab in self.tabs]}")

    # -- the server --

    def ask(self, request: SendHttp) -> tuple[int, Any]:
        body = json.loads(json.dumps(request.body))
        if request.url.endswith("/jwks.json"):
            return 200, self._loop.run_until_complete(self.service.jwks())
        if request.url.endswith("/v1/authorizations"):
            answer = self._loop.run_until_complete(self.service.authorize(decode_authorization_request(body), None))
            good = (201, encode_authorization_answer)
        else:
            answer = self._loop.run_until_complete(self.service.report(decode_report_request(body), None))
            good = (200, encode_report_answer)
        if isinstance(answer, Problem):
            return answer.status, encode_problem(answer)
        return good[0], good[1](answer)  # type: ignore[operator]

    def counted(self) -> int:
        """Return the verified scans that the LTS has on its books."""
        rows = self.lts_store.read(
            lambda reading: reading.usage(CODE, is_verified=True, slots=ALL_SLOTS, period_slots=None)
        ).result()
        return sum(row.scans for row in rows)

    def lost(self) -> int:
        """Return the scans that trackers told the LTS are lost."""
        return sum(self.lts_store.read(lambda reading: reading.lost(CODE, ALL_SLOTS)).result().values())

    def devices(self) -> int:
        return len(self.lts_store.read(lambda reading: reading.devices(CODE)).result())

    def _note_end_of(self, shell: FakeShell) -> None:
        # What a purged device held lay in this tab's memory, and perhaps in another's.
        self.gone_with_purges += sum(one.queue.unheard_scan_count() for one in shell.tracker._ledger.departed)
        if shell.store.kind == "memory":
            queue = shell.tracker._ledger.state.queue
            self.gone_with_memory += queue.unheard_scan_count()
            heard = [queued.acknowledged for queued in queue.reports.values() if queued.acknowledged is not None]
            self._told_from_memory += sum(total_of(report.counts) + total_of(report.lost) for report in heard)

    def _known_to_the_disk_alone(self) -> int:
        journalled = sum(len(call["barcodes"]) for call in self.store.journal)
        on_disk = [value for key, value in self.store.records.items() if "/report/" in key]
        known = [tab.tracker._ledger.state.queue.reports for tab in self.tabs]
        alone = 0
        for stored in on_disk:
            key = stored["streamId"], stored["report"]["seq"]
            heard = [total_of((stored["acknowledged"] or {"counts": {}})["counts"])]
            heard += [total_of(reports[key].report.counts) for reports in known if key in reports]
            alone += max(0, total_of(stored["report"]["counts"]) - max(heard))
        return journalled + alone

    def _follow(self) -> None:
        self.lts_clock.move_to(max(self.lts_clock.now_ms(), START_WALL_MS + self.clock.monotonic_ms))


def _set_up(rows: Any) -> None:
    rows.put_license(
        LicenseItem(
            id="item-1",
            product="barcode-reader",
            charge_way="per_device",
            quota=1000,
            valid_from_ms=None,
            valid_until_ms=None,
            device_lifetime_s=366 * 86_400,
            on_exhausted="refuse-all",
            grace_percent=0,
        )
    )
    rows.put_handshake(Handshake(CODE, ("item-1",)))
