"""Why a check failed, was not made, or why nothing can be verified at all.

::

    VerifyError            nothing can be verified: wrong address, no tracker, … exit code 2
    └ CountingError        the server that counts cannot be asked; in a check that says nothing of the app
      └ SeatsKeptError     the app's server did not take back the seats of devices of the run
    CheckFailedError       the app does not keep a rule: exit code 1
    └ BreachFoundError     what must not be there was found, whatever went wrong beside it
      └ LeakFoundError     a barcode's text left the browser; holds the requests that carried it
    NotTestedError         a check cannot be made here; shown with its reason, never as passed
"""

from __future__ import annotations

import traceback
from pathlib import Path

from .outcome import SeenRequest


class VerifyError(Exception):
    """Nothing can be verified; the message is one sentence for people that says what repairs it."""


class CountingError(VerifyError):
    """The license tracking server that says what was counted cannot be asked; the message says why."""


class SeatsKeptError(CountingError):
    """Seats of the run's devices could not be given back; the message names them, for whoever does it by hand.

    Attributes:
        why: what the server said, in a sentence.
    """

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


class CheckFailedError(Exception):
    """A check failed; the message says what was expected and what was found."""


class BreachFoundError(CheckFailedError):
    """What breaks a rule by being there was found: so it is, whatever went wrong beside it."""


class LeakFoundError(BreachFoundError):
    """A barcode's text was found in what left the browser.

    Attributes:
        requests: those that carried it, for the report.
    """

    def __init__(self, message: str, requests: tuple[SeenRequest, ...]) -> None:
        super().__init__(message)
        self.requests = requests


class NotTestedError(Exception):
    """A check cannot be made here; the message says why."""


def sentence_of(error: Exception) -> str:
    """Say for people why a run could not go on, whatever ended it, and what was noted beside it."""
    return " ".join((_sentence_of(error), *getattr(error, "__notes__", ())))


def _sentence_of(error: Exception) -> str:
    if isinstance(error, VerifyError):
        return str(error)
    if isinstance(error, OSError):
        return f"The run could not go on: {_told_by_system(error)}."
    said = (str(error).strip() or "it says nothing").splitlines()[0].rstrip(".")
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f", in {Path(frame.filename).name}, line {frame.lineno}" for frame in place)
    return f"The run was ended by what nobody expected, {type(error).__name__}: {said}{where}. Please report it."


def unmade_by(error: Exception) -> str:
    """Say why a check could not be made that was begun, for whatever reason but the app's conduct."""
    if isinstance(error, SeatsKeptError):
        said = error.why  # which they are is said at the run's end, unless they can be given back then
    elif isinstance(error, VerifyError):
        said = str(error)
    elif isinstance(error, OSError):
        said = _told_by_system(error)
    else:
        said = f"{type(error).__name__}: {(str(error).strip() or 'it says nothing').splitlines()[0]}"
    return f"the check could not be made, which says nothing of the app: {said.rstrip('.')}"


def _told_by_system(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or str(error) or type(error).__name__}{where}"


def expect(is_so: bool, otherwise: str) -> None:
    """Let a check fail with a sentence unless something is so.

    Raises:
        CheckFailedError: it is not.
    """
    if not is_so:
        raise CheckFailedError(otherwise)
