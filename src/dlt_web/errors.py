"""Every error that this package raises on purpose, and the stable codes behind them.

The tree::

    DltError                    code, message
    ├── OptionError             an option of the tracker, the filter or the command line is out of range
    ├── ScanError               what a barcode reader handed over cannot be counted
    ├── WireError               a JSON message breaks the protocol; names the field
    ├── TokenError              an auth token cannot be read or is not for this device
    ├── LicenseError            the LTS said no, or its permission ran out
    ├── IllegalTransitionError  a state machine met an input that its state does not know
    └── ClosedError             a call after close()

A message says what was asked, what was found and what repairs it. Codes are part of the public interface
(README, table of error codes): they are added to, never changed.
"""

from collections.abc import Mapping


class DltError(Exception):
    """Base of all errors of this package.

    Attributes:
        code: stable, upper-case name for programs.
        message: one or two sentences for people.
    """

    code = "INTERNAL"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class OptionError(DltError):
    """An option has a value outside its range; the message names both."""

    code = "OPTION_INVALID"


class ScanError(DltError):
    """A reader's result has no usable format or payload; nothing of that call was counted."""

    code = "SCAN_INVALID"


class WireError(DltError):
    """A JSON message breaks the protocol of the license tracking server.

    Attributes:
        field: path of the offending field, e.g. ``reports[3].counts.qr_code``; empty for the whole message.
    """

    code = "REQUEST_INVALID"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class TokenError(DltError):
    """An auth token cannot be read, or speaks of another device."""

    code = "TOKEN_INVALID"


class LicenseError(DltError):
    """The license does not permit this; ``code`` is the server's problem code or ``LICENSE_TOKEN_EXPIRED``."""

    code = "LICENSE_REFUSED"


class IllegalTransitionError(DltError):
    """A state machine was given an input that its current state does not know; the state is unchanged."""

    code = "ILLEGAL_TRANSITION"


class ClosedError(DltError):
    """The tracker was closed before this call; nothing was counted."""

    code = "TRACKER_CLOSED"


def shown(value: object) -> str:
    """Return the start of a value for an error, as the page knows it.

    What JSON cannot say (NaN, a BigInt, a function) comes from the page as an object that names it.
    """
    if value is None:
        return "nothing"
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, said),) = value.items()
        if kind in ("number", "bigint", "function", "symbol") and isinstance(said, str):
            return said or f"a {kind}"
    return str(value).lower() if isinstance(value, bool) else f"{value!a:.60}"
