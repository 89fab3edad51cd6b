"""What settings of license items and handshake codes may hold."""

from __future__ import annotations

import re
import unicodedata

from ..errors import OptionError
from .records import Handshake, LicenseItem

# Bounds that keep quota * percent far inside 64 bits.
MAX_QUOTA = 10**12
MAX_GRACE_PERCENT = 1_000
MAX_DEVICE_LIFETIME_S = 10 * 366 * 86_400
MAX_CUSTOMER_NAME_LENGTH = 80
MAX_RELEASES = 1_000_000
MAX_RELEASE_TERM_S = MAX_DEVICE_LIFETIME_S
RELEASE_TERM_S = 30 * 86_400

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CODE = re.compile(r"[!-~]{1,128}")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?|null|[a-z][a-z0-9+.-]*://[a-z0-9._-]+")


def check_license(item: LicenseItem) -> None:
    """Refuse settings out of range.

    Raises:
        OptionError: names the value and the range.
    """
    if not NAME.fullmatch(item.id):
        raise OptionError(f"A license id has 1 to 64 letters, digits, dots or dashes; found {item.id!r:.80}.")
    if not NAME.fullmatch(item.product):
        raise OptionError(f"A product has 1 to 64 letters, digits, dots or dashes; found {item.product!r:.80}.")
    _check_range("quota", item.quota, 0, MAX_QUOTA)
    _check_range("grace percent", item.grace_percent, 0, MAX_GRACE_PERCENT)
    _check_range("device lifetime in seconds", item.device_lifetime_s, 1, MAX_DEVICE_LIFETIME_S)
    if item.charge_way == "per_scan" and item.on_exhausted == "refuse-new":
        raise OptionError("refuse-new is not for per_scan: take refuse-all or allow.")
    if item.valid_from_ms is not None and item.valid_until_ms is not None and item.valid_from_ms >= item.valid_until_ms:
        raise OptionError("A license's validity begins before it ends.")


def check_handshake(handshake: Handshake) -> None:
    """Refuse settings out of range.

    Raises:
        OptionError: names the value and what is expected.
    """
    if not _CODE.fullmatch(handshake.code):
        raise OptionError("A handshake code has 1 to 128 printable ASCII characters without spaces.")
    if not handshake.license_ids:
        raise OptionError("A handshake code needs at least one license.")
    if len(set(handshake.license_ids)) != len(handshake.license_ids):
        raise OptionError("A handshake code names each license once.")
    for origin in handshake.origins:
        if not _ORIGIN.fullmatch(origin):
            raise OptionError(f"An origin looks like https://shop.example:8443, in lower case; found {origin!r:.200}.")
    if handshake.origins and handshake.allow_non_browser and handshake.password_hash is None:
        raise OptionError("Beside an origin list, allow-non-browser needs a session password.")
    limit, term_s = handshake.release_limit, handshake.release_term_s
    if limit is not None and term_s is not None:
        _check_range("number of devices that a customer may release", limit, 1, MAX_RELEASES)
        _check_range("term of these releases in seconds", term_s, 1, MAX_RELEASE_TERM_S)


def customer_name(text: str) -> str:
    """Return a customer's name, composed (NFC), so that two ways to write an umlaut are no two customers.

    Raises:
        OptionError: it is no name of 1 to 80 printable characters without spaces around it.
    """
    name = unicodedata.normalize("NFC", text)
    if not 1 <= len(name) <= MAX_CUSTOMER_NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise OptionError(
            f"A customer's name has 1 to {MAX_CUSTOMER_NAME_LENGTH} printable characters and no space around them; "
            f"found {text!r:.100}."
        )
    return name


def _check_range(what: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise OptionError(f"The {what} is {lowest} to {highest}; found {value}.")
