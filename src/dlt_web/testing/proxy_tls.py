"""The certificates of a recording proxy: how it looks into HTTPS, and how it judges the servers behind it."""

from __future__ import annotations

import ssl
import threading
from functools import cached_property

import trustme

# What OpenSSL says, in capitals, where an answer is no record of TLS.
_NO_TLS = frozenset({"wrong_version_number", "http_request", "packet_length_too_long"})


class ProxyAuthority:
    """A certificate authority of one run, made in memory and trusted by nobody but the browsers that are told to.

    Its keys are written nowhere but into the files that OpenSSL must read, which are deleted at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    @cached_property
    def _authority(self) -> trustme.CA:
        return trustme.CA(organization_name="dlt-web recording proxy")

    def context_for(self, host: str) -> ssl.SSLContext:
        """Return what speaks TLS to a browser in the name of a host; the same each time."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                # HTTP/1.1 only: every request is then one head and one body, which is what is recorded.
                context.set_alpn_protocols(["http/1.1"])
                self._authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]


def system_trust(ca_file: str | None = None) -> ssl.SSLContext:
    """Return what judges servers' certificates: the system's trust store, and one more authority where a file is given.

    Raises:
        OSError: the file cannot be read.
        ssl.SSLError: it holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def why_untrusted(error: ssl.SSLError) -> str:
    """Say what is wrong with a server's TLS, as a clause for a sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message.rstrip('.')}"
    if str(error.reason).lower() in _NO_TLS:
        return "what answers there speaks no TLS, as if its address began with http:"
    return f"TLS with it failed: {error.reason or error}"
