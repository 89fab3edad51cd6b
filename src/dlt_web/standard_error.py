"""What commands say, beside their results, and where nobody listens any more."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click


def tell(sentence: str) -> None:
    """Say something on standard error; where nobody listens any more, or its disk is full, no exit code changes."""
    try:
        click.echo(sentence, err=True)
    except OSError:
        sys.stderr = unheard()


def unheard() -> TextIO:
    """Return what takes the place of a stream that has gone, or is full, and takes whatever is said.

    Python writes what is left once more at its end, and gives an exit code of its own where it cannot.
    """
    return open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")
