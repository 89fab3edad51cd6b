"""``/v1/admin/overview``, ``/items``, ``/audit/latest``: the lists that the dashboard shows, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from ..errors import WireError
from ..slots import format_time
from .admin_query import known_versions, number_value
from .chain_watch import ChainWatch
from .devices import MAX_SEARCH_LENGTH
from .http import JsonResponse
from .list_versions import Versioned
from .page_reads import ItemRow, PageReads
from .records import AuditEntry
from .views import audit_json, handshake_json, license_json

T = TypeVar("T")

MAX_LISTED = 200
MAX_AUDIT_NUMBER = 10**15 - 1


class PagesApi:
    """The endpoints; each blocks."""

    def __init__(self, reads: PageReads, chain: ChainWatch) -> None:
        self._reads = reads
        self._chain = chain

    def codes(self, request: Request) -> Response:
        """List handshake codes with their items in order; ``Link`` names the next page where there may be one."""
        search, after, limit = _asked(request)
        page = self._reads.codes(search, after, limit)
        rows = [handshake_json(row.handshake) | {"items": list(map(_item_json, row.items))} for row in page]
        return listed(request, rows, {"after": rows[-1]["id"]} if len(rows) == limit else None)

    def items(self, request: Request) -> Response:
        """List license items with the thresholds of their alerts."""
        search, after, limit = _asked(request)
        rows = [_item_json(row) for row in self._reads.items(search, after, limit)]
        return listed(request, rows, {"after": rows[-1]["id"]} if len(rows) == limit else None)

    def audit(self, request: Request) -> Response:
        """List audit entries numbered below ``before``, newest first; nothing to whoever has the list's version."""
        before = number_value(request, "before", MAX_AUDIT_NUMBER, 1, MAX_AUDIT_NUMBER)
        limit = number_value(request, "limit", MAX_LISTED, 1, MAX_LISTED)

        def shown(entries: Sequence[AuditEntry]) -> Response:
            rows = [audit_json(entry) for entry in entries]
            return listed(request, rows, {"before": str(rows[-1]["number"])} if len(rows) == limit else None)

        return answer_by_version(self._reads.audit(before, limit, known_versions(request)), shown)

    def chain(self, _request: Request) -> Response:
        """Tell whether the audit log is as it was written, as far as it was read by now."""
        found = self._chain.look()
        return JsonResponse(
            {
                "state": found.state,
                "entries": found.entries,
                "held": found.held,
                "checkedAt": _time(found.checked_ms),
                "readWholeAt": _time(found.whole_ms),
                "breakCount": found.break_count,
                "breaks": found.breaks,
            }
        )


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_time(at_ms)


def answer_by_version(page: Versioned[T], shown: Callable[[T], Response]) -> Response:
    """Return a page with its list's version as the ``ETag``, or 304 to whoever has it."""
    if page.rows is None:
        response = Response(status_code=304, headers={"Cache-Control": "no-store"})
    else:
        response = shown(page.rows)
    response.headers["ETag"] = f'W/"{page.version}"'
    return response


def listed(request: Request, rows: Sequence[Any], following: Mapping[str, str] | None) -> Response:
    """Return a page; ``following`` is what the query for the next one has in place of this one's."""
    if following is None:
        return JsonResponse(rows)
    query = urlencode(dict(request.query_params) | dict(following), quote_via=quote)
    return JsonResponse(rows, headers={"Link": f'<{request.url.path}?{query}>; rel="next"'})


def _item_json(row: ItemRow) -> dict[str, Any]:
    return license_json(row.item) | {"thresholds": list(row.thresholds)}


def _asked(request: Request) -> tuple[str | None, str | None, int]:
    search = request.query_params.get("search")
    if search is not None and not (1 <= len(search) <= MAX_SEARCH_LENGTH and search.isprintable()):
        raise WireError(f"expected 1 to {MAX_SEARCH_LENGTH} printable characters", field="search")
    return search, request.query_params.get("after"), number_value(request, "limit", MAX_LISTED, 1, MAX_LISTED)
