"""What is to be known of an error code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code.

    Attributes:
        code: stable, upper-case name for programs.
        origin: who tells it: ``tracker``, ``tracker on a host``, or ``server`` with the HTTP status that goes with it;
            a server's code without a status is told by its command line alone.
        meaning: when it is told. Markdown.
        repair: what to do about it, in whole sentences. Markdown.
    """

    code: str
    origin: str
    meaning: str
    repair: str
