"""Faults of the storage under the tracker, in whichever workers of a profile run, or in the next one that starts.

The workers of these schedules have the shim of ``tests/browser/faulty_storage.js`` under them. Orders reach those that
run over a BroadcastChannel; those that have yet to start are served theirs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page

from dlt_web.testing.static_site import Site

SHIM = Path(__file__).parents[1] / "browser" / "faulty_storage.js"
# What a worker suffers while it runs, by the word of a schedule.
RUNNING_FAULTS = {
    "closed": "the connection is closed",
    "aborted": "a transaction is aborted",
    "dies": "the connection dies in a commit",
    "unseen": "the end of a commit is not seen",
    "unseen-for-good": "the end of a commit is not seen, and open() fails",
    "full": "the disk is full",
    "fails": "the connection is closed, and open() fails",
    "hangs": "the connection is closed, and open() hangs",
}
# A page of a newer build takes the database of all others.
NEWER = "newer"
# What a worker suffers from its start on.
STARTING_FAULTS = {
    "hangs": "open() hangs",
    "fails": "open() fails",
    "missing": "the API is missing",
    "forbidden": "storage is forbidden",
    "full": "the disk takes nothing more",
}
# Healthy workers answer a roll-call at once; one that starts, or is frozen, does not.
ANSWER_MS = 500

_GIVE_ORDER = """async ([order, who, ms]) => {
    const channel = new BroadcastChannel("storage-faults");
    const names = new Set();
    const done = new Set();
    channel.onmessage = ({ data }) => {
        if (data.here) names.add(data.here);
        if (data.done === order) done.add(data.name);
    };
    const until = async (isEnough) => {
        for (let waited = 0; waited < ms && !isEnough(); waited += 20) {
            await new Promise((resolve) => { setTimeout(resolve, 20); });
        }
    };
    channel.postMessage({ whoIsHere: true });
    await until(() => who === "one" && names.size > 0);
    const struck = who === "one" ? [...names].slice(0, 1) : [...names];
    channel.postMessage({ order, to: struck });
    await until(() => struck.every((name) => done.has(name)));
    channel.close();
    return done.size;
}"""
# Only where there is a database of this build: one that is made here would have nothing in it.
_UPGRADE = """(ms) => new Promise((resolve, reject) => {
    const opening = indexedDB.open("dlt-web", 3);
    opening.onupgradeneeded = ({ oldVersion }) => oldVersion === 2 || opening.transaction.abort();
    opening.onerror = (event) => { event.preventDefault(); resolve(`${opening.error.name}`); };
    opening.onsuccess = () => { opening.result.close(); resolve("upgraded"); };
    setTimeout(() => resolve("waits"), ms);
})"""
# Firefox lists no database of an origin where a kill cut off the making of one; it opens each of them.
_IS_NEWER = """async () => {
    const all = await indexedDB.databases().catch(() => null);
    if (all) return all.some(({ name, version }) => name === "dlt-web" && version === 3);
    return new Promise((resolve) => {
        const opening = indexedDB.open("dlt-web");
        opening.onupgradeneeded = () => opening.transaction.abort();
        opening.onerror = (event) => { event.preventDefault(); resolve(false); };
        opening.onsuccess = () => { resolve(opening.result.version === 3); opening.result.close(); };
    });
}"""


class FaultyWorkers:
    """The workers of several bundles, each over the shim, in folders to serve in the place of theirs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders: list[Path] = []

    def add(self, bundle: Path) -> Path:
        """Return the folder that is to be served in the place of a bundle's ``worker``."""
        folder = _faulty_worker(bundle, self._folder / str(len(self._folders)))
        self._folders.append(folder)
        return folder

    def begin_with(self, fault: str) -> None:
        """Have all workers that start from now on suffer this, a name of the shim's."""
        for folder in self._folders:
            # In one step: a worker that starts just now would read half of it, and not start.
            fresh = folder / "next_fault.txt"
            fresh.write_text(fault)
            fresh.replace(folder / "first_fault.txt")


def _faulty_worker(bundle: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    shutil.copy(bundle / "worker" / "main.js", folder / "whole.js")
    shutil.copy(SHIM, folder)
    (folder / "first_fault.txt").write_text("none")
    (folder / "main.js").write_text('import "./faulty_storage.js";\nimport "./whole.js";\n')
    return folder


def break_storage(page: Page, kind: str, who: str) -> str:
    """Have one of the workers that run, or all of them, suffer a fault; return what became of that."""
    if kind == NEWER:
        return str(page.evaluate(_UPGRADE, 4 * ANSWER_MS))
    struck = page.evaluate(_GIVE_ORDER, [RUNNING_FAULTS[kind], who, ANSWER_MS])
    return f"{struck} workers"


def heal_storage(page: Page, site: Site, workers: FaultyWorkers) -> str:
    """End every fault; where a newer build has taken the database, all workers from now on are of that build."""
    page.goto(site.url("/no-such-page"))
    is_newer = page.evaluate(_IS_NEWER)
    workers.begin_with("this is the newer build" if is_newer else "none")
    struck = page.evaluate(_GIVE_ORDER, ["none", "all", ANSWER_MS])
    return f"{struck} workers{', the newer build is everywhere' if is_newer else ''}"
