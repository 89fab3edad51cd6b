"""Why a check failed, was not made, or why nothing can be verified at all.

::

    VerifyError            nothing can be verified: wrong address, no tracker, … exit code 2
    CheckFailedError       the app does not keep a rule: exit code 1
    NotTestedError         a check cannot be made here; shown with its reason, never as passed
"""

from __future__ import annotations


class VerifyError(Exception):
    """Nothing can be verified; the message is one sentence for people that says what repairs it."""


class CheckFailedError(Exception):
    """A check failed; the message says what was expected and what was found."""


class NotTestedError(Exception):
    """A check cannot be made here; the message says why."""


def expect(is_so: bool, otherwise: str) -> None:
    """Let a check fail with a sentence unless something is so.

    Raises:
        CheckFailedError: it is not.
    """
    if not is_so:
        raise CheckFailedError(otherwise)
