"""Which settings of a license item or a handshake code somebody has seen: so that nobody overwrites what they have not.

The version is made of the settings themselves, and not of what was counted since: what was changed and changed back is
as it was.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import structs

from .admin_keys import AdminError
from .records import Handshake, LicenseItem

VERSION_LENGTH = 16


def version_of(record: LicenseItem | Handshake) -> str:
    """Return the version of settings: 16 hexadecimal digits."""
    if isinstance(record, LicenseItem):
        record = structs.replace(record, seats=0, scans=0, is_exhausted=False)
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()[:VERSION_LENGTH]


def check_version(what: str, record: LicenseItem | Handshake, expected: str | None) -> None:
    """Refuse to change what is not as it was seen; whoever expects nothing (None) changes whatever there is.

    Raises:
        AdminError: somebody has changed it since.
    """
    found = version_of(record)
    if expected not in (None, found):
        raise AdminError(
            f"{what} was changed meanwhile: its version is {found}, and no more {expected!r:.40}. Nothing of this "
            "change was kept; look at it again.",
            code="CHANGED_MEANWHILE",
        )
