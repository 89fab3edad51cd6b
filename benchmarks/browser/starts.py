"""The start of each variant: cold, from the cache, on the next page, and over a slow line."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import EngineName

from .host import Host
from .variants import Variant
from .visit import SECOND_PAGE, Place, Visit, visiting

Start = dict[str, Any]
Note = Callable[[str], None]

# What is loaded of the page itself is no part of a tracker.
_PAGE_PREFIX = "/bench/"
# Scenarios of one profile, in the order in which they come about; each needs those before it.
ON_ONE_PROFILE = ("cold", "warm", "third", "second")
SCENARIOS = (*ON_ONE_PROFILE, "slow")


@dataclass(frozen=True, slots=True)
class World:
    """What all starts share.

    Attributes:
        host: the site's, which counts what it sends.
        near: the site and the license server on this machine.
        far: the same at the far end of the slow line.
        plain: the same site on a host that compresses nothing, and that host.
        code: handshake code of each variant, by name.
    """

    host: Host
    near: Place
    far: Place
    plain: tuple[Host, Place]
    code: dict[str, str]


class Starts:
    """Starts one engine's browser again and again."""

    def __init__(self, playwright: Playwright, engine: EngineName, world: World, folder: Path) -> None:
        self._playwright = playwright
        self._engine = engine
        self._world = world
        self._folder = folder
        self.version = ""

    def round(self, variant: Variant, scenarios: Sequence[str]) -> dict[str, Start]:
        """Start a variant once in each scenario, on profiles of its own."""
        wanted = [name for name in ON_ONE_PROFILE if name in scenarios]
        found: dict[str, Start] = {}
        if wanted:
            profile = self._new_profile()
            for name in ON_ONE_PROFILE[: ON_ONE_PROFILE.index(wanted[-1]) + 1]:
                if name == "second":
                    continue
                with visiting(self._playwright, self._engine, profile, self._world.near) as visit:
                    found[name] = self._start(visit, variant, self._world.host)
                    if name == "third" and "second" in wanted:
                        visit.go(SECOND_PAGE)
                        found["second"] = self._start(visit, variant, self._world.host)
        if "slow" in scenarios:
            found["slow"] = self._cold(variant, self._world.host, self._world.far)
        return {name: start for name, start in found.items() if name in scenarios}

    def plain_bytes(self, variant: Variant) -> int:
        """Return how many bytes a cold start takes from a host that compresses nothing."""
        host, place = self._world.plain
        return int(self._cold(variant, host, place)["wireBytes"])

    def _cold(self, variant: Variant, host: Host, place: Place) -> Start:
        with visiting(self._playwright, self._engine, self._new_profile(), place) as visit:
            return self._start(visit, variant, host)

    def _start(self, visit: Visit, variant: Variant, host: Host) -> Start:
        self.version = visit.version or self.version
        host.take_served()
        started = visit.start(variant, self._world.code[variant.name])
        served = [one for one in host.take_served() if not one.path.startswith(_PAGE_PREFIX)]
        return started | {"wireBytes": sum(one.wire_bytes for one in served), "requests": len(served)}

    def _new_profile(self) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{self._engine}-", dir=self._folder))
