"""What a report shows of a request: enough to see what it says, and no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dlt_web.testing.recorded_request import RecordedRequest

from .outcome import SeenRequest

# A report of a run stays a file that can be mailed, and is: to people who have no business with these.
SECRETS = frozenset({"sessionPassword", "reportToken"})
MAX_BODY_CHARACTERS = 1500


def seen_request(request: RecordedRequest, answer: str) -> SeenRequest:
    """Return what a report shows of a tracker's request that was answered so."""
    body = request.plain_body.decode(errors="replace")
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if isinstance(said, Mapping):
        body = json.dumps({name: _shown(name, value) for name, value in said.items()}, ensure_ascii=False)
    cut = body if len(body) <= MAX_BODY_CHARACTERS else f"{body[:MAX_BODY_CHARACTERS]} …"
    return SeenRequest(request.method, request.url, answer, cut)


def _shown(name: str, value: object) -> object:
    return "(not shown)" if name in SECRETS and value is not None else value
