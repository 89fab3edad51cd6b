"""What a customer's statement of a month says. Reading only.

Each code is read by itself, from one committed state, so that nobody waits for as long as a customer with many codes
takes; what a statement stands on beside usage is compared again when it is kept (:class:`Basis`).

What is used in a slot of a frozen month and comes later is found as the difference between what the counters say now of
that month and what its statement, and the late lines since, have said: so it is stated once, in the next statement,
whenever it came and however often statements were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from ..model import Counts
from ..slots import SLOT_MS, add_counts, format_time, parse_time, slot_of
from .activity import Run, Subject
from .billing_records import FOLLOWED_FROM, Credit, OwnedSlots, SeatCount, StatementHead, billable, within
from .device_sums import DeviceSum
from .identity import store_epoch
from .months import Month, local_time, zone_of
from .records import LicenseItem, SlotRange
from .store import Reading

Json = dict[str, Any]

T = TypeVar("T")

FORMAT = "dlt-web statement 1"
# Usage is booked up to 366 days back (spec §5), so nothing comes late for a month that ended longer ago.
LATE_MONTHS = 14


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted by slots: scans per symbology, those charged per item, unverified ones, lost ones per reason."""

    scans: Counts
    charged: Counts
    unverified: int
    lost: Counts

    @classmethod
    def parse(cls, line: Mapping[str, Any]) -> Counted:
        """Read what :meth:`as_json` wrote."""
        return cls(line["bySymbology"], line["charged"], line["unverifiedScans"], line["lost"])

    def as_json(self) -> Json:
        """Return it as members of a line."""
        return {
            "scans": sum(self.scans.values()),
            "bySymbology": dict(self.scans),
            "charged": dict(self.charged),
            "unverifiedScans": self.unverified,
            "lost": dict(self.lost),
        }

    def plus(self, other: Counted, sign: int = 1) -> Counted:
        """Return the sum with another, or (``sign`` -1) the difference; zeros are left out."""

        def added(left: Counts, right: Counts) -> Counts:
            return add_counts(left, {name: sign * number for name, number in right.items()})

        return Counted(
            added(self.scans, other.scans),
            added(self.charged, other.charged),
            self.unverified + sign * other.unverified,
            added(self.lost, other.lost),
        )


NOTHING = Counted({}, {}, 0, {})


@dataclass(frozen=True, slots=True)
class Basis:
    """What must not change between reading a month's figures and keeping them, but for usage, which may come late.

    Attributes:
        is_known: whether a code belongs, or belonged, to the customer.
        owned: the customer's slots, of all codes, but for those in which a code was for tests.
        tests: codes that were never for anything else.
        heads: the customer's statements so far.
        credits: its credits that no statement shows.
    """

    is_known: bool
    owned: tuple[OwnedSlots, ...]
    tests: frozenset[str]
    heads: tuple[StatementHead, ...]
    credits: tuple[Credit, ...]


def basis_of(rows: Reading, customer: str) -> Basis:
    """Return what a statement of a customer stands on."""
    ownerships, purposes = rows.ownerships(), rows.purposes()
    owned = billable(customer, ownerships, purposes)
    heads = rows.statement_heads(customer)
    used = {row.handshake_code for row in purposes if row.first_slot > 0 or not row.is_test}
    tests = {row.handshake_code for row in purposes} - used
    unstated = [credit for credit in rows.credits_of(customer) if credit.stated_month is None]
    is_known = any(row.customer == customer for row in ownerships)
    return Basis(is_known, tuple(owned), frozenset(tests), tuple(heads), tuple(unstated))


class Reader(Protocol):
    """Reads one committed state, as :meth:`~dlt_web.lts.store.Store.read` does, and gives what came of it."""

    def __call__(self, work: Callable[[Reading], T]) -> T:
        """Run ``work`` on its rows."""
        ...


def document(read: Reader, basis: Basis, head: StatementHead) -> Json:
    """Return all that a statement says.

    Args:
        read: reads the store.
        basis: what of it is the customer's.
        head: which month is stated, in which slots, and when it is frozen.
    """
    month, zone = Month.parse(head.month), zone_of(head.time_zone)
    own = [OwnedSlots(o.handshake_code, s) for o in basis.owned if (s := within(o.slots, head.slots)) is not None]
    usage = [read(partial(_line, own=o, now_ms=head.frozen_ms)) for o in own]
    late = list(_late_lines(read, basis, head.customer, month))
    seats, active = _devices(read, own, head)
    shown = [credit for credit in basis.credits if is_shown(credit, month, basis.tests)]
    start_ms, end_ms = head.slots.first * SLOT_MS, head.slots.end * SLOT_MS
    followed_ms = read(lambda rows: int(rows.info(FOLLOWED_FROM) or 0))
    return {
        "format": FORMAT,
        "customer": head.customer,
        "month": head.month,
        "timeZone": head.time_zone,
        "start": format_time(start_ms),
        "end": format_time(end_ms),
        "localStart": local_time(head.slots.first, zone),
        "localEnd": local_time(head.slots.end, zone),
        "frozenAt": format_time(head.frozen_ms),
        "storeEpoch": read(store_epoch),
        "devicesFollowedFrom": format_time(followed_ms) if followed_ms > start_ms else None,
        "items": read(partial(_items, usage=usage, late=late, seats=seats)),
        "usage": usage,
        "late": late,
        "credits": [_credit_json(credit) for credit in shown],
        "totals": {"peakConcurrentDevices": active, **_totals(usage, late, shown)},
    }


def is_shown(credit: Credit, month: Month, tests: frozenset[str]) -> bool:
    """Tell whether a month's statement is the one to show a credit: it is not for a later month, nor for tests."""
    is_for_later = credit.month is not None and Month.parse(credit.month) > month
    return not is_for_later and credit.handshake_code not in tests


def counted(rows: Reading, code: str, slots: SlotRange) -> Counted:
    """Return what the counters say of a code now, over a range of slots."""
    verified = rows.usage(code, is_verified=True, slots=slots, period_slots=None)
    unverified = rows.usage(code, is_verified=False, slots=slots, period_slots=None)
    return Counted(
        {row.symbology: row.scans for row in verified if row.scans},
        rows.charges_of_code(code, slots),
        sum(row.scans for row in unverified),
        rows.lost(code, slots),
    )


def _line(rows: Reading, own: OwnedSlots, now_ms: int) -> Json:
    code, slots = own.handshake_code, own.slots
    return {
        "handshakeCode": code,
        "start": format_time(slots.first * SLOT_MS),
        "end": format_time(slots.end * SLOT_MS),
        **counted(rows, code, slots).as_json(),
        "peakConcurrentDevices": rows.active_peak(Subject("code", code), slots, now_ms),
        "devices": {
            name: {"peak": count.peak, "atEnd": count.at_end} for name, count in rows.seat_counts(code, slots).items()
        },
    }


def _devices(read: Reader, own: Sequence[OwnedSlots], head: StatementHead) -> tuple[dict[str, SeatCount], int]:
    """Return the devices of all codes together: those with a seat at each item, and the most concurrent ones."""
    seats: dict[str, DeviceSum] = {}
    active = DeviceSum()
    for code, slots in ((o.handshake_code, o.slots) for o in own):
        for name, steps in read(lambda rows, c=code, s=slots: rows.seat_steps(c, s)).items():  # type: ignore[misc]
            seats.setdefault(name, DeviceSum()).add_seats(steps, slots)
        found = partial(_runs, of=Subject("code", code), slots=slots, now_ms=head.frozen_ms)
        active.add_runs(read(found))
    end = head.slots.end
    return {name: found.count(end) for name, found in seats.items()}, active.count(end).peak


def _runs(rows: Reading, of: Subject, slots: SlotRange, now_ms: int) -> list[Run]:
    return rows.active_runs(of, slots, now_ms, slots.end - slots.first)


def _late_lines(read: Reader, basis: Basis, customer: str, month: Month) -> Iterator[Json]:
    """Yield what came late for the customer's frozen months before this one, and no statement has said yet."""
    first = str(month.plus(-LATE_MONTHS))
    names = [head.month for head in basis.heads if head.month >= first]
    frozen = [read(partial(statement_json, customer=customer, month=name)) for name in names]
    for earlier in frozen:
        if earlier["month"] >= str(month):
            continue
        for code in sorted({line["handshakeCode"] for line in earlier["usage"]}):
            lines = [line for line in earlier["usage"] if line["handshakeCode"] == code]
            new = read(partial(_counted_in, code=code, ranges=[_slots(line) for line in lines]))
            for said in [*lines, *_said_late(frozen, earlier["month"], code)]:
                new = new.plus(Counted.parse(said), -1)
            if new != NOTHING:
                yield {"month": earlier["month"], "handshakeCode": code, **new.as_json()}


def _counted_in(rows: Reading, code: str, ranges: Sequence[SlotRange]) -> Counted:
    total = NOTHING
    for slots in ranges:
        total = total.plus(counted(rows, code, slots))
    return total


def _said_late(frozen: Sequence[Json], month: str, code: str) -> Iterator[Json]:
    for document in frozen:
        yield from (line for line in document["late"] if (line["month"], line["handshakeCode"]) == (month, code))


def statement_json(rows: Reading, customer: str, month: str) -> Json:
    """Return what a frozen statement says."""
    statement = rows.statement(customer, month)
    found: Json = {} if statement is None else json.loads(statement.json)
    return found


def _slots(line: Json) -> SlotRange:
    return SlotRange(slot_of(parse_time(line["start"])), slot_of(parse_time(line["end"])))


def _items(rows: Reading, usage: Sequence[Json], late: Sequence[Json], seats: Mapping[str, SeatCount]) -> list[Json]:
    """Return each item of a line, as it stands now, with what of this statement, over all codes, is charged to it."""
    charged: Counts = {}
    for line in [*usage, *late]:
        charged = add_counts(charged, line["charged"])
    items = [item for name in sorted({*charged, *seats}) if (item := rows.license(name)) is not None]
    return [_item_json(item, charged.get(item.id, 0), seats.get(item.id, SeatCount(0, 0))) for item in items]


def _item_json(item: LicenseItem, charged_scans: int, seats: SeatCount) -> Json:
    return {
        "licenseId": item.id,
        "product": item.product,
        "chargeWay": item.charge_way,
        "quota": item.quota,
        "chargedScans": charged_scans,
        "devices": {"peak": seats.peak, "atEnd": seats.at_end},
    }


def _credit_json(credit: Credit) -> Json:
    return {
        "number": credit.number,
        "bookedAt": format_time(credit.booked_ms),
        "month": credit.month,
        "handshakeCode": credit.handshake_code,
        "unit": credit.unit,
        "quantity": credit.quantity,
        "reason": credit.reason,
    }


def _totals(usage: Sequence[Json], late: Sequence[Json], shown: Sequence[Credit]) -> Json:
    """Return what adds up. Devices of two codes, or of two months, do not (:func:`_devices`)."""
    charged = sum(sum(line["charged"].values()) for line in usage)
    late_charged = sum(sum(line["charged"].values()) for line in late)
    credited = {unit: sum(credit.quantity for credit in shown if credit.unit == unit) for unit in ("scans", "devices")}
    return {
        "scans": sum(line["scans"] for line in usage),
        "lateScans": sum(line["scans"] for line in late),
        "chargedScans": charged,
        "lateChargedScans": late_charged,
        "creditedScans": credited["scans"],
        "creditedDevices": credited["devices"],
        "netChargedScans": charged + late_charged - credited["scans"],
    }


def canonical(document: Json) -> str:
    """Return a statement's JSON to the byte: members in the order in which they are made, names of counts sorted."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
