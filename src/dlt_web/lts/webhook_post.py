"""Posts one message to one webhook: within a deadline whatever the receiver does, and to no address that is not meant.

The standard library's client is enough for one POST, and the server depends on no other.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult

from ..errors import OptionError
from .webhooks import check_url, is_allowed

# Standard Webhooks gives receivers 15 to 30 s. It bounds the whole exchange, also where a byte comes now and then.
DEADLINE_S = 15.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        is_delivered: the receiver answered 2xx.
        status: the HTTP status; None where there was no answer.
        text: a few words for people, without address and secret.
        took_ms: how long it took.
        retry_after_ms: after what time the receiver wants to be asked again, if it said so.
    """

    is_delivered: bool
    status: int | None
    text: str
    took_ms: int
    retry_after_ms: int | None = None


class _RefusedError(Exception):
    """The message is not sent; the text says why."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], networks: Sequence[str], *, deadline_s: float = DEADLINE_S
) -> Outcome:
    """Post a body and return what came of it; never raises.

    It blocks for a name's look-up, ``deadline_s`` to connect, and ``deadline_s`` for the exchange at most.
    """
    started_s = time.monotonic()
    try:
        status, retry_after_ms = _exchange(check_url(url), body, headers, networks, deadline_s)
    except (_RefusedError, OptionError) as refusal:
        return Outcome(False, None, str(refusal), _since(started_s))
    except (OSError, http.client.HTTPException) as error:
        is_late = time.monotonic() - started_s >= deadline_s
        text = f"no answer within {deadline_s:g} s" if is_late else _words(error)
        return Outcome(False, None, text, _since(started_s))
    return Outcome(200 <= status < 300, status, f"answered {status}", _since(started_s), retry_after_ms)


def _exchange(
    parts: SplitResult, body: bytes, headers: Mapping[str, str], networks: Sequence[str], deadline_s: float
) -> tuple[int, int | None]:
    is_encrypted = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_encrypted else 80)
    plain = _connect(host, port, networks, is_encrypted, deadline_s)
    # A timeout of the socket begins anew with each byte; this one does not. It has a handle of its own, because
    # encryption takes the first one over.
    handle = plain.dup()
    watch = threading.Timer(deadline_s, _cut, [handle])
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(host, port)
    try:
        connection.sock = _encrypted(plain, host) if is_encrypted else plain
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        given = dict(headers) | {"Host": parts.netloc, "Connection": "close"}
        connection.request("POST", path, body, given)
        answer = connection.getresponse()
        return answer.status, _retry_after_ms(answer.getheader("Retry-After"))
    finally:
        watch.cancel()
        connection.close()
        plain.close()
        handle.close()


def _connect(host: str, port: int, networks: Sequence[str], is_encrypted: bool, deadline_s: float) -> socket.socket:
    """Connect to an address of the host, judged here: a name may mean another one each time it is looked up."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _RefusedError("the host's name is not known") from None
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for text in addresses:
        if not is_allowed(ipaddress.ip_address(text), networks, is_encrypted=is_encrypted):
            raise _RefusedError("the host's address is in a network that webhooks may not be in (lts alerts set)")
    error: OSError | None = None
    for text in addresses:
        try:
            return socket.create_connection((text, port), timeout=deadline_s / len(addresses))
        except OSError as failed:
            error = failed
    raise error or OSError("no address")


def _encrypted(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _cut(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    """Return what went wrong without anything that names whom."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return "no encrypted connection could be made"
        case TimeoutError():
            return "no connection in time"
        case ConnectionRefusedError():
            return "the connection was refused"
        case OSError():
            return f"no connection: {error.strerror or type(error).__name__}"
        case _:
            return "the answer is no HTTP"


def _retry_after_ms(text: str | None) -> int | None:
    """Return what ``Retry-After`` asks for in either of its forms; None for anything else."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text) * 1000
    with suppress(ValueError, TypeError, OverflowError):
        return max(0, int((parsedate_to_datetime(text).timestamp() - time.time()) * 1000))
    return None


def _since(started_s: float) -> int:
    return round((time.monotonic() - started_s) * 1000)
