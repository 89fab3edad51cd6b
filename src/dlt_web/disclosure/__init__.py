"""What is stored in a browser or on a host and what is sent, field by field: the tables of ``docs/privacy.md``.

The names of fields that Python writes are those that the encoders of the running version give (:func:`core_fields`,
:func:`wire_fields`), and limits are its constants; tests hold both against the tables, and a real browser's storage and
requests against all of them. So no field can come, or go, without a word here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..dedupe import DEFAULT_FORGET_TIME_MS
from ..local_state import LocalState, Permission
from ..model import AuthorizationRequest, ReportRequest, UsageReport
from ..queued_report import DeadLetter, QueuedReport
from ..report_queue import ReportQueue
from ..stored_records import difference
from ..wire import encode_authorization_request, encode_report, encode_report_request
from .host import ON_HOST, SENT_HEADERS_OF_HOSTS
from .server import KEPT, OTHERS
from .tables import SENT, SENT_HEADERS, STORED, Table

Json = Any

BEGIN, END = "<!-- what follows is written by `dlt-web privacy --into` -->", "<!-- end of what is written -->"
# Objects whose members are named by what they are about: a symbology, a reason, a device, a record, a trait.
COUNTS = frozenset({"counts", "lost", "unreportedLost", "lostWithDevices", "lostWithRecords", "traits"})
_ID = "0" * 8 + "-0000-4000-8000-" + "0" * 12


def core_fields() -> dict[str, set[str]]:
    """Return the records that this version's encoders write, with every field that they can have."""
    report = UsageReport(_ID, 1, 1, 0, {"qr_code": 1}, {"purged": 1})
    dead = UsageReport(_ID, 2, 1, 0, {"qr_code": 1}, {"purged": 1})
    queued = QueuedReport(_ID, report, report, 1, 1, 1, is_set_back=True)
    letter = DeadLetter(_ID, dead, "REPORT_INVALID")
    full = LocalState(
        handshake_code="code",
        device_uuid=_ID,
        queue=ReportQueue(_ID, 3, "epoch:1", {"purged": 1}, {queued.key: queued}, {letter.key: letter}),
        report_token="token",
        permission=Permission("token", "per_scan", "item", False, 1, 2, 3),
        first_request_at_ms=1,
        clock_seen_ms=1,
        lost_with_devices={_ID: 1},
        counted_calls={"page": 1},
        journalled_pages=frozenset({"page"}),
        has_forgotten_calls=True,
        lost_with_records={"stream": 1},
    )
    written = difference(LocalState("code"), full).put
    return {f"dlt-web/records/{named(key)}": set(paths(value)) for key, value in written.items()}


def wire_fields() -> dict[str, set[str]]:
    """Return the requests that this version's encoders write, with every field that they can have."""
    report = UsageReport(_ID, 1, 1, 0, {"qr_code": 1}, {"purged": 1})
    usage = ReportRequest("code", _ID, _ID, "token", "epoch:1", "indexeddb", False, 0, (report,))
    held = encode_report_request(usage, held=[encode_report(report)])
    asked = AuthorizationRequest("code", _ID, "product", "password", "name", "indexeddb", False, "epoch:1")
    return {
        "POST /v1/authorizations": set(paths(encode_authorization_request(asked))),
        "POST /v1/usage-reports": set(paths(encode_report_request(usage))) | set(paths(held)),
    }


def named(key: str) -> str:
    """Return a stored record's name without what differs from one code, stream or report to the next."""
    begin = re.match(r"code/(\d+)/", key)
    if begin is None:
        return key
    # The code may hold slashes; its length tells where it ends.
    kind, *rest = key[begin.end() + int(begin[1]) + 1 :].split("/")
    return f"code/…/{kind}{'/…' if rest else ''}"


def paths(value: Json, path: str = "") -> Iterator[str]:
    """Give the path of each field of a JSON value; members of an object of counts are one field."""
    is_of_counts = path.rpartition(".")[2] in COUNTS
    if isinstance(value, dict) and not is_of_counts:
        for name, member in value.items():
            yield from paths(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from paths(member, f"{path}[]")
    else:
        yield path


def rendered() -> str:
    """Return the tables as Markdown."""
    pieces = ["### Stored in the browser", *(_markdown(table) for table in STORED)]
    pieces += ["### Sent to the license tracking server", *(_markdown(table) for table in SENT)]
    forget_s = DEFAULT_FORGET_TIME_MS // 1000
    pieces.append(
        f"Beside these fields dlt-web sets one header, `{', '.join(SENT_HEADERS)}`; all others are the browser's own, "
        "as with each request of a page: its kind and version, its languages, the page's origin. There is no cookie, "
        f"no credential and no referrer. Of another origin's server browsers first ask whether they may send "
        f"(`OPTIONS`), which says no field. What the filter of duplicates compares ({forget_s} s by default) is in "
        "memory only."
    )
    pieces += ["### Stored by the editions on CPython", *(_markdown(table) for table in ON_HOST)]
    pieces.append(
        "They send the same requests as the browser and no other, with `storage` `file` or `memory` and `partitioned` "
        "`false`. A trait is never sent, nor a hash of one but the UUID where it is made of traits. Their headers are "
        f"`{', '.join(SENT_HEADERS_OF_HOSTS)}`; `user-agent` says `dlt-web` and its version."
    )
    pieces += ["### Kept by the license tracking server", *(_markdown(table) for table in KEPT)]
    others = "\n".join(f"- `{name}`: {meaning}" for name, meaning in OTHERS.items())
    pieces.append(f"Its other tables hold sums, settings and keys:\n\n{others}")
    return "\n\n".join(pieces)


def _markdown(table: Table) -> str:
    until = f" Deleted when {table.until}." if table.until else ""
    head = f"#### {table.title[0].upper()}{table.title[1:]}\n\nWhy: {table.purpose}.{until}"
    rows = [f"| {f'`{path}`' if path else 'the value'} | {meaning} |" for path, meaning in table.fields]
    return (
        "\n".join([f"{head}\n", "| field | what it says |", "|---|---|", *rows]) if rows else f"{head} It says nothing."
    )


def as_json() -> Json:
    """Return the tables as JSON: ``stored``, ``sent``, ``storedOnHosts`` and ``kept`` by the server, each a list."""
    tables = {"stored": STORED, "sent": SENT, "storedOnHosts": ON_HOST, "kept": KEPT}
    return {name: [asdict(table) for table in tables[name]] for name in tables}


def update(page: Path) -> None:
    """Write the tables into a page, between its two marks.

    Raises:
        ValueError: the page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{page} needs these two lines, for the tables to go between: {BEGIN} and {END}")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{rendered()}\n\n{END}{after}", encoding="utf-8")
