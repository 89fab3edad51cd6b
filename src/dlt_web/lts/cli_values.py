"""Values on the command line: times, lifetimes; and how results are printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import click

from ..errors import DltError, OptionError, WireError
from ..slots import parse_time

UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")


class Time(click.ParamType[int]):
    """An RFC 3339 time, or a date, which means its first moment in UTC; becomes wall ms."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the time in ms since the epoch."""
        text = str(value)
        try:
            return parse_time(f"{date.fromisoformat(text).isoformat()}T00:00:00Z" if len(text) == 10 else text)
        except (ValueError, WireError):
            self.fail(f"{text!r} is no time such as 2026-11-24T10:00:00Z and no date such as 2026-11-24", param, ctx)


class Duration(click.ParamType[int]):
    """A number with a unit, such as ``90d``, ``12h``, ``3m``, ``30s``; becomes seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the duration in seconds."""
        parts = _DURATION.fullmatch(str(value))
        if parts is None or int(parts[1]) == 0:
            self.fail(f"{value!r} is no duration such as 90d, 12h, 3m or 30s", param, ctx)
        return int(parts[1]) * UNIT_S[parts[2]]


TIME = Time()
DURATION = Duration()


@contextmanager
def one_sentence_errors() -> Iterator[None]:
    """Turn refusals into exit code 1 and bad settings into exit code 2, each with one sentence on stderr."""
    try:
        yield
    except OptionError as error:
        raise click.UsageError(error.message) from None
    except DltError as error:
        raise click.ClickException(error.message) from None


def print_object(value: Mapping[str, Any], is_json: bool) -> None:
    """Print one object: JSON, or a line for each member."""
    if is_json:
        click.echo(json.dumps(value))
        return
    width = max(len(name) for name in value)
    for name, member in value.items():
        click.echo(f"{name:<{width}}  {_cell(member)}")


def print_list(rows: Sequence[Mapping[str, Any]], is_json: bool, empty: str) -> None:
    """Print a list of alike objects: JSON, or a table."""
    if is_json:
        click.echo(json.dumps(rows))
        return
    print_table([rows], empty)


def print_table(pages: Iterable[Sequence[Mapping[str, Any]]], empty: str) -> None:
    """Print alike objects as one table, page by page; the first page decides how wide the columns are."""
    widths: list[int] = []
    for page in pages:
        lines = [[_cell(member) for member in row.values()] for row in page]
        if page and not widths:
            lines.insert(0, list(page[0]))
            widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
    if not widths:
        click.echo(empty)


def options(*given: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return one decorator for several options, in reading order."""

    def decorate(command: Any) -> Any:
        for option in reversed(given):
            command = option(command)
        return command

    return decorate


def _cell(member: Any) -> str:
    if isinstance(member, bool):
        return "yes" if member else "no"
    if isinstance(member, dict):
        return ", ".join(f"{name} {_cell(value)}" for name, value in member.items()) or "-"
    if isinstance(member, list):
        return ", ".join(map(_cell, member)) or "-"
    return "-" if member is None else str(member)
