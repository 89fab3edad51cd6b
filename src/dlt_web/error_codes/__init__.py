"""Every error code, with what it means and what repairs it: for ``dlt-web explain-error`` and the error reference.

The tables are held against the code by tests: each code that is told is here, and none other.
"""

from __future__ import annotations

from ..errors import OptionError, shown
from .code import ErrorCode
from .server import SERVER_CODES
from .tracker import TRACKER_CODES

__all__ = ["ERROR_CODES", "ErrorCode", "as_words", "find_code"]

ERROR_CODES = (*TRACKER_CODES, *SERVER_CODES)


def find_code(name: str) -> ErrorCode:
    """Return what is to be known of a code, written in whatever case.

    Raises:
        OptionError: there is no such code.
    """
    for known in ERROR_CODES:
        if known.code == name.upper():
            return known
    raise OptionError(f"{shown(name)} is no error code of dlt-web; `dlt-web explain-error` lists all of them.")


def as_words(known: ErrorCode) -> str:
    """Return a code's explanation for people: a line each for the code, its meaning and its repair."""
    return f"{known.code} ({known.origin})\n  Means: {known.meaning}.\n  Repair: {known.repair}"
