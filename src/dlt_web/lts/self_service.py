"""What a customer may do alone: see the devices of its own codes, and release some of them in a term."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import OptionError
from ..slots import SLOT_MS, format_time
from .admin_devices import DeviceReleases
from .admin_keys import AdminError
from .devices import MAX_PAGE_ROWS, DeviceFilter, DeviceKey
from .records import Device, Handshake
from .seats import remove_device
from .store import Reading, Store, Writing

# Largest first: a term is told in the first that it is a whole number of.
_UNITS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many devices of a code its customer may still release.

    Attributes:
        handshake_code: whose devices.
        limit: how many in a term.
        term_s: the term, in seconds: any time of that length.
        left: how many now.
        next_ms: when one more may be released, wall ms; None while there are any left.
    """

    handshake_code: str
    limit: int
    term_s: int
    left: int
    next_ms: int | None


def allowances(store: Store, customer: str, now_ms: int) -> list[Allowance]:
    """Return the codes of a customer whose devices it may release, by code."""

    def look(rows: Reading) -> list[Allowance]:
        own = [handshake for handshake in rows.handshakes_of(customer) if _is_open_to(handshake, customer)]
        return [_allowance(rows, handshake, customer, now_ms) for handshake in own]

    return store.read(look).result()


@dataclass(frozen=True, slots=True)
class OwnDevices:
    """Devices of a customer's code by key, and since when the code is this customer's, wall ms."""

    devices: list[Device]
    since_ms: int


def own_devices(store: Store, customer: str, wanted: DeviceFilter, after: DeviceKey | None, limit: int) -> OwnDevices:
    """Return the devices next after a key, at most ``limit`` (1 to 1000), that count under a customer's own code.

    Whose the code is and what it has are read from one state: who has just handed it over sees none.

    Raises:
        AdminError: the code is none of the customer's that it may release devices of.
        OptionError: the filter or the limit is out of range.
    """
    wanted.check()
    if not 1 <= limit <= MAX_PAGE_ROWS:
        raise OptionError(f"A page has 1 to {MAX_PAGE_ROWS} devices; found {limit}.")

    def look(rows: Reading) -> OwnDevices:
        handshake = _own_handshake(rows, wanted.code or "", customer)
        return OwnDevices(rows.find_devices(wanted, after, limit), _since_ms(rows, handshake))

    return store.read(look).result()


class SelfService(DeviceReleases):
    """Releases devices on behalf of a customer, who is the actor. Blocking: for threads."""

    def release_own(self, customer: str, code: str, device_uuid: str) -> Allowance:
        """Free the seat of a device of a customer's own code, and return what is left to release.

        Raises:
            AdminError: the code is none of the customer's that it may release devices of, the device holds no seat
                under it, or the term's releases are used up.
        """
        now_ms = self._clock.now_ms()

        def release(rows: Writing) -> Allowance:
            handshake = _own_handshake(rows, code, customer)
            device = rows.device(code, device_uuid)
            if device is None or (device.license_id is None and not device.is_unseated):
                raise AdminError(f"The device {device_uuid} holds no seat under {code}.")
            allowed = _allowance(rows, handshake, customer, now_ms)
            if allowed.next_ms is not None:
                raise AdminError(
                    f"{allowed.limit} devices of {code} may be released in {_words_of(allowed.term_s)}, and so many "
                    f"were: the next one may be at {format_time(allowed.next_ms)}.",
                    code="RELEASE_LIMIT_REACHED",
                )
            remove_device(rows, device, now_ms)
            rows.add_customer_release(code, customer, now_ms)
            detail = {"licenseId": device.license_id, "customer": customer}
            self._audit(rows, "device.release", f"{code} {device_uuid}", detail)
            return _allowance(rows, handshake, customer, now_ms)

        return self._write(release)


def _words_of(term_s: int) -> str:
    """Return a term in the largest unit that it is a whole number of."""
    name, unit_s = next((name, unit_s) for name, unit_s in _UNITS.items() if term_s % unit_s == 0)
    return f"{term_s // unit_s} {name}{'' if term_s == unit_s else 's'}"


def _own_handshake(rows: Reading, code: str, customer: str) -> Handshake:
    """Return a customer's code; of any other one not even whether there is such a code."""
    handshake = rows.handshake(code)
    if handshake is None or not _is_open_to(handshake, customer):
        raise AdminError(f"There is no handshake code {code} whose devices this key may release.")
    return handshake


def _since_ms(rows: Reading, handshake: Handshake) -> int:
    """Return since when a code is its present customer's, without a break."""
    history = rows.ownerships(handshake.code)
    before = [number for number, row in enumerate(history, 1) if row.customer != handshake.customer]
    return history[max(before, default=0)].first_slot * SLOT_MS


def _is_open_to(handshake: Handshake, customer: str) -> bool:
    return handshake.customer == customer and handshake.release_limit is not None


def _allowance(rows: Reading, handshake: Handshake, customer: str, now_ms: int) -> Allowance:
    limit, term_s = handshake.release_limit or 0, handshake.release_term_s or 0
    times = rows.customer_releases(handshake.code, customer, now_ms - term_s * 1000)
    left = max(0, limit - len(times))
    # A limit that was lowered has to see more of them grow old.
    next_ms = None if left else times[len(times) - limit] + term_s * 1000
    return Allowance(handshake.code, limit, term_s, left, next_ms)
