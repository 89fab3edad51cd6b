"""A device that is made where a journal lies already: each copy of the two is one and the same device."""

import copy

import pytest

from dlt_web.device import uuid4_from
from dlt_web.ledger import SEED_WAIT_MS
from dlt_web.messages import CloseRequested, JournalRead, StoreFailed, StorePurged
from dlt_web.options import TrackerOptions
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import A, bodies_of_store, flush, licensed, purge
from tests.core.test_tracker_journal import call

SEED = bytes(range(16)).hex()
DEVICE = uuid4_from(bytes(range(16)))
OTHER_CODE = TrackerOptions(handshake_code="code-2", license_servers=("https://lts.test",))


def image(**more):
    """A profile whose pages were all killed before Python was up for the first time."""
    calls = [call(1, "a"), call(2, "b"), call(1, "c", page="gone too", code="code-2")]
    return FakeStore(journal=calls, seed=SEED, **more)


def test_copies_of_a_profile_without_a_device_tell_a_journal_as_one_device_under_the_same_names():
    told = []
    for seed in (7, 8):
        shell = FakeShell(store=copy.deepcopy(image()), seed=seed, page=f"page-{seed}")
        grant(shell)
        flush(shell)
        body = shell.sent[-1].body
        told.append((body["deviceUuid"], body["streamId"], accept_reports(shell)))
    assert told[0] == told[1]
    assert told[0][0] == DEVICE


def test_whichever_handshake_code_is_used_first_it_is_the_same_device():
    one, two = copy.deepcopy(image()), copy.deepcopy(image())
    assert FakeShell(store=one, seed=1).state["deviceUuid"] == DEVICE
    assert FakeShell(OTHER_CODE, store=two, seed=2).state["deviceUuid"] == DEVICE


def test_a_copy_that_gets_more_into_its_journal_before_it_has_a_device_is_the_same_one():
    store = image()
    store.journal.append(call(1, "d", page="a", wall_ms=0))
    assert FakeShell(store=store).state["deviceUuid"] == DEVICE


def test_the_seed_goes_once_the_device_is_made_also_where_this_code_has_nothing_in_the_journal():
    store = FakeStore(seed=SEED, journal=[call(1, "a", code="code-3")])
    commit, seeds = store.commit, []

    def look(command):
        seeds.append(store.seed)
        return commit(command)

    store.commit = look
    assert FakeShell(store=store).state["deviceUuid"] == DEVICE
    assert seeds[0] == SEED
    assert (store.seed, len(store.journal)) == (None, 1)


def test_what_is_purged_is_made_anew_of_fresh_bytes_even_if_the_seed_is_there_still():
    shell = FakeShell(store=image())
    shell.store = image()
    shell.feed(StorePurged("indexeddb", 0, {}))
    assert shell.state["deviceUuid"] not in (None, DEVICE)


def test_what_is_purged_before_its_device_is_on_disk_is_made_of_fresh_bytes():
    # Another tab may have made the device of that seed, and counted for it, before all was deleted.
    store = image()
    shell = FakeShell(store=store, is_started=False)

    def purge_first(command):
        shell.store = FakeStore()
        return StorePurged("indexeddb", 0, {})

    store.commit = purge_first
    shell.start()
    assert shell.state["deviceUuid"] not in (None, DEVICE)
    assert shell.store.records["device"] == {"uuid": shell.state["deviceUuid"]}


def test_what_is_purged_while_the_journal_is_read_is_made_of_fresh_bytes():
    shell = FakeShell(store=image(hangs=True))
    purge(shell)
    uuid = shell.state["deviceUuid"]
    shell.feed(JournalRead([], SEED, []))
    assert uuid == shell.state["deviceUuid"] not in (None, DEVICE)


def test_a_journal_that_hangs_is_waited_for_two_seconds_and_counted_when_it_comes():
    shell = FakeShell(store=FakeStore(hangs=True))
    scanned = shell.scan(A)
    shell.advance(SEED_WAIT_MS - 1)
    assert (shell.state["deviceUuid"], shell.store.records, scanned in shell.resolved) == (None, {}, False)
    shell.advance(1)
    assert shell.resolved[scanned]["scans"] == 1
    uuid = shell.state["deviceUuid"]
    shell.feed(JournalRead([call(1, "a")], SEED, ["gone"]))
    assert uuid == shell.state["deviceUuid"] not in (None, DEVICE)
    assert [report["counts"] for report in bodies_of_store(shell)] == [{"qr_code": 1}, {"qr_code": 1}]


def test_a_tracker_that_is_closed_while_the_journal_hangs_counts_all_the_same():
    shell = FakeShell(store=FakeStore(hangs=True))
    scanned = shell.scan(A)
    shell.feed(CloseRequested("closed", shell.page))
    assert "closed" not in shell.resolved
    shell.advance(SEED_WAIT_MS)
    assert shell.resolved[scanned]["scans"] == 1
    assert shell.resolved["closed"]["pendingScans"] == 1


def test_a_device_that_is_there_waits_for_no_journal():
    store = licensed().store
    store.hangs, store.seed = True, SEED
    shell = FakeShell(store=store, page="page-2")
    assert shell.state["deviceUuid"] == store.records["device"]["uuid"]
    assert shell.resolved[shell.scan(A)]["scans"] == 1


def test_a_device_in_memory_waits_for_no_journal():
    assert FakeShell(store=FakeStore(kind="memory", hangs=True)).state["deviceUuid"] is not None


def test_a_tab_that_waits_for_the_journal_takes_the_device_that_another_one_makes_meanwhile():
    store = FakeStore(hangs=True)
    waiting = FakeShell(store=store, seed=1)
    store.hangs, store.seed = False, SEED
    assert FakeShell(store=store, seed=2, page="page-2").state["deviceUuid"] == DEVICE
    waiting.advance(SEED_WAIT_MS)
    assert waiting.state["deviceUuid"] == DEVICE


def test_a_device_whose_disk_fails_before_it_is_written_leaves_its_seed_to_the_next_one():
    disk = image()
    shell = FakeShell(store=disk, is_started=False)

    def fail(command):
        shell.use_memory()
        return StoreFailed("the disk is full", False)

    disk.commit = fail
    shell.start()
    assert (shell.state["storage"], shell.state["deviceUuid"]) == ("memory", DEVICE)
    del disk.commit
    assert (disk.seed, len(disk.journal)) == (SEED, 3)
    assert FakeShell(store=disk, seed=2, page="page-2").state["deviceUuid"] == DEVICE


@pytest.mark.parametrize("seed", [None, 5, "", SEED[1:], SEED.upper(), "g" * 32])
def test_what_is_no_seed_makes_no_device(seed):
    one, two = (FakeShell(store=FakeStore(seed=seed), seed=number).state["deviceUuid"] for number in (1, 2))
    assert None not in (one, two)
    assert one != two
