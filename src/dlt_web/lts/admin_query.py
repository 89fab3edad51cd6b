"""Values in the query and the headers of administrative requests."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request

from ..errors import WireError
from ..slots import parse_time

_ETAG = re.compile(r'"([0-9a-f]{16})"')


def required_value(request: Request, name: str) -> str:
    """Return a value that must be there.

    Raises:
        WireError: it is missing or empty.
    """
    value = request.query_params.get(name)
    if not value:
        raise WireError("expected a value in the query, found none", field=name)
    return value


def time_value(request: Request, name: str) -> int | None:
    """Return a time in wall ms; None where none was given.

    Raises:
        WireError: it is no time.
    """
    text = request.query_params.get(name)
    try:
        return None if text is None else parse_time(text)
    except WireError as error:
        raise WireError(error.message, field=name) from None


def number_value(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """Return a whole number in a range.

    Raises:
        WireError: it is none.
    """
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > len(str(highest)) or not lowest <= int(text) <= highest:
        raise WireError(f"expected a whole number from {lowest} to {highest}", field=name)
    return int(text)


def one_of_values(request: Request, name: str, known: Sequence[str]) -> str:
    """Return one of several names, the first by default.

    Raises:
        WireError: it is none of them.
    """
    text = request.query_params.get(name, known[0])
    if text not in known:
        raise WireError(f"expected one of {', '.join(known)}", field=name)
    return text


def expected_version(request: Request) -> str | None:
    """Return the version that ``If-Match`` asks for; None where there is none, or any is good.

    Raises:
        WireError: it is no version.
    """
    text = request.headers.get("if-match", "*").strip()
    if text == "*":
        return None
    found = _ETAG.fullmatch(text)
    if found is None:
        raise WireError("expected * or the ETag of an answer", field="If-Match")
    return found[1]


def known_versions(request: Request) -> list[str]:
    """Return the versions that ``If-None-Match`` says the client has."""
    tags = request.headers.get("if-none-match", "").split(",")
    return [tag.strip().removeprefix("W/").strip('"') for tag in tags]
