"""The error reference, from the table that ``dlt-web explain-error`` tells from."""

from __future__ import annotations

from typing import get_args

from dlt_web import errors
from dlt_web.cli import main
from dlt_web.error_codes import ERROR_CODES
from dlt_web.host.surroundings import Notice, NoticeCode

from .text import code, heading, table

INTRODUCTION = """# Error reference

Errors have a stable `code` for programs and a message for people, which says what was asked, what was found and what
repairs it. In JavaScript they are `TrackerError` and its `LicenseError` ([JavaScript](javascript.md)), in Python
`DltError` and those below it ([Python](python.md)); the server answers with a problem of RFC 9457 that has the `code`
as a member ([HTTP](http.md)). `dlt-web explain-error CODE` tells the same on a terminal.
"""


def error_reference() -> str:
    """Return the page."""
    parts = [INTRODUCTION, "## Codes of trackers\n"]
    parts += [_entry(known.code) for known in ERROR_CODES if known.origin.startswith("tracker")]
    parts.append("## Codes of the license server\n")
    parts += [_entry(known.code) for known in ERROR_CODES if known.origin.startswith("server")]
    parts += ["## Classes in Python\n", _classes(), "## Notices of a host\n", _notices()]
    parts += ["## Exit codes of the command line\n", f"{(main.__doc__ or '').strip()}\n"]
    return "\n".join(parts)


def _entry(name: str) -> str:
    known = next(one for one in ERROR_CODES if one.code == name)
    meaning = known.meaning[0].upper() + known.meaning[1:]
    said = f"*{known.origin[0].upper()}{known.origin[1:]}.* {meaning}.\n\n**Repair:** {known.repair}\n"
    return heading(3, code(known.code), f"error-{known.code}") + "\n" + said


def _classes() -> str:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DltError)]
    rows = [
        (code(kind.__name__), code(kind.code), (kind.__doc__ or "").split("\n\n")[0].replace("``", "`"))
        for kind in kinds
    ]
    return table(("class", "code unless another is said", "raised when"), rows)


def _notices() -> str:
    told = " ".join((Notice.__doc__ or "").split("code:")[1].split("message:")[0].split()).replace("``", "`")
    names = ", ".join(code(name) for name in get_args(NoticeCode))
    return f"What `HostTracker.notices` may hold, by its `code` ({names}): {told}\n"
