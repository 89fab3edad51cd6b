"""What must exist to be worked on: refused in one sentence where it does not."""

from __future__ import annotations

from .admin_keys import AdminError
from .records import Handshake, LicenseItem
from .store import Reading


def known_handshake(rows: Reading, code: str) -> Handshake:
    """Return a handshake code, or raise the error that says that there is none."""
    handshake = rows.handshake(code)
    if handshake is None:
        raise AdminError(f"There is no handshake code {code}; lts handshake list names them.")
    return handshake


def known_license(rows: Reading, license_id: str) -> LicenseItem:
    """Return a license item, or raise the error that says that there is none."""
    item = rows.license(license_id)
    if item is None:
        raise AdminError(f"There is no license {license_id}; lts license list names them.")
    return item
