"""Pages of the suite itself: on the app's own domains, where its data is purged, and on one that embeds the app."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from dlt_web.testing.faults import Answer
from dlt_web.testing.recorded_request import RecordedRequest

# Below a prefix that RFC 8615 sets apart, so no app has a page there.
_PREFIX = "/.well-known/dlt-web-conformance/"
PURGE_PATH = f"{_PREFIX}purge"
BLANK_PATH = f"{_PREFIX}blank"
# A secure context in every browser, of another site than any app.
_EMBEDDER_HOST = "embedder.dlt-web-conformance.localhost"

_HTML = ("Content-Type", "text/html; charset=utf-8")
_NO_STORE = ("Cache-Control", "no-store")
_PLAIN = b"<!doctype html><title>dlt-web verify</title>"


def own_pages(request: RecordedRequest) -> Answer | None:
    """Answer requests for pages of the suite; a detour of the recording proxy."""
    if request.host == _EMBEDDER_HOST:
        return _embedding(parse_qs(urlsplit(request.url).query).get("app", [""])[0])
    if request.path == PURGE_PATH:
        return Answer(200, (_HTML, _NO_STORE, ("Clear-Site-Data", '"storage"')), _PLAIN)
    return Answer(200, (_HTML, _NO_STORE), _PLAIN) if request.path == BLANK_PATH else None


def embedder_of(app_url: str) -> str:
    """Return the address of a page of another site that embeds an app; over HTTPS where the app is.

    A page over HTTPS may embed none without it, and an app may let itself be embedded over HTTPS alone.
    """
    return f"{urlsplit(app_url).scheme}://{_EMBEDDER_HOST}/?app={quote(app_url, safe='')}"


def _embedding(app_url: str) -> Answer:
    from html import escape

    page = (
        '<!doctype html><html lang="en"><title>dlt-web verify: another site</title><link rel="icon" href="data:,">'
        "<style>body{margin:0}iframe{border:0;width:100vw;height:100vh}</style>"
        f'<iframe src="{escape(app_url)}" allow="camera"></iframe>'
    )
    return Answer(200, (_HTML, _NO_STORE), page.encode())
