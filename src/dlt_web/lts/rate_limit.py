"""Token buckets by name: how often somebody may ask. In memory, of one process, bounded, and for one thread."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

# Names that are remembered; the one that was quiet longest is forgotten, and has a full bucket when it comes back.
MAX_NAMES = 10_000


class Buckets:
    """A bucket of ``burst`` tokens for each name, of which ``per_s`` come back each second."""

    def __init__(self, burst: int, per_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets; ``now_s`` tells a time that only grows, in seconds."""
        self._burst = burst
        self._per_s = per_s
        self._now_s = now_s
        # How many tokens were in it, and when.
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._levels)

    def take(self, name: str) -> int:
        """Take a token and return 0; where there is none, return in how many whole seconds there will be one."""
        now_s = self._now_s()
        level, at_s = self._levels.pop(name, (float(self._burst), now_s))
        level = min(self._burst, level + (now_s - at_s) * self._per_s)
        is_taken = level >= 1
        self._levels[name] = (level - is_taken, now_s)
        while len(self._levels) > MAX_NAMES:
            self._levels.popitem(last=False)
        return 0 if is_taken else max(1, math.ceil((1 - level) / self._per_s))

    def give_back(self, name: str) -> None:
        """Put a token back that was taken for nothing."""
        if name in self._levels:
            level, at_s = self._levels[name]
            self._levels[name] = (min(self._burst, level + 1), at_s)


def bucket_of(client: str | None) -> str:
    """Return the name of an address's bucket: one for each IPv4 address, and for each /64 of IPv6, as one host has."""
    try:
        address = ipaddress.ip_address(client or "")
    except ValueError:
        return client or ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
