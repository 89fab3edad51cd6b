"""Which checks fail on which mutant: all that are named, and no others.

A mutant is a tracker of ``pages/mutants.js`` that breaks one rule as real ones have been seen to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.clearing import why_no_clearing
from dlt_web.testing.conformance.checks import CHECKS
from dlt_web.testing.conformance.suite import ROWS

ALL = frozenset(row.id for row in ROWS)
_COUNTED = {check.row.id: check.counted.id for check in CHECKS if check.counted is not None}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A tracker that breaks a rule.

    Attributes:
        name: of the class in ``pages/mutants.js``, as the page's address says it.
        proves: checks of which it is the proof that they can fail; a short run makes these.
        fails: ids of all lines of the matrix that must fail.
        needs_late_workers: breaks its rule where a SharedWorker may outlive its pages, which is in Chromium.
        may_fail: lines that fail or pass with the moment at which the check is made.
    """

    name: str
    proves: frozenset[str]
    fails: frozenset[str]
    needs_late_workers: bool = False
    may_fail: frozenset[str] = frozenset()


def _mutant(name: str, *proves: str, beside: tuple[str, ...] = ()) -> Mutant:
    """Name a mutant: what it is the proof of, and what must fail ``beside``; what is counted fails along."""
    return Mutant(name, frozenset(proves), _and_counted(*proves) | frozenset(beside))


def _and_counted(*rows: str) -> frozenset[str]:
    """Return lines together with those of what the server counts meanwhile."""
    return frozenset(rows) | {_COUNTED[row] for row in rows if row in _COUNTED}


def out_of_reach(engine: EngineName) -> frozenset[str]:
    """Return lines of the matrix that cannot be tested in a browser of this machine."""
    rows = ["purge.browser"] if engine == "firefox" else []
    if why_no_clearing(engine) is not None:
        rows.append("purge.on-close")
    return _and_counted(*rows)


def _only(name: str, *rows: str) -> Mutant:
    """Name a mutant on which just these lines fail, whatever is counted."""
    return Mutant(name, frozenset(rows), frozenset(rows))


_LIFETIMES = ("lifetime.device", "lifetime.concurrent")

MUTANTS = (
    _mutant(
        "uuid-per-tab",
        "device.second-tab",
        beside=(
            *_and_counted("device.tabs-at-once", "device.relaunch"),
            "frame.partition",
            "queue.closed-browser",
            *_LIFETIMES,
        ),
    ),
    _mutant(
        "new-at-each-load",
        "device.reload",
        "device.relaunch",
        beside=(
            *_and_counted("device.second-tab", "device.tabs-at-once", "purge.open-page"),
            "frame.partition",
            "queue.closed-browser",
            *_LIFETIMES,
        ),
    ),
    # Says that its storage is IndexedDB, and has nothing in it.
    _mutant(
        "memory-said-to-be-kept",
        "device.reload",
        "device.relaunch",
        beside=(
            *_and_counted("device.second-tab", "device.tabs-at-once", "purge.open-page"),
            "frame.partition",
            "queue.closed-browser",
            *_LIFETIMES,
        ),
    ),
    _mutant("ends-with-the-browser", "device.relaunch", beside=("queue.closed-browser",)),
    # A cookie of a domain above the app's own is not the app's to purge.
    _mutant(
        "cookie-for-all-domains",
        "device.domains",
        beside=(*_and_counted("purge.header", "purge.script", "purge.browser", "purge.open-page"),),
    ),
    _mutant("cookie-outlives-purge", "purge.header", "purge.script", beside=(*_and_counted("purge.open-page"),)),
    _mutant(
        "machine-fingerprint",
        "device.profiles",
        "device.private-window",
        "device.browsers",
        "purge.browser",
        "purge.profile",
        "purge.on-close",
        beside=(*_and_counted("device.domains", "purge.header", "purge.script", "purge.open-page"), "frame.partition"),
    ),
    _mutant("written-back-after-purge", "purge.open-page"),
    _only("loses-what-is-purged", "count.purge-open-page"),
    _mutant("two-transactions", "device.tabs-at-once"),
    _only("uuid-ends-with-token", *_LIFETIMES),
    Mutant(
        "reports-as-another",
        frozenset({"count.reload"}),
        frozenset(
            {
                "count.reload",
                "count.second-tab",
                "count.tabs-at-once",
                "count.relaunch",
                "count.frame-partition",
                "queue.closed-browser",
                *_LIFETIMES,
            }
        ),
    ),
    Mutant(
        "takes-two-seats",
        frozenset({"count.second-tab", "count.purge-header", "count.frame", "count.frame-partition"}),
        frozenset({*_COUNTED.values(), "queue.offline", "queue.lost-answer", "queue.closed-browser", *_LIFETIMES}),
    ),
    # Its worker goes on for a while in the check that comes next.
    replace(_only("heartbeat", *_LIFETIMES), may_fail=frozenset(_COUNTED.values())),
    _only("counts-again-later", "count.image"),
    _only("counts-again-at-next-flush", "count.image"),
    replace(_only("counts-again-from-worker", "count.frame-partition"), needs_late_workers=True),
    _mutant("silent-in-frame", "frame.partition"),
    _only("same-in-frame", "frame.partition"),
    _only("not-partitioned", "frame.partition"),
    _mutant("window-does-not-slide", "scan.window"),
    _mutant("frame-counts-twice", "scan.frame"),
    _mutant("equal-text-counts-once", "scan.frame"),
    _mutant("image-remembers", "scan.image"),
    _mutant("one-memory-for-all-streams", "scan.streams"),
    _only("deletes-before-the-yes", "queue.offline", "queue.closed-browser"),
    _only("queue-in-memory", "queue.closed-browser"),
    # Without a network what was counted in the same minute before is sent once more; in the next minute it is not.
    replace(_only("counts-again-after-lost-answer", "queue.lost-answer"), may_fail=frozenset({"queue.offline"})),
    _only("text-in-report", "privacy.requests", "privacy.members"),
    _only("text-in-address", "privacy.requests"),
    _only("text-from-shared-worker", "privacy.requests"),
    _only("text-of-refused", "privacy.requests"),
    _only("text-on-leaving", "privacy.requests"),
    _only("hashed-text", "privacy.requests"),
    _only("text-in-storage", "privacy.storage"),
    _only("hashed-text-in-storage", "privacy.storage"),
    _only("text-in-storage-until-ready", "privacy.storage"),
    _only("text-in-storage-on-leaving", "privacy.storage"),
    _only("undocumented-member", "privacy.members"),
)
