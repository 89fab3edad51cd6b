"""Certificates for sites of this machine, of an authority that nobody else trusts."""

from __future__ import annotations

import ssl

import trustme


class SiteCertificates:
    """Makes a certificate for each name when a browser first asks for it."""

    def __init__(self) -> None:
        """Found an authority of its own."""
        self._authority = trustme.CA(organization_name="dlt-web tests")
        self._contexts: dict[str, ssl.SSLContext] = {}

    def server_context(self) -> ssl.SSLContext:
        """Return how a server speaks TLS under whatever name it is asked for."""
        context = self._context_for("localhost")
        context.sni_callback = self._choose
        return context

    def trust(self, context: ssl.SSLContext) -> None:
        """Let a client trust these certificates."""
        self._authority.configure_trust(context)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name is not None:
            connection.context = self._context_for(name)

    def _context_for(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(name).configure_cert(context)
            self._contexts[name] = context
        return self._contexts[name]
