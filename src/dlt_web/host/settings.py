"""The options of a host's tracker, with the names that Python has for them, checked as a page's are."""

from __future__ import annotations

import re
from typing import Any

from ..errors import OptionError
from ..options import TrackerOptions, options_from_json

# Python's name → the one of the JavaScript interface. `persistStorage` and `consent` are for browsers.
SETTINGS = {
    "handshake_code": "handshakeCode",
    "license_server": "licenseServer",
    "duplicate_forget_time_ms": "duplicateForgetTime",
    "duplicate_mode": "duplicateMode",
    "authorize": "authorize",
    "enforcement": "enforcement",
    "product": "product",
    "session_password": "sessionPassword",
    "device_friendly_name": "deviceFriendlyName",
    "durability": "durability",
}
# Those that the host's trackers take beside them, and that the core knows nothing of.
OF_HOSTS = ("edition", "traits", "store")
_OURS = {theirs: ours for ours, theirs in SETTINGS.items()}
_THEIRS = re.compile(r"\b(" + "|".join(_OURS) + r")\b")


def options_of(**given: Any) -> TrackerOptions:
    """Return the core's options.

    Raises:
        OptionError: names the option, what was found and what is allowed.
    """
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise OptionError(
            f"There is no option {unknown[0]!a:.60}; the options are {', '.join((*SETTINGS, *OF_HOSTS))}."
        )
    try:
        return options_from_json({SETTINGS[name]: value for name, value in given.items() if value is not None})
    except OptionError as error:
        raise OptionError(in_python(error.message)) from None


def in_python(message: str) -> str:
    """Return a message of the core with Python's names of the options that it speaks of."""
    return _THEIRS.sub(lambda found: _OURS[found[0]], message)
