"""The three servers that are compared, each a process: ``python -m benchmarks.lts_servers KIND --store PATH``.

``durable`` is the License Tracking Server as it is. ``single`` is the same server as most would write it: one commit
for each report, on SQLite's own page size, cache and interval of checkpoints (which still run in a thread of their own,
where SQLite would let commits wait for them). ``bare`` is the same server but for the store: the same HTTP layers
(request ids, guards, CORS) and the same decoding; it answers what a booked report is answered, and keeps nothing: the
ceiling.
"""

from __future__ import annotations

import argparse
import socket

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from dlt_web.lts import server
from dlt_web.lts.app import middleware
from dlt_web.lts.cli import lts
from dlt_web.lts.client_address import TrustedProxies
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.http import JsonResponse, guarded, read_json
from dlt_web.lts.store import sqlite, sqlite_checkpoints
from dlt_web.model import ReportAnswer, ReportResult, StreamRow
from dlt_web.wire import decode_report_request
from dlt_web.wire_answers import encode_report_answer

KINDS = ("durable", "single", "bare")
# What SQLite does where nobody says anything else: https://sqlite.org/pragma.html
SQLITE_PAGE_BYTES, SQLITE_CACHE_KIB, SQLITE_CHECKPOINT_PAGES = 4_096, 2_000, 1_000


async def answer_only(request: Request) -> Response:
    """Decode a report request and answer it as if it were booked."""
    reports = decode_report_request(await read_json(request)).request.reports
    results = tuple(ReportResult(report.seq, report.version, "accepted") for report in reports)
    last = StreamRow(reports[-1].id, reports[-1].seq, reports[-1].version)
    return JsonResponse(encode_report_answer(ReportAnswer(SystemClock().now_ms(), "bench:1", results, last)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--store", required=True)
    given = parser.parse_args()
    if given.kind == "bare":
        busy = {"/v1/usage-reports": guarded(answer_only, is_public=True)}
        app = Starlette(middleware=middleware(busy, TrustedProxies(), is_access_logged=False))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server.run(app, listener)
        return
    if given.kind == "single":
        sqlite.MAX_JOBS_IN_COMMIT = 1
        sqlite.WRITER_CACHE_KIB = SQLITE_CACHE_KIB
        sqlite_checkpoints.CHECKPOINT_PAGES = SQLITE_CHECKPOINT_PAGES
    lts(["--store", f"sqlite:///{given.store}", "serve", "--port", "0"], prog_name="dlt-web lts")


if __name__ == "__main__":
    main()
