"""Whether pages are told of a scan by its commit or by the tracker's next step, the same is said, sent and kept."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_web.messages import CommitConflicted, FlushRequested, StoreFailed, StorePurged
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS


class SlowStore(FakeStore):
    """One whose commits wait for the history."""

    def __init__(self):
        super().__init__()
        self.waiting = []

    def commit(self, command):
        self.waiting.append(command)


class SilentShell(FakeShell):
    """One that tells nobody what commits have for the pages, under a tracker that knows it and tells them itself."""

    def _one(self, command):
        super()._one(command)
        self._answers = ()
        self.tracker._audience.has_heard = lambda: False


class History:
    """One tracker to which all happens."""

    def __init__(self, shell):
        self.shell = shell
        self.count = 0
        self.pages = ["page-1"]

    def scan(self):
        self.count += 1
        self.shell.scan(("qr_code", f"text {self.count}"))

    def scan_again(self):
        self.shell.scan(("qr_code", f"text {self.count}"))

    def land(self):
        store = self.shell.store
        if isinstance(store, SlowStore) and store.waiting:
            self.shell.answer_from_store(FakeStore.commit(store, store.waiting.pop(0)))

    def meet_another_tab(self):
        store = self.shell.store
        if isinstance(store, SlowStore) and store.waiting:
            store.waiting.pop(0)
            store.revision += 1
            self.shell.answer_from_store(CommitConflicted(*store.load()))

    def purge(self):
        if isinstance(self.shell.store, SlowStore):
            self.shell.store = SlowStore()
            self.shell.answer_from_store(StorePurged("indexeddb", 0, {}))

    def fail_unseen(self):
        if isinstance(self.shell.store, SlowStore) and self.shell.store.waiting:
            self.shell.use_memory()
            self.shell.answer_from_store(StoreFailed("lost", may_have_committed=True))

    def license(self):
        if self.requests("/v1/authorizations") == 1:
            grant(self.shell)

    def acknowledge(self):
        if self.requests(REPORTS) == 1:
            accept_reports(self.shell)

    def lose_requests(self):
        for request in list(self.shell.sent):
            self.shell.lose(request)

    def flush(self):
        self.shell.feed(FlushRequested(f"flush-{self.count}-{self.shell.clock.monotonic_ms}"))
        self.shell.clock.advance(1)

    def join(self):
        self.pages.append(f"page-{len(self.pages) + 1}")
        self.shell.join(self.pages[-1])

    def pass_a_while(self):
        self.shell.advance(2_000)

    def pass_a_slot(self):
        self.shell.advance(180_000)

    def requests(self, path):
        return sum(sent.url.endswith(path) for sent in self.shell.sent)

    def told(self):
        shell = self.shell
        events = {page: [one for one in shell.events if one.page == page] for page in (*self.pages, None)}
        kept = (shell.store.load(), getattr(shell.store, "waiting", None) and True)
        return shell.resolved, shell.rejected, events, shell.state, shell.beacon, shell.sent, shell.timer_at_ms, kept


EVENTS = sorted(name for name in vars(History) if name[0] != "_" and name not in ("told", "requests"))
# As things mostly go, so that histories get on.
LIKELY = ["scan", "land", "land"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(EVENTS + LIKELY * 3), max_size=40))
def test_it_makes_no_difference_who_tells(events):
    one, other = History(FakeShell(store=SlowStore())), History(SilentShell(store=SlowStore()))
    for event in (*events, *["land"] * 3):
        for history in (one, other):
            getattr(history, event)()
    assert one.told() == other.told()
