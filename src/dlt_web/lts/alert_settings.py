"""What operators may set about alerts, as one setting of the store; thresholds of single items have rows."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import OptionError
from .store import Reading, Writing

_SETTING = "alert_settings"
MAX_LEVELS = 10
MAX_PERCENT = 1_000
MAX_NETWORKS = 100


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Levels, and where webhooks may lie.

    Attributes:
        percents: levels of an item's quota, in percent, ascending; of items without levels of their own.
        unverified_percent: share of unverified scans in a day's scans of a code, in percent.
        disk_percents: levels of how full the store's disk is, in percent, ascending.
        networks: networks beside the public internet to which webhooks may be posted; by default none, not even this
            machine: what listens there trusts whoever is there, and a key of administration may be far away.
        is_paused: nothing is sent to webhooks, and what is to be sent waits.
    """

    percents: tuple[int, ...] = (75, 90, 95, 100)
    unverified_percent: int = 10
    disk_percents: tuple[int, ...] = (90, 95)
    networks: tuple[str, ...] = ()
    is_paused: bool = False


def read_settings(rows: Reading) -> AlertSettings:
    """Return the settings, defaults where nothing was set."""
    kept = json.loads(rows.info(_SETTING) or "{}")
    values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in kept.items()}
    return AlertSettings(**values)


def put_settings(rows: Writing, changes: Mapping[str, Any]) -> AlertSettings:
    """Keep changed settings, and return all; defaults that nobody changed may become others with a later version.

    Raises:
        OptionError: a value is out of range.
    """
    kept = json.loads(rows.info(_SETTING) or "{}") | dict(changes)
    after = replace(read_settings(rows), **changes)
    check_percents("thresholds", after.percents, MAX_PERCENT)
    check_percents("disk levels", after.disk_percents, 99)
    check_percents("unverified share", (after.unverified_percent,), 100)
    check_networks(after.networks)
    rows.put_info(_SETTING, json.dumps(kept))
    return after


def check_percents(what: str, percents: Sequence[int], highest: int) -> None:
    """Refuse levels that are none.

    Raises:
        OptionError: names the values and the range.
    """
    is_good = 1 <= len(percents) <= MAX_LEVELS and all(1 <= percent <= highest for percent in percents)
    if not is_good or list(percents) != sorted(set(percents)):
        asked = f"1 to {MAX_LEVELS} different whole percentages from 1 to {highest}, ascending"
        raise OptionError(f"The {what} are {asked}; found {list(percents)!r:.100}.")


def check_networks(networks: Sequence[str]) -> None:
    """Refuse what is no list of networks.

    Raises:
        OptionError: names the first that is none.
    """
    if len(networks) > MAX_NETWORKS:
        raise OptionError(f"There are at most {MAX_NETWORKS} networks; found {len(networks)}.")
    for text in networks:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            raise OptionError(f"A network looks like 10.1.0.0/16 or fd00:1::/64; found {text!r:.80}.") from None
