"""A tab of a schedule: the test page, a tracker in it, and the calls whose promises it keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.static_site import Site
from tests.page_workers import JOURNAL_SIZE

LOAD_TIMEOUT_MS = 60_000
# The page's own account: each call's promise, and what became of it. Nothing of it outlives the page load.
ACCOUNT = """
globalThis.chaos = {
    load: Math.random().toString(36).slice(2),
    settled: {},
    promises: {},
    scan(number, barcodes) {
        const tracker = harness.tracker("main");
        this.promises[number] = tracker.scan(barcodes).then(
            ({ scans }) => { this.settled[number] = { scans, storage: tracker.storage }; },
            ({ name, code, message }) => { this.settled[number] = { name, code, message }; },
        );
    },
    within(ms, promise) {
        return Promise.race([promise, new Promise((resolve) => { setTimeout(() => resolve(null), ms); })]);
    },
    async wait(numbers, ms) {
        await this.within(ms, Promise.all(numbers.map((number) => this.promises[number])));
        return this.settled;
    },
    async flush(ms) {
        const tracker = harness.tracker("main");
        const failed = ({ code, message }) => ({ error: `${code}: ${message}` });
        const left = await this.within(ms, tracker.flush().catch(failed)) ?? { error: "it took too long" };
        if (left.error) return left;
        const { tracker: known } = await tracker.explain();
        return known ? { ...left, purged: known.device.purgedStillReporting } : { error: "it explains nothing" };
    },
};
"""
HIDE_AND_SHOW = """() => {
    for (const visibility of ["hidden", "visible"]) {
        Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }
    delete document.visibilityState;
}"""


class Tab:
    """One tab.

    Attributes:
        profile: name of the profile that it is in.
        state: ``on``, ``quit`` (its tracker was closed) or ``away`` (it shows another page).
        load: names the page load that it shows, or showed before it went away.
    """

    def __init__(self, context: BrowserContext, profile: str, url: str, script: str) -> None:
        self.profile = profile
        self.state = "quit"
        self.load = ""
        self._url = url
        self.page: Page = context.new_page()
        self.page.add_init_script(script)

    def show(self) -> None:
        """Load the test page."""
        self.page.goto(self._url)
        self._note_load()

    def reload(self) -> None:
        """Load it anew."""
        self.page.reload()
        self._note_load()

    def construct(self, options: Mapping[str, Any]) -> None:
        """Construct a tracker and wait for nothing."""
        error = self.page.evaluate("async (options) => (await harness.create('main', options)).error", dict(options))
        assert error is None, error
        self.state = "on"

    def quit_tracker(self) -> None:
        """Close the tracker and wait for nothing."""
        self.page.evaluate("() => { void harness.close('main'); }")
        self.state = "quit"

    def go_away(self, site: Site) -> None:
        """Navigate to another page of the site."""
        self.page.goto(site.url("/no-such-page"))
        self.state = "away"

    def come_back(self) -> bool:
        """Go back; return whether the page load of before is there again, out of the back/forward cache."""
        self.page.evaluate("() => { setTimeout(() => history.back(), 0); }")
        wait_until(self._has_harness, what="the test page after going back", timeout_s=30)
        before = self.load
        self._note_load()
        self.state = "on" if self.load == before else "quit"
        return self.load == before

    def scan(self, calls: Iterable[tuple[int, Sequence[Mapping[str, str]]]], *, wait_ms: int = 0) -> dict[str, Any]:
        """Call ``scan()``, each call with its number, and return what has settled after so many ms at most."""
        script = """([calls, ms]) => {
            for (const [number, barcodes] of calls) chaos.scan(number, barcodes);
            return chaos.wait(calls.map(([number]) => number), ms);
        }"""
        return dict(self.page.evaluate(script, [[list(call) for call in calls], wait_ms]))

    def settled(self, numbers: Sequence[int], *, wait_ms: int = 0) -> dict[str, Any]:
        """Return what is known of the page load's calls, waiting for those with these numbers."""
        return dict(self.page.evaluate("([numbers, ms]) => chaos.wait(numbers, ms)", [list(numbers), wait_ms]))

    def flush(self, wait_ms: int) -> dict[str, Any]:
        """Flush; return what is left, or why that is not known."""
        return dict(self.page.evaluate("(ms) => chaos.flush(ms)", wait_ms))

    def knows_its_device(self) -> bool:
        """Return whether the page has been told what the database holds."""
        return self.state == "on" and bool(self.page.evaluate("harness.tracker('main').deviceUuid !== null"))

    def storage(self) -> str:
        """Return where the tracker keeps what it counts: ``indexeddb`` or ``memory``."""
        return str(self.page.evaluate("harness.tracker('main').storage"))

    def explain(self) -> str:
        """Return what the tracker says of itself."""
        return str(self.page.evaluate("async () => JSON.stringify(await harness.tracker('main').explain())"))

    def hide(self) -> None:
        """Have the page think that it is hidden, and shown again."""
        self.page.evaluate(HIDE_AND_SHOW)

    def journal_size(self) -> int:
        """Return how many calls are journalled on disk."""
        return int(self.page.evaluate(JOURNAL_SIZE))

    def uncaught(self) -> list[str]:
        """Return the errors that nobody has caught in the page."""
        return list(self.page.evaluate("harness.uncaught"))

    def kill_worker(self, life: int) -> None:
        """Have the page's SharedWorker be gone."""
        self.page.evaluate("(life) => killWorker(life)", life)

    def close(self, *, is_polite: bool) -> None:
        """Close the tab, with or without the page being told."""
        self.page.close(run_before_unload=is_polite)

    def _note_load(self) -> None:
        self.page.wait_for_function("document.documentElement.dataset.harness", timeout=LOAD_TIMEOUT_MS)
        assert self.page.evaluate("document.documentElement.dataset.harness") == "ready"
        self.load = str(self.page.evaluate("chaos.load"))

    def _has_harness(self) -> bool:
        try:
            return bool(self.page.evaluate("document.documentElement.dataset.harness === 'ready'"))
        except PlaywrightError:
            return False  # between two pages
