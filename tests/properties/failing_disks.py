"""What becomes of the two tabs when the device's database fails under one of them, or does not open."""

from __future__ import annotations

from dlt_web.messages import CallsClaimed, Commit, Committed, Input, StoreFailed
from tests.core.fake_shell import FakeShell, FakeStore
from tests.properties.simulated_world import SimulatedWorld


class WorldOfFailingDisks(SimulatedWorld):
    """Every method is one event, after which a tracker may go on in memory."""

    def lose_end_of_commit(self, tab: int, barcode_count: int, *, has_landed: bool) -> None:
        """The database fails under a commit, whose end nobody sees; the tab goes on in memory."""
        shell, disk = self.tabs[tab], self.tabs[tab].store

        def commit_and_lose_the_end(command: Commit) -> Input:
            if has_landed:
                outcome = FakeStore.commit(disk, command)
                if not isinstance(outcome, Committed):
                    return outcome  # another tab was faster; the end of the next one is lost
            del disk.commit
            shell.use_memory()
            return StoreFailed("the connection died", may_have_committed=True)

        if disk.kind == "indexeddb":
            disk.commit = commit_and_lose_the_end  # type: ignore[method-assign]
        call = shell.scan(*[("ean_13", f"{self.called}-{n}") for n in range(barcode_count)])
        self.called += barcode_count
        self.resolved += shell.resolved[call]["scans"]

    def lose_disk(self, tab: int, barcode_count: int, *, is_page_gone: bool) -> None:
        """A runtime loses its disk before a call is on it that its page has journalled, and goes on without both."""
        shell, disk = self.tabs[tab], self.tabs[tab].store
        if disk.kind == "memory" or shell.page in shell.tracker._ledger.claims:
            self.scan(tab, barcode_count)  # its page journals no more
            return
        self._journal(shell.page, shell.next_number, barcode_count)
        disk.living_pages.add(shell.page)

        def lose(_: Commit) -> Input:
            del disk.commit
            shell.use_memory()
            return StoreFailed("the disk is full", may_have_committed=False)

        disk.commit = lose  # type: ignore[method-assign]
        self._scan_as_journalled(shell, barcode_count, is_page_gone=is_page_gone)

    def start_without_disk(self, tab: int, barcode_count: int, *, is_page_gone: bool) -> None:
        """A page journals a call while its runtime starts, which cannot open the database."""
        self.kill_tab(tab)
        shell = self._start(self.tabs.pop().page, is_without_disk=True)
        self.tabs.append(shell)
        self._journal(shell.page, 1, barcode_count)
        shell.disk.living_pages.add(shell.page)
        self._scan_as_journalled(shell, barcode_count, is_page_gone=is_page_gone)

    def visit(self, tab: int, barcode_count: int, *, silent_ms: int) -> None:
        """Another page comes to a runtime and calls, and answers late what a runtime in memory asks it."""
        shell = self.tabs[tab]
        self._loads += 1
        page = f"page-{self._loads}"
        shell.gone_pages.add(page)
        shell.join(page)
        is_in_memory = shell.store.kind == "memory"
        if is_in_memory:
            # It came before Python ran.
            self._journal(page, shell.next_number, barcode_count)
            shell.disk.living_pages.add(page)
        call = shell.scan(*[("ean_13", f"{self.called}-{n}") for n in range(barcode_count)], page=page)
        self.called += barcode_count
        self.resolved += barcode_count
        assert (call in shell.resolved) != is_in_memory
        self.advance(silent_ms)
        shell.gone_pages.discard(page)
        shell.feed(CallsClaimed(page, shell.claim_calls(page)))
        assert shell.resolved[call]["scans"] == barcode_count
        shell.disk.living_pages.discard(page)

    def lose_runtime_and_disk(self, tab: int, barcode_count: int, *, has_committed: bool) -> None:
        """The runtime dies before it answers a call, and the one that takes over cannot open the database."""
        old = self.tabs[tab]
        new = self._start(old.page, is_without_disk=True)
        new.told_before.add(old.next_number)
        self._take_over(tab, new, barcode_count, has_committed=has_committed)

    def lose_runtime_in_memory(self, tab: int, barcode_count: int, *, is_told: bool) -> None:
        """A runtime that counts in memory is unheard of, with a call that it may tell; one with the disk takes over."""
        old = self.tabs[tab]
        if old.store.kind == "memory":
            self._take_over(tab, self._start(old.page), barcode_count, has_committed=True, is_told=is_told)

    def _scan_as_journalled(self, shell: FakeShell, barcode_count: int, *, is_page_gone: bool) -> None:
        gone = shell.page
        if is_page_gone:
            shell.gone_pages.add(gone)
        call = shell.scan(*[("ean_13", f"{self.called}-{n}") for n in range(barcode_count)])
        if shell.store.kind == "memory" and not shell.tracker._ledger.storage:
            shell.start()
        self.called += barcode_count
        if not is_page_gone:
            self.resolved += shell.resolved[call]["scans"]
            return
        # The next start that has the disk tells it.
        self.resolved += barcode_count
        shell.disk.living_pages.discard(gone)
        self._loads += 1
        shell.page = f"page-{self._loads}"
        shell.join(shell.page)
