"""Active devices: what both stores say, against a plain model that looks at every moment (lts/activity.py)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from dlt_web.lts.activity import Subject
from dlt_web.lts.backup import back_up, restore
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.identity import ensure_identity
from dlt_web.lts.records import SLOTS_IN_DAY, Device, Handshake, LicenseItem, SlotRange
from dlt_web.lts.store import MemoryStore, SqliteStore, Store, Writing
from dlt_web.lts.verify import find_faults
from dlt_web.slots import SLOT_MS
from tests.long_form import by_form

pytestmark = pytest.mark.long_form

ITEMS = {"concurrent": 180, "hour": 3600, "listed": 86_400, "short": 60}
CODES = ("one", "two")
SUBJECTS = [Subject("code", name) for name in CODES] + [Subject("item", name) for name in ITEMS]
T0_MS = 1_000 * SLOT_MS
STEP = st.sampled_from((0, 1, 59_999, 60_000, 100_000, SLOT_MS - 1, SLOT_MS, SLOT_MS + 1, 3_600_000, 90_000_000))
CODE, NUMBER, NAME = st.sampled_from(CODES), st.integers(1, 4), st.sampled_from(list(ITEMS))


def item(name: str, lifetime_s: int) -> LicenseItem:
    way: Any = "concurrent_device" if name in ("concurrent", "hour") else "per_device"
    return LicenseItem(name, "p", way, 99, None, None, lifetime_s, "refuse-all", 0)


@dataclass
class Place:
    """Where a device sits, when it was last seen, and since then up to when it is active; for the model only."""

    item: str
    seen_ms: int
    until_ms: int


class ActiveDevices(RuleBasedStateMachine):
    """Devices come, are seen, move, are released and swept, in any order; time goes on by milliseconds or days.

    The model keeps the largest number of each slot by looking at all devices at every moment at which one may become
    active, or a slot begins.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(
            tempfile.mkdtemp(prefix="dlt-active-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        )
        self.path = self.folder / "lts.db"
        self.stores: list[Store] = [MemoryStore(), SqliteStore(str(self.path))]
        self.now_ms = T0_MS
        self.places: dict[tuple[str, int], Place] = {}
        self.lifetimes = dict(ITEMS)
        self.peaks: dict[tuple[Subject, int], int] = {}
        self.write(self.set_up)

    def set_up(self, rows: Writing) -> None:
        ensure_identity(rows, self.now_ms)
        for name, lifetime_s in ITEMS.items():
            rows.put_license(item(name, lifetime_s))
        for code in CODES:
            rows.put_handshake(Handshake(code, tuple(ITEMS)))

    def write(self, work: Any) -> None:
        for store in self.stores:
            store.write(work).result()

    # -- what happens

    @rule(step_ms=STEP, code=CODE, number=NUMBER, name=NAME)
    def is_seen(self, step_ms: int, code: str, number: int, name: str) -> None:
        self.time_passes(step_ms)
        self.write(lambda rows: self.see(rows, code, number, name))
        self.note_seen(code, number, name)

    @rule(code=CODE, numbers=st.lists(NUMBER, min_size=2, max_size=6))
    def several_are_seen_where_they_sit_in_one_transaction(self, code: str, numbers: list[int]) -> None:
        names = [self.places[code, number].item if (code, number) in self.places else "hour" for number in numbers]

        def work(rows: Writing) -> None:
            for number, name in zip(numbers, names, strict=True):
                self.see(rows, code, number, name)

        self.write(work)
        for number, name in zip(numbers, names, strict=True):
            self.note_seen(code, number, name)

    @rule(code=CODE, number=NUMBER, is_read=st.booleans())
    def is_seen_in_vain(self, code: str, number: int, is_read: bool) -> None:
        """What a transaction that fails had counted is counted no more, nor what its neighbours counted lost."""

        def fail(rows: Writing) -> None:
            self.see(rows, code, number, "listed")
            if is_read:
                rows.device_counts(code)
            raise ValueError("no")

        for store in self.stores:
            failed = store.write(fail)
            assert isinstance(failed.exception(), ValueError)

    @rule(code=CODE, number=NUMBER)
    def is_released(self, code: str, number: int) -> None:
        if (code, number) in self.places:
            self.write(lambda rows: self.remove(rows, code, number))
            del self.places[code, number]

    @rule(name=NAME)
    def is_swept(self, name: str) -> None:
        self.write(lambda rows: rows.remove_due(name, self.now_ms, 100))
        for key, place in list(self.places.items()):
            if place.item == name and place.seen_ms + self.lifetimes[name] * 1000 <= self.now_ms:
                del self.places[key]

    @rule(name=NAME, lifetime_s=st.sampled_from((1, 60, 179, 180, 181, 3600, 86_400)))
    def has_another_lifetime(self, name: str, lifetime_s: int) -> None:
        self.write(lambda rows: rows.set_lifetime(name, lifetime_s, self.now_ms))
        self.lifetimes[name] = lifetime_s
        for place in self.places.values():
            if place.item == name:
                place.until_ms = self.end_of(name, place.seen_ms)
        self.look()

    @rule(step_ms=STEP)
    def nothing_happens(self, step_ms: int) -> None:
        self.time_passes(step_ms)

    @rule(code=CODE, number=NUMBER, name=NAME)
    def is_seen_by_another_process(self, code: str, number: int, name: str) -> None:
        other = SqliteStore(str(self.path))
        for store in (self.stores[0], other):
            store.write(lambda rows: self.see(rows, code, number, name)).result()
        other.close()
        self.note_seen(code, number, name)

    @rule(is_restored=st.booleans())
    def the_server_restarts(self, is_restored: bool) -> None:
        """As it was, or on a backup that was taken at the last moment."""
        backup = self.folder / "backup.db"
        back_up(str(self.path), str(backup))
        self.stores[1].close()
        if is_restored:
            restore(str(backup), str(self.path), StandingClock(self.now_ms), "test", is_verified=True)
        backup.unlink()
        self.stores[1] = SqliteStore(str(self.path))

    @rule(of=st.sampled_from(SUBJECTS), after=st.integers(-2, 40), length=st.integers(1, 2_000))
    def is_asked_for_a_part(self, of: Subject, after: int, length: int) -> None:
        slots = SlotRange(T0_MS // SLOT_MS + after, T0_MS // SLOT_MS + after + length)
        wanted = {slot: peak for slot, peak in self.wanted(of).items() if slots.first <= slot < slots.end}
        for store in self.stores:
            assert self.found(store, of, slots) == wanted
            peak = store.read(lambda rows: rows.active_peak(of, slots, self.now_ms)).result()
            assert peak == max(wanted.values(), default=0)
        days = range(slots.first // SLOTS_IN_DAY, -(-slots.end // SLOTS_IN_DAY))
        largest = [
            max((peak for slot, peak in self.wanted(of).items() if slot // SLOTS_IN_DAY == day), default=0)
            for day in days
        ]
        for store in self.stores:
            assert (
                store.read(lambda rows: rows.active_by_day(of, days.start, days.stop, self.now_ms)).result() == largest
            )

    # -- by the model

    def time_passes(self, step_ms: int) -> None:
        end_ms = self.now_ms + step_ms
        for slot in range(self.now_ms // SLOT_MS + 1, end_ms // SLOT_MS + 1):
            self.now_ms = slot * SLOT_MS
            self.look()
        self.now_ms = end_ms

    def wanted(self, of: Subject) -> dict[int, int]:
        return {slot: peak for (whose, slot), peak in self.peaks.items() if whose == of and peak}

    def end_of(self, name: str, seen_ms: int) -> int:
        listed_s = self.lifetimes[name]
        return seen_ms + 1000 * (listed_s if item(name, 1).charge_way == "concurrent_device" else min(listed_s, 180))

    def note_seen(self, code: str, number: int, name: str) -> None:
        self.places[code, number] = Place(name, self.now_ms, self.end_of(name, self.now_ms))
        self.look()

    def look(self) -> None:
        slot = self.now_ms // SLOT_MS
        for of in SUBJECTS:
            self.peaks[of, slot] = max(self.peaks.get((of, slot), 0), self.active(of))

    def active(self, of: Subject) -> int:
        return sum(
            place.until_ms > self.now_ms
            for (code, _), place in self.places.items()
            if of.name == (code if of.kind == "code" else place.item)
        )

    # -- by the stores

    def see(self, rows: Writing, code: str, number: int, name: str) -> None:
        """What an authorization does: take a seat at an item, leave the one before."""
        before = rows.device(code, f"u{number}")
        held = None if before is None else before.license_id
        if held != name:
            rows.take_seat(name, None)
            if held is not None:
                rows.free_seat(held)
        removal_ms = self.now_ms + self.lifetimes[name] * 1000
        fresh = Device(
            code, f"u{number}", name, False, "p", self.now_ms, self.now_ms, removal_ms,
            "memory" if number == 1 else "indexeddb", number == 2,
        )  # fmt: skip
        rows.put_device(fresh if before is None else replace(before, **{
            "license_id": name, "last_seen_ms": self.now_ms, "removal_ms": removal_ms, "is_unseated": False,
        }))  # fmt: skip

    def remove(self, rows: Writing, code: str, number: int) -> None:
        device = rows.device(code, f"u{number}")
        assert device is not None
        assert device.license_id is not None
        rows.free_seat(device.license_id)
        rows.remove_device(code, f"u{number}", self.now_ms)

    # -- what must hold

    @invariant()
    def every_store_says_what_the_model_saw(self) -> None:
        for store in self.stores:
            for of in SUBJECTS:
                assert self.found(store, of, SlotRange()) == self.wanted(of), of
                assert store.read(lambda rows, of=of: rows.active(of, self.now_ms)).result() == self.active(of), of
            for code in CODES:
                numbers = [number for owner, number in self.places if owner == code]
                counts = store.read(lambda rows, code=code: rows.device_counts(code)).result()
                assert (counts.seated, counts.in_memory, counts.partitioned) == (
                    len(numbers), numbers.count(1), numbers.count(2),
                )  # fmt: skip
            assert store.read(lambda rows: rows.faults()).result() == []

    def found(self, store: Store, of: Subject, slots: SlotRange) -> dict[int, int]:
        """Return the largest number of each slot, read in pages of two runs."""
        slot_peaks: dict[int, int] = {}
        while True:
            page = store.read(lambda rows, slots=slots: rows.active_runs(of, slots, self.now_ms, 2)).result()
            for run in page:
                assert slots.first <= run.first < run.end <= slots.end
                slot_peaks |= dict.fromkeys(range(run.first, run.end), run.devices)
            if len(page) < 2:
                return slot_peaks
            slots = SlotRange(page[-1].end, slots.end)

    def teardown(self) -> None:
        for store in self.stores:
            assert find_faults(store) == []
            store.close()
        shutil.rmtree(self.folder)


# A history is short as it is, and making it shorter takes minutes: shrink one by hand, with Phase.shrink.
ActiveDevices.TestCase.settings = settings(
    max_examples=by_form(short=15, long=600),
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestActiveDevices = ActiveDevices.TestCase
