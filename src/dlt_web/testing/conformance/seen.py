"""What a report shows of a request: enough to see what it says, and no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from dlt_web.testing.canaries import Leak, find_form
from dlt_web.testing.recorded_request import RecordedRequest

from .outcome import SeenRequest

# A report of a run stays a file that can be mailed, and is: to people who have no business with these.
SECRETS = frozenset({"sessionPassword", "reportToken"})
MAX_BODY_CHARACTERS = 1500
# Of what stands before and behind a text that was found.
_AROUND_BYTES = 200


def seen_request(request: RecordedRequest, answer: str) -> SeenRequest:
    """Return what a report shows of a tracker's request that was answered so."""
    body = _body(request)
    cut = body if len(body) <= MAX_BODY_CHARACTERS else f"{body[:MAX_BODY_CHARACTERS]} …"
    return SeenRequest(request.method, request.url, answer, cut)


def leaking_request(request: RecordedRequest, answer: str, leak: Leak) -> SeenRequest:
    """Return what a report shows of a request that carried a barcode's text away: where it stands, and what is around.

    The texts are the suite's own, so they are no secret; of headers, which may hold some, only the name is shown.
    """
    body = _body(request).encode()
    # What JSON spells by \u is plain in what is shown of it.
    found = find_form(leak, body) or find_form(replace(leak, form="raw"), body)
    if found is not None:
        around = body[max(found[0] - _AROUND_BYTES, 0) : found[1] + _AROUND_BYTES].decode(errors="replace")
        before, after = found[0] > _AROUND_BYTES, len(body) > found[1] + _AROUND_BYTES
        return SeenRequest(request.method, request.url, answer, f"{'… ' * before}{around}{' …' * after}")
    if find_form(leak, request.url.encode()) is not None:
        return seen_request(request, answer)
    header = next((name for name, value in request.headers if find_form(leak, value.encode("latin-1"))), None)
    where = f"header {header}" if header else "body, packed or in bytes that are not shown"
    return SeenRequest(request.method, request.url, answer, f"({leak.form} in the {where})")


def _body(request: RecordedRequest) -> str:
    """Return a body as text, without secrets of the tracker."""
    body = request.plain_body.decode(errors="replace")
    try:
        said = json.loads(body)
    except ValueError:
        return body
    if not isinstance(said, Mapping):
        return body
    return json.dumps({name: _shown(name, value) for name, value in said.items()}, ensure_ascii=False)


def _shown(name: str, value: object) -> object:
    return "(not shown)" if name in SECRETS and value is not None else value
