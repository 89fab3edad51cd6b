"""What kind of answer came back from a server: good, a refusal, try later, or no LTS at all (spec §5, §7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from .errors import WireError
from .json_text import parse_json
from .messages import HttpAnswered, HttpFailed, Json
from .model import Problem
from .outbox import HttpResult, Trouble
from .wire_answers import decode_problem

T = TypeVar("T")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# A server that says "come back in a year" is a mistake; an hour keeps every report alive (spec §5: at least hourly).
MAX_RETRY_AFTER_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing usable came.

    Attributes:
        trouble: why.
        retry_after_ms: how long the server asked to be left alone; 0 if it did not.
    """

    trouble: Trouble
    retry_after_ms: int = 0


def read_answer(
    result: HttpResult, url: str, good_status: int, decode: Callable[[Json], T], *, wall_ms: int
) -> T | Problem | NoAnswer:
    """Return what an HTTP result means.

    Args:
        result: as the shell fed it.
        url: that was asked, for messages.
        good_status: the status of a good answer.
        decode: reads a good answer's body; may raise WireError.
        wall_ms: now, for a Retry-After that names a date.

    Returns:
        The decoded answer; a :class:`~dlt_web.model.Problem` where an LTS refused for good (4xx but 408, 425, 429);
        :class:`NoAnswer` for all else, from a dead network to HTML with status 200.
    """
    if isinstance(result, HttpFailed):
        return NoAnswer(
            Trouble(
                "SERVER_UNREACHABLE",
                f"{url} could not be reached ({result.reason}). Check the network, the address in licenseServer and "
                "that the server allows this origin.",
            )
        )
    wait_ms = retry_after_ms(result.retry_after, wall_ms)
    try:
        body = parse_json(result.body)
        if result.status == good_status:
            return decode(body)
        if result.status >= 400:
            problem = decode_problem(result.status, body)
            is_final = result.status < 500 and result.status not in (408, 425, 429)
            return problem if is_final else NoAnswer(Trouble(problem.code, problem.detail), wait_ms)
    except (ValueError, WireError):
        pass
    return NoAnswer(Trouble("SERVER_ANSWER_INVALID", _not_an_lts(result, url)), wait_ms)


def retry_after_ms(header: str | None, wall_ms: int) -> int:
    """Return the wait that a Retry-After header asks for (RFC 9110 §10.2.3, both forms), ms, at most an hour."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * 1000, MAX_RETRY_AFTER_MS)
    parts = text.replace(":", " ").split()
    try:
        _, day, month, year, hour, minute, second, _ = parts
        moment = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return 0
    return min(max(0, int(moment.timestamp() * 1000) - wall_ms), MAX_RETRY_AFTER_MS)


def _not_an_lts(result: HttpAnswered, url: str) -> str:
    start = result.body.lstrip()[:15].lower()
    what = "a web page (HTML)" if start.startswith(("<!doctype", "<html")) else "something else"
    if 300 <= result.status < 400:
        what = "a redirect, which is not followed"
    return (
        f"{url} answered status {result.status} with {what} where a License Tracking Server answers JSON. "
        "Check the address in licenseServer."
    )


def is_same_store(known: str | None, store_epoch: str) -> bool:
    """Tell whether two epochs (``storeId:number``) are of one store; an unknown one is of any."""
    return known is None or known.rpartition(":")[0] == store_epoch.rpartition(":")[0]


def store_mismatch(server: str) -> Trouble:
    """Return the trouble of a server that fronts another store than the one reported to before."""
    return Trouble(
        "STORE_MISMATCH",
        f"{server} keeps another store than the one this device reports to. Main and standby must share one store; "
        "nothing is sent there.",
    )
