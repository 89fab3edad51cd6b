"""Whose request it is: the peer's address, or what a trusted proxy says in ``X-Forwarded-For`` (spec §7). Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..errors import OptionError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Some proxies add the port: 192.0.2.1:4711 or [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.%]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks whose word about a client counts; nobody's by default."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> TrustedProxies:
        """Return the proxies named by addresses and CIDR ranges.

        Raises:
            OptionError: names the text that is neither.
        """
        networks: list[Network] = []
        for text in texts:
            try:
                networks.append(ipaddress.ip_network(text.strip()))
            except ValueError:
                expected = "an address such as 10.0.0.7 or a network such as 10.0.0.0/8"
                raise OptionError(f"A trusted proxy is {expected}; found {text!r:.80}.") from None
        return cls(tuple(networks))

    def trusts(self, peer: str | None) -> bool:
        """Tell whether an address is a trusted proxy's."""
        return bool(self.networks) and _is_within(peer, self.networks)

    def client_of(self, peer: str | None, forwarded_for: Iterable[str]) -> str | None:
        """Return the client's address: the last one in the chain that no trusted proxy speaks for.

        Args:
            peer: the address that the connection comes from; None for none, as of a Unix socket.
            forwarded_for: the values of every ``X-Forwarded-For`` header, in order.
        """
        client = peer
        for entry in reversed(",".join(forwarded_for).split(",")):
            address = _parse(entry)
            if address is None or not self.trusts(client):
                break
            client = str(address)
        return client


# A proxy asks again and again; parsing its address each time would be a twentieth of a request.
@lru_cache(maxsize=1024)
def _is_within(peer: str | None, networks: tuple[Network, ...]) -> bool:
    address = _parse(peer)
    return address is not None and any(address in network for network in networks)


def _parse(text: str | None) -> Address | None:
    stripped = (text or "").strip()
    parts = _WITH_PORT.fullmatch(stripped)
    try:
        address = ipaddress.ip_address((parts[1] or parts[2]) if parts else stripped)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
