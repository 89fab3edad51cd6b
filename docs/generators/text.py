"""Markdown by parts: cells, tables, targets of links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, or nothing where there are no rows."""
    lines = ["| " + " | ".join(cell(text) for text in row) + " |" for row in rows]
    rule = "|" + "---|" * len(head)
    return "\n".join([f"| {' | '.join(head)} |", rule, *lines]) + "\n" if lines else ""


def cell(text: str) -> str:
    """Return Markdown as it may stand in a cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Return a text as code within a line, whatever backticks it has."""
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(language: str, text: str) -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.strip()}\n```\n"


def heading(level: int, text: str, target: str) -> str:
    """Return a heading with a name of its own for links, of which two pages may have equal ones."""
    return f"({target})=\n{'#' * level} {text}\n"
