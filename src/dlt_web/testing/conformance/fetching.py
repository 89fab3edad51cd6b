"""Asks servers from outside any browser, as plainly as can be."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from dlt_web.testing.proxy_tls import why_untrusted
from dlt_web.testing.proxy_upstream import UpstreamConnection

from .errors import VerifyError

_MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Nobody's page or answer is longer; what is beyond is not read.
_MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: where it came from after redirects, status, headers with small names, and body.

    What headers of one name say stands behind one another, with a comma between (RFC 9110 §5.3).
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def fetch(
    url: str,
    trust: ssl.SSLContext,
    *,
    what: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Fetched:
    """Ask a server; redirects of a GET are followed, unless it carries a key, which is one server's alone.

    Args:
        url: absolute, ``http`` or ``https``.
        trust: judges its certificate.
        what: begins the sentence of an error, e.g. ``The app``.
        method: of the request.
        headers: of the request.
        body: of the request.

    Raises:
        VerifyError: there is no answer; says why.
    """
    is_followed = method == "GET" and "Authorization" not in (headers or {})
    try:
        for _ in range(_MAX_REDIRECTS):
            answer = _ask(url, trust, method, headers or {}, body)
            if not is_followed or answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = urljoin(url, answer.headers["location"])
    except ssl.SSLError as error:
        advice = "Renew or mend it, or name the authority that signed it by --ca-file."
        raise VerifyError(f"{what} at {url} cannot be trusted: {why_untrusted(error)}. {advice}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = str(error) or type(error).__name__
        raise VerifyError(f"{what} at {url} cannot be reached: {why}. Check the address and start it first.") from error
    raise VerifyError(f"{what} at {url} redirects without an end.")


def _ask(url: str, trust: ssl.SSLContext, method: str, headers: Mapping[str, str], body: bytes | None) -> Fetched:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = UpstreamConnection(parts.scheme, parts.hostname or "", port, trust)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, {"Host": parts.netloc, "Accept": "*/*", **headers})
        response = connection.getresponse()
        told: dict[str, str] = {}
        for name, value in response.getheaders():
            told[name.lower()] = f"{told[name.lower()]}, {value}" if name.lower() in told else value
        return Fetched(url, response.status, told, response.read(_MAX_BYTES))
    finally:
        connection.close()
