"""Webhooks: which addresses may be posted to, how messages are signed (standardwebhooks.com), when they come again.

The license server sits in a network that its webhooks' owners may not see. So it posts to public addresses, and beyond
them only to networks that the operator has named; by HTTPS, or by HTTP inside its own machine; to the very address that
was judged; and follows no redirect. Whoever may set a webhook learns of an answer its status and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

from ..errors import OptionError
from ..slots import format_time
from .alert_records import Alert, Webhook
from .clock import MINUTE_MS, SECOND_MS

SECRET_BYTES = 32
MAX_URL_LENGTH = 2_000
# Each alert goes to every one of them.
MAX_WEBHOOKS = 20
# For so long after a rotation receivers may go on with the old secret.
ROTATION_MS = 24 * 60 * MINUTE_MS
# After the first attempt, so long until the next each: what Standard Webhooks suggests. Three days and a half in all.
_HOUR_MS = 60 * MINUTE_MS
BACKOFF_MS = (
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * _HOUR_MS,
    5 * _HOUR_MS,
    10 * _HOUR_MS,
    14 * _HOUR_MS,
    20 * _HOUR_MS,
    24 * _HOUR_MS,
)
# A receiver that asks for more patience gets so much.
MAX_RETRY_AFTER_MS = 24 * _HOUR_MS

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_URL = re.compile(r"[!-~]+")
# IPv6 addresses that a router turns into the IPv4 address in their last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Called public by some versions of Python, and not: site-local addresses, a router's own translation into addresses
# that only it knows, and IPv4 addresses in the form that was given up.
_NOT_PUBLIC = tuple(ipaddress.ip_network(text) for text in ("fec0::/10", "64:ff9b:1::/48", "::/96"))


def new_secret() -> bytes:
    """Return a fresh signing secret."""
    return secrets.token_bytes(SECRET_BYTES)


def show_secret(secret: bytes) -> str:
    """Return a secret as receivers' libraries take it."""
    return f"whsec_{b64encode(secret).decode()}"


def new_message_id() -> str:
    """Return a message's name: the same in each delivery, so that a receiver takes it once."""
    return f"msg_{secrets.token_hex(16)}"


def body_of(alert: Alert) -> bytes:
    """Return what is posted of an alert: the same bytes each time."""
    data = json.loads(alert.detail) | ({} if alert.level is None else {"level": alert.level})
    message = {"type": alert.kind, "timestamp": format_time(alert.at_ms), "data": data}
    return json.dumps(message, separators=(",", ":"), sort_keys=True).encode()


def headers_of(alert_id: str, body: bytes, signing: Iterable[bytes], at_s: int) -> dict[str, str]:
    """Return the headers that name and sign a message; ``at_s`` is the real time in Unix seconds."""
    signed = f"{alert_id}.{at_s}.".encode() + body
    digests = (hmac.digest(secret, signed, hashlib.sha256) for secret in signing)
    return {
        "Content-Type": "application/json",
        "User-Agent": "dlt-web-lts",
        "webhook-id": alert_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests),
    }


def signing_secrets(webhook: Webhook, now_ms: int) -> list[bytes]:
    """Return the secrets that messages are signed with now, the newest first."""
    old = webhook.old_secret if (webhook.old_until_ms or 0) > now_ms else None
    return [webhook.secret] if old is None else [webhook.secret, old]


def check_url(url: str) -> SplitResult:
    """Return a webhook's URL in its parts.

    Raises:
        OptionError: it is none, carries a password, or is not encrypted although it leaves the machine.
    """
    example = "A webhook's URL looks like https://hooks.example/licenses"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, SplitResult("", "", "", "", "")
    if len(url) > MAX_URL_LENGTH or not _URL.fullmatch(url) or not host or port == 0:
        raise OptionError(f"{example}, at most {MAX_URL_LENGTH} characters; what was given does not.")
    if parts.username is not None or parts.fragment:
        raise OptionError(f"{example}, without a password before the host and without a #fragment.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_own_machine(host)):
        raise OptionError(f"{example}: with https, or with http on this machine itself (127.0.0.1, [::1], localhost).")
    return parts


def is_own_machine(host: str) -> bool:
    """Tell whether a host is this machine by its very name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def show_url(url: str) -> str:
    """Return a webhook's URL as it may be seen: its path is often what lets somebody post."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}/" + ("…" if parts.path.strip("/") or parts.query else "")


def is_allowed(address: Address, networks: Sequence[str], *, is_encrypted: bool) -> bool:
    """Tell whether an address may be posted to: public, or in one of the operator's networks.

    What is not encrypted stays in the machine.
    """
    address = _meant(address)
    if not is_encrypted and not address.is_loopback:
        return False
    if any(address in ipaddress.ip_network(text) for text in networks):
        return True
    return address.is_global and not address.is_multicast and not any(address in network for network in _NOT_PUBLIC)


def backoff_ms(attempts: int, retry_after_ms: int | None, share: float) -> int | None:
    """Return how long to wait after an attempt that failed; None after the last one.

    Args:
        attempts: how many have ended, from 1.
        retry_after_ms: what the receiver asked for.
        share: random, 0 to 1: up to a tenth more, so that many do not come again at once.
    """
    if attempts > len(BACKOFF_MS):
        return None
    wait_ms = BACKOFF_MS[attempts - 1]
    wait_ms += int(wait_ms * share / 10)
    return max(wait_ms, min(retry_after_ms or 0, MAX_RETRY_AFTER_MS))


def _meant(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
