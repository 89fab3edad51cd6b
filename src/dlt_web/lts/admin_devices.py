"""Releasing devices: one by its UUID, or all that a filter lets through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from ..errors import OptionError
from .admin_keys import AdminError, AdminKeys
from .devices import DeviceFilter, DeviceKey, key_of
from .reads import Reads, known_handshake
from .records import Device
from .seats import remove_device
from .store import Writing

# Released in one transaction, with one entry in the audit log: holds the writer for some milliseconds.
CHUNK_DEVICES = 200


class DeviceReleases(AdminKeys):
    """Frees seats on behalf of an operator. Blocking: for the command line and for threads."""

    def release_device(self, code: str, device_uuid: str) -> None:
        """Free a device's seat; it comes back, as a new seat, with its next authorization or report.

        Raises:
            AdminError: there is no such code, or the device holds no seat under it.
        """

        def release(rows: Writing) -> None:
            known_handshake(rows, code)
            device = rows.device(code, device_uuid)
            if device is None or (device.license_id is None and not device.is_unseated):
                others = f"lts devices list --handshake {code} names those that do"
                raise AdminError(f"The device {device_uuid} holds no seat under {code}; {others}.")
            remove_device(rows, device, self._clock.now_ms())
            self._audit(rows, "device.release", f"{code} {device_uuid}", {"licenseId": device.license_id})

        self._write(release)

    def release_devices(self, wanted: DeviceFilter, *, is_dry_run: bool = False) -> int:
        """Free the seats, and the marks of unseated devices, that a filter lets through; return how many.

        Devices are found by reading and released in chunks, so that others are answered in between; each is judged
        anew in the transaction that releases it. One that comes back meanwhile is not released twice.

        Args:
            wanted: what they must be like: at least one condition beside the handshake code.
            is_dry_run: only count them.

        Raises:
            AdminError: there is no such code or item.
            OptionError: the filter names no condition, or one out of range.
        """
        if replace(wanted, code=None, is_counted=False) == DeviceFilter():
            raise OptionError("Releasing devices in bulk needs at least one condition; found none.")
        wanted = replace(wanted, is_counted=True)
        reads = Reads(self._store)
        if is_dry_run:
            return reads.count_devices(wanted)
        released, after = 0, None
        while page := reads.device_page(wanted, after, CHUNK_DEVICES):
            after = key_of(page[-1])
            released += self._release_chunk(wanted, [key_of(device) for device in page])
        return released

    def _release_chunk(self, wanted: DeviceFilter, keys: Sequence[DeviceKey]) -> int:
        def release(rows: Writing) -> int:
            devices = [device for key in keys if (device := rows.device(*key)) is not None and wanted.matches(device)]
            for device in devices:
                remove_device(rows, device, self._clock.now_ms())
            if devices:
                self._audit(rows, "devices.release", wanted.code or "*", _detail(wanted, devices))
            return len(devices)

        return self._write(release)


def _detail(wanted: DeviceFilter, devices: Sequence[Device]) -> dict[str, object]:
    """Return the conditions that were given, and whose seats were freed at which item."""
    given = {name: value for name, value in asdict(wanted).items() if value is not None and value is not False}
    del given["is_counted"]
    return {
        "conditions": given,
        "released": [[device.handshake_code, device.device_uuid, device.license_id] for device in devices],
    }
