"""Checked reading of JSON values that come from outside, one at a time, for the protocol and the stored records.

A reader takes a value and its path, and gives the value or raises :class:`~dlt_web.errors.WireError`, which says what
was expected at that path and what was found. No error repeats more than the start of a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .errors import WireError
from .model import Counts
from .slots import parse_time

Json = Any
T = TypeVar("T")
Reader = Callable[[Json, str], T]

# Numbers fit JavaScript's exact integers.
MAX_NUMBER = 2**53 - 1
# A slot lasts 180 s; no device makes half a million scans a second, but a broken one may say so.
MAX_COUNT = 100_000_000
# More symbologies than any reader knows; bounds a row of the LTS.
MAX_COUNT_NAMES = 128

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def required(fields: Mapping[str, Json], name: str, read: Reader[T], path: str = "") -> T:
    """Return a member of an object; ``path`` names the object in the error."""
    where = f"{path}.{name}" if path else name
    if name not in fields:
        raise WireError("expected a value, found none", field=where)
    return read(fields[name], where)


def optional(fields: Mapping[str, Json], name: str, read: Reader[T], path: str = "") -> T | None:
    """Return a member, or None where it is missing or null."""
    return None if fields.get(name) is None else required(fields, name, read, path)


def read_object(value: Json, path: str) -> dict[str, Json]:
    """Return an object."""
    if not isinstance(value, dict):
        raise WireError(f"expected an object, found {_kind(value)}", field=path)
    return value


def read_list(value: Json, path: str) -> list[Json]:
    """Return a list."""
    if not isinstance(value, list):
        raise WireError(f"expected a list, found {_kind(value)}", field=path)
    return value


def read_boolean(value: Json, path: str) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise WireError(f"expected true or false, found {_kind(value)}", field=path)
    return value


def number_from(lowest: int, highest: int = MAX_NUMBER) -> Reader[int]:
    """Return a reader of whole numbers in a closed range."""

    def read(value: Json, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WireError(f"expected a whole number, found {_kind(value)}", field=path)
        if not lowest <= value <= highest:
            raise WireError(f"expected a number from {lowest} to {highest}, found {value}", field=path)
        return value

    return read


def read_text(value: Json, path: str) -> str:
    """Return a text of printable characters."""
    if not isinstance(value, str):
        raise WireError(f"expected a text, found {_kind(value)}", field=path)
    if not value.isprintable():
        raise WireError("expected printable characters only", field=path)
    return value


def text_up_to(length: int) -> Reader[str]:
    """Return a reader of printable texts of at most ``length`` characters."""

    def read(value: Json, path: str) -> str:
        text = read_text(value, path)
        if len(text) > length:
            raise WireError(f"expected at most {length} characters, found {len(text)}", field=path)
        return text

    return read


def one_of(names: tuple[str, ...]) -> Reader[str]:
    """Return a reader of a fixed set of names."""

    def read(value: Json, path: str) -> str:
        if not isinstance(value, str) or value not in names:
            raise WireError(f"expected one of {', '.join(names)}, found {_kind(value)}", field=path)
        return value

    return read


def read_uuid(value: Json, path: str) -> str:
    """Return a lower-case UUID."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise WireError(f"expected a lower-case UUID, found {_kind(value)}", field=path)
    return value


def read_time(value: Json, path: str) -> int:
    """Return the milliseconds since the epoch that an RFC 3339 time says."""
    if not isinstance(value, str):
        raise WireError(f"expected an RFC 3339 time, found {_kind(value)}", field=path)
    try:
        return parse_time(value)
    except WireError as error:
        raise WireError(error.message, field=path) from None


def counts_of(is_name: Callable[[str], bool], what: str) -> Reader[Counts]:
    """Return a reader of count tables: names that ``is_name`` allows (``what`` says which), numbers without zeros."""
    number = number_from(0, MAX_COUNT)

    def read(value: Json, path: str) -> Counts:
        fields = read_object(value, path)
        if len(fields) > MAX_COUNT_NAMES:
            raise WireError(f"expected at most {MAX_COUNT_NAMES} names, found {len(fields)}", field=path)
        for name in fields:
            if not is_name(name):
                raise WireError(f"expected {what}, found {name[:70]!a}", field=path)
        counted = {name: number(count, f"{path}.{name}") for name, count in fields.items()}
        return {name: count for name, count in counted.items() if count}

    return read


def _kind(value: Json) -> str:
    """Describe a value for an error without repeating more than its start."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"{value!a:.40}"
