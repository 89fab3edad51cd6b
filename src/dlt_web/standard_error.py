"""What commands say beside their results, which never decides how they end."""

from __future__ import annotations

import os
import sys

import click


def tell(sentence: str) -> None:
    """Say something on standard error; where nobody listens any more, or its disk is full, no exit code changes."""
    try:
        click.echo(sentence, err=True)
    except OSError:
        # Python writes what is left once more at its end, and gives an exit code of its own where it cannot.
        sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
