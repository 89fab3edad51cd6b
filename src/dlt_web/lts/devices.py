"""Which devices somebody asks for: one filter for lists, exports and releases, and the key that pages go on from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import OptionError
from ..model import StorageKind
from .records import Device

# (handshake code, device UUID): the order in which devices are listed, and where a page goes on.
DeviceKey = tuple[str, str]

MAX_PAGE_ROWS = 1_000
# What one answer may look through; it takes some 50 ms, names included.
MAX_LOOKS = 50_000
# The longest friendly name: nothing longer can be part of one.
MAX_SEARCH_LENGTH = 120
_UUID_PREFIX = re.compile(r"[0-9a-f-]{1,36}")


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Devices that meet every condition that is given.

    Attributes:
        code: of this handshake code.
        license_id: seated at this item.
        search: whose UUID begins with this, or whose friendly name has it, whatever the case.
        uuid_prefix: whose UUID begins with this; found by the primary key, however many devices there are.
        last_seen_before_ms: not seen since then, wall ms.
        storage: that keep their queue there.
        is_unseated: marked as unseated: they reported usage while no item had room.
        is_counted: that hold a seat or such a mark, so that there is something to release.
    """

    code: str | None = None
    license_id: str | None = None
    search: str | None = None
    last_seen_before_ms: int | None = None
    storage: StorageKind | None = None
    is_unseated: bool = False
    is_counted: bool = False
    uuid_prefix: str | None = None

    def matches(self, device: Device) -> bool:
        """Tell whether a device meets every condition."""
        return (
            self.code in (None, device.handshake_code)
            and self.license_id in (None, device.license_id)
            and (self.search is None or is_found(device, self.search.casefold()))
            and device.device_uuid.startswith(self.uuid_prefix or "")
            and (self.last_seen_before_ms is None or device.last_seen_ms < self.last_seen_before_ms)
            and self.storage in (None, device.storage)
            and (device.is_unseated or not self.is_unseated)
            and (device.license_id is not None or device.is_unseated or not self.is_counted)
        )

    def check(self) -> None:
        """Refuse what can find nothing.

        Raises:
            OptionError: ``search`` is no part of any friendly name: empty, too long, not printable; or ``uuid_prefix``
                begins no UUID.
        """
        text = self.search
        if text is not None and not (1 <= len(text) <= MAX_SEARCH_LENGTH and text.isprintable()):
            asked = f"1 to {MAX_SEARCH_LENGTH} printable characters"
            raise OptionError(f"What devices are searched for has {asked}; found {text!r:.80}.")
        if self.uuid_prefix is not None and not _UUID_PREFIX.fullmatch(self.uuid_prefix):
            asked = "the beginning of a UUID: up to 36 digits, letters a to f and dashes"
            raise OptionError(f"Devices are searched for by {asked}; found {self.uuid_prefix!r:.80}.")


def is_found(device: Device, folded: str) -> bool:
    """Tell whether a case-folded text begins a device's UUID or is part of its friendly name."""
    return device.device_uuid.startswith(folded) or folded in (device.friendly_name or "").casefold()


def key_of(device: Device) -> DeviceKey:
    """Return a device's place in lists."""
    return device.handshake_code, device.device_uuid
