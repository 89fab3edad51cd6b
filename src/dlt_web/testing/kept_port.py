"""Keeps a port for a server that comes, or comes back, so that no other program is given it meanwhile."""

from __future__ import annotations

import socket
import sys

# Elsewhere (BSD, macOS) a second bind to an address needs the first one gone: there the port is given back just before.
SERVERS_BIND_BESIDE = sys.platform == "linux"


def keep_port(port: int = 0) -> socket.socket:
    """Take a port of 127.0.0.1 without listening there; closing the socket gives it back.

    Connections are refused as long as nobody listens. A server that binds to it all the same, as servers do
    (``SO_REUSEADDR``), can; a program that takes any free port is not given this one.

    Args:
        port: 0 picks a free one.

    Raises:
        OSError: a server listens there, or the port is no server's to share.
    """
    kept = socket.socket()
    try:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", port))
    except OSError:
        kept.close()
        raise
    return kept
