"""What a report shows of a request: enough to see what it says, and no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from dlt_web.testing.canaries import Leak, find_form
from dlt_web.testing.recorded_request import RecordedRequest

from .outcome import SeenRequest

# A report of a run stays a file that can be mailed, and is: to people who have no business with these.
SECRETS = frozenset({"sessionPassword", "reportToken"})
# Named in a text, a form or JSON within JSON, whose quotes stand behind backslashes.
_NAMED_SECRET = re.compile(
    rf"""((?:{"|".join(sorted(SECRETS))})(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?)(?!\(not shown\)|null\b)[^\s"'&\\,}}]+"""
)
# For the same reason no more of one kind are shown for a check, nor more of each.
MAX_REQUESTS = 30
MAX_BODY_CHARACTERS = 1500
# Of what stands before and behind a text that was found.
_AROUND_BYTES = 200


def seen_request(request: RecordedRequest, answer: str) -> SeenRequest:
    """Return what a report shows of a tracker's request that was answered so."""
    body = _body(request)
    cut = body if len(body) <= MAX_BODY_CHARACTERS else f"{body[:MAX_BODY_CHARACTERS]} …"
    return SeenRequest(request.method, request.url, answer, cut)


def leaking_request(request: RecordedRequest, answer: str, leak: Leak, hide: Callable[[str], str]) -> SeenRequest:
    """Return what a report shows of a request that carried a barcode's text away: where it stands, and what is around.

    The texts are the suite's own, so they are no secret; of headers, which may hold some, only the name is shown.

    Args:
        request: of anybody on the page.
        answer: what came back.
        leak: what was found in it.
        hide: takes out of a text what nobody is to read; of a text that was cut it would not know a part.
    """
    url, body = hide(request.url), hide(_body(request)).encode()
    # What JSON spells by \u is plain in what is shown of it.
    found = find_form(leak, body) or find_form(replace(leak, form="raw"), body)
    if found is not None:
        around = body[max(found[0] - _AROUND_BYTES, 0) : found[1] + _AROUND_BYTES].decode(errors="replace")
        before, after = found[0] > _AROUND_BYTES, len(body) > found[1] + _AROUND_BYTES
        return SeenRequest(request.method, url, answer, f"{'… ' * before}{around}{' …' * after}")
    header = next((name for name, value in request.headers if find_form(leak, value.encode("latin-1"))), None)
    where = f"header {header}" if header else "body, packed or in bytes that are not shown"
    if find_form(leak, request.url.encode()) is not None:
        where = "address"
    return SeenRequest(request.method, url, answer, f"({leak.form} in the {where})")


def _body(request: RecordedRequest) -> str:
    """Return a body as text that can be written to a file, without secrets of the tracker."""
    body = request.plain_body.decode(errors="replace")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        shown = body
    else:
        shown = json.dumps(_shown(said), ensure_ascii=False)
    # Within a text, a form or an address they are named, too; JSON may hold halves of characters.
    return _NAMED_SECRET.sub(r"\1(not shown)", shown).encode(errors="replace").decode()


def _shown(value: object) -> object:
    if isinstance(value, Mapping):
        secret = {name for name in SECRETS if value.get(name) is not None}
        return {name: "(not shown)" if name in secret else _shown(one) for name, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list) else value
