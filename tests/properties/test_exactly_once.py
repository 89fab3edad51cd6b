"""Two trackers over one store and a lossy network: the LTS's usage equals the accepted scans (spec §5)."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dlt_web import local_state
from tests.long_form import by_form
from tests.properties.failing_disks import WorldOfFailingDisks
from tests.properties.simulated_world import SimulatedWorld

pytestmark = pytest.mark.long_form

TABS = st.integers(0, 1)
# More than what is acknowledged is kept for, in case that a server is restored.
EIGHT_DAYS_MS = 8 * 86_400_000
# A battery that is empty, or a year that somebody mistyped.
FIVE_YEARS_MS = 5 * 365 * 86_400_000


class TwoTabsAndABadNetwork(RuleBasedStateMachine):
    """Every event in every order; after the dust has settled the books are exact."""

    new_world = SimulatedWorld

    def __init__(self):
        super().__init__()
        self.world = self.new_world(seed=1)

    @rule(tab=TABS, barcode_count=st.integers(1, 3))
    def scan(self, tab, barcode_count):
        self.world.scan(tab, barcode_count)

    @rule(ms=st.sampled_from([1_000, 60_000, 180_000, 3_600_000]))
    def time_passes(self, ms):
        self.world.advance(ms)

    @rule(ms=st.sampled_from([-FIVE_YEARS_MS, -EIGHT_DAYS_MS, -400_000, -1_000, 200_000, EIGHT_DAYS_MS, FIVE_YEARS_MS]))
    def wall_clock_jumps(self, ms):
        self.world.jump_wall_clock(ms)

    @rule(tab=TABS)
    def flush(self, tab):
        self.world.flush(tab)

    @rule(tab=TABS)
    def request_and_answer_arrive(self, tab):
        self.world.deliver(tab)

    @rule(tab=TABS)
    def answer_is_lost(self, tab):
        self.world.deliver(tab, is_answer_lost=True)

    @rule(tab=TABS)
    def request_is_lost(self, tab):
        self.world.lose_request(tab)

    @rule(tab=TABS)
    def a_copy_is_kept(self, tab):
        self.world.keep_copy(tab)

    @precondition(lambda self: self.world.old_copies)
    @rule()
    def an_old_copy_arrives(self):
        self.world.send_copy()

    @rule(tab=TABS)
    def tab_is_killed(self, tab):
        self.world.kill_tab(tab)

    @rule(tab=TABS)
    def tab_is_told_what_others_wrote(self, tab):
        self.world.tell(tab)

    @rule(tab=TABS, barcode_count=st.integers(1, 3), has_committed=st.booleans())
    def runtime_dies(self, tab, barcode_count, has_committed):
        self.world.lose_runtime(tab, barcode_count, has_committed=has_committed)

    @rule(barcode_count=st.integers(1, 3))
    def tab_is_killed_before_its_runtime_is_up(self, barcode_count):
        self.world.kill_before_start(barcode_count)

    @rule()
    def server_is_backed_up(self):
        self.world.back_up()

    @rule()
    def server_is_restored(self):
        self.world.restore()

    @invariant()
    def never_more_than_was_scanned(self):
        assert self.world.counted() <= self.world.resolved == self.world.called

    def teardown(self):
        self.world.settle()
        for url_and_body in self.world.old_copies:
            self.world.old_copies = [url_and_body]
            self.world.send_copy()
        assert self.world.counted() == self.world.resolved == self.world.called
        assert self.world.devices() == 1


TwoTabsAndABadNetwork.TestCase.settings = settings(max_examples=by_form(20, 600), stateful_step_count=40, deadline=None)
TestTwoTabsAndABadNetwork = TwoTabsAndABadNetwork.TestCase


class TwoTabsAndPurges(TwoTabsAndABadNetwork):
    """And the person deletes the site's data, any number of times: what any tab knew is counted, or said as lost."""

    @rule()
    def data_is_purged(self):
        self.world.purge()

    def teardown(self):
        world = self.world
        world.settle()
        for url_and_body in world.old_copies:
            world.old_copies = [url_and_body]
            world.send_copy()
        assert world.counted() <= world.resolved == world.called
        assert world.counted() + world.lost() + world.gone_with_purges >= world.called


TwoTabsAndPurges.TestCase.settings = settings(max_examples=by_form(30, 1000), stateful_step_count=30, deadline=None)
TestTwoTabsAndPurges = TwoTabsAndPurges.TestCase


class TwoTabsAndFailingDisks(TwoTabsAndABadNetwork):
    """And the database fails under one of the runtimes: nothing counts twice, and no loss is silent.

    It fails under a commit whose end nobody sees, or which is certainly not applied, or at the start; with calls in the
    journal that can be deleted or not, and pages that live or are gone.
    """

    new_world = WorldOfFailingDisks

    def __init__(self):
        super().__init__()
        self.device_count = 1
        self.world.settle()  # else few histories come to a report

    @rule(tab=TABS, barcode_count=st.integers(1, 3), has_landed=st.booleans())
    def database_fails(self, tab, barcode_count, has_landed):
        self.world.lose_end_of_commit(tab, barcode_count, has_landed=has_landed)

    @rule(tab=TABS, barcode_count=st.integers(1, 3), is_page_gone=st.booleans())
    def disk_is_full_under_a_journalled_call(self, tab, barcode_count, is_page_gone):
        self.world.lose_disk(tab, barcode_count, is_page_gone=is_page_gone)

    @rule(tab=TABS, barcode_count=st.integers(1, 3), is_page_gone=st.booleans())
    def database_does_not_open(self, tab, barcode_count, is_page_gone):
        self.device_count += 1
        self.world.start_without_disk(tab, barcode_count, is_page_gone=is_page_gone)

    @rule(tab=TABS, barcode_count=st.integers(1, 3), has_committed=st.booleans())
    def runtime_dies_and_the_database_does_not_open(self, tab, barcode_count, has_committed):
        self.device_count += 1
        self.world.lose_runtime_and_disk(tab, barcode_count, has_committed=has_committed)

    @rule(tab=TABS, barcode_count=st.integers(1, 3), is_told=st.booleans())
    def runtime_in_memory_is_unheard_of(self, tab, barcode_count, is_told):
        self.world.lose_runtime_in_memory(tab, barcode_count, is_told=is_told)

    @rule(tab=TABS, barcode_count=st.integers(1, 3), silent_ms=st.sampled_from([0, 3_000, 11_000]))
    def another_page_of_a_runtime_answers_late(self, tab, barcode_count, silent_ms):
        self.world.visit(tab, barcode_count, silent_ms=silent_ms)

    @rule(is_stuck=st.booleans())
    def journal_cannot_be_deleted(self, is_stuck):
        self.world.store.is_stuck = is_stuck

    def teardown(self):
        world = self.world
        world.settle()
        for url_and_body in world.old_copies:
            world.old_copies = [url_and_body]
            world.send_copy()
        assert world.counted() <= world.resolved == world.called
        assert world.counted() + world.lost() + world.gone_with_memory >= world.called
        assert world.devices() <= self.device_count


# Short ones: what is gone with a memory would hide what counts twice.
TwoTabsAndFailingDisks.TestCase.settings = settings(
    max_examples=by_form(40, 1200), stateful_step_count=12, deadline=None
)
TestTwoTabsAndFailingDisks = TwoTabsAndFailingDisks.TestCase


class TwoTabsAndABrokenJournal(TwoTabsAndABadNetwork):
    """And the journal cannot be deleted, or not be read, while pages come and go: nothing counts twice."""

    def __init__(self):
        super().__init__()
        self.whole = local_state.MAX_PAGES, local_state.MAX_PAGES_UNREAD
        # So few that a history comes to more page loads.
        local_state.MAX_PAGES, local_state.MAX_PAGES_UNREAD = 3, 5
        self.has_been_unreadable = False
        self.world.settle()

    @rule(is_stuck=st.booleans())
    def journal_cannot_be_deleted(self, is_stuck):
        self.world.store.is_stuck = is_stuck

    @rule(is_unreadable=st.booleans())
    def journal_cannot_be_read(self, is_unreadable):
        self.world.store.is_unreadable = is_unreadable
        self.has_been_unreadable = self.has_been_unreadable or is_unreadable

    @rule(tab=TABS, barcode_count=st.integers(1, 3))
    def tab_is_killed_before_it_hears(self, tab, barcode_count):
        self.world.kill_unheard(tab, barcode_count)

    def teardown(self):
        world = self.world
        world.store.is_unreadable = False
        world.settle()
        local_state.MAX_PAGES, local_state.MAX_PAGES_UNREAD = self.whole
        assert world.counted() <= world.resolved == world.called
        assert world.counted() + world.lost() >= world.called
        assert world.lost() == 0 or self.has_been_unreadable
        assert world.devices() == 1


TwoTabsAndABrokenJournal.TestCase.settings = settings(
    max_examples=by_form(20, 600), stateful_step_count=40, deadline=None
)
TestTwoTabsAndABrokenJournal = TwoTabsAndABrokenJournal.TestCase


@pytest.mark.parametrize("seed", range(by_form(10, 400)))
def test_a_long_random_history_ends_exact(seed):
    world = SimulatedWorld(seed)
    events = [
        lambda tab: world.scan(tab, world.rng.randint(1, 4)),
        lambda tab: world.scan(tab, 1),
        lambda tab: world.advance(world.rng.choice([500, 30_000, 181_000, 900_000])),
        lambda tab: world.jump_wall_clock(world.rng.choice([-EIGHT_DAYS_MS, -200_000, 100_000, EIGHT_DAYS_MS])),
        lambda tab: world.jump_wall_clock(world.rng.choice([-FIVE_YEARS_MS, FIVE_YEARS_MS])),
        lambda tab: world.flush(tab),
        lambda tab: world.deliver(tab),
        lambda tab: world.deliver(tab),
        lambda tab: world.deliver(tab, is_answer_lost=True),
        lambda tab: world.lose_request(tab),
        lambda tab: world.keep_copy(tab),
        lambda tab: world.send_copy(),
        lambda tab: world.tell(tab),
        lambda tab: world.back_up() if world.rng.random() < 0.3 else None,
        lambda tab: world.restore() if world.rng.random() < 0.3 else None,
        lambda tab: world.lose_runtime(tab, 2, has_committed=world.rng.random() < 0.7),
        lambda tab: world.kill_before_start(2),
        lambda tab: world.kill_tab(tab) if world.rng.random() < 0.2 else None,
    ]
    for _ in range(300):
        world.rng.choice(events)(world.rng.randrange(2))
        assert world.counted() <= world.resolved
    world.settle()
    assert world.called > 50
    assert world.counted() == world.resolved == world.called
    assert world.devices() == 1
