"""Each call of a page counts once: whichever of its trackers gets to the store first, and whoever is told it again."""

import pytest

from dlt_web.messages import CommitConflicted
from dlt_web.options import TrackerOptions
from dlt_web.slots import total_of
from dlt_web.stored_records import state_from_records
from tests.core.fake_lts import refuse
from tests.core.fake_shell import FakeShell, FakeStore

PATIENT = {"forget_time_ms": 10_000}


class Queue:
    """A worker's one queue to the store: a commit that meets a conflict is decided anew in its place."""

    def __init__(self):
        self.disk = FakeStore()
        self.waiting = []

    def open(self, seed, **options):
        given = TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), **options)
        shell = FakeShell(given, store=self.disk, seed=seed)
        shell.store = Way(self, shell)
        return shell

    def run(self):
        while self.waiting:
            shell, command = self.waiting.pop(0)
            outcome = self.disk.commit(command)
            before = len(self.waiting)
            shell.answer_from_store(outcome)
            if isinstance(outcome, CommitConflicted) and len(self.waiting) > before:
                self.waiting.insert(0, self.waiting.pop())

    def counted(self):
        reports = state_from_records("code-1", self.disk.records).queue.reports.values()
        return sum(total_of(queued.report.counts) for queued in reports)


class Way(FakeStore):
    """One tracker's way to the queue."""

    def __init__(self, queue, shell):
        super().__init__()
        self.queue, self.shell = queue, shell

    def load(self):
        return self.queue.disk.load()

    def commit(self, command):
        self.queue.waiting.append((self.shell, command))


def scan(shell, number):
    return shell.scan(("qr_code", f"{number}"), number=number)


def test_what_waits_in_a_tracker_is_counted_though_another_one_of_the_page_counts_later_calls_first():
    queue = Queue()
    first, second = queue.open(1), queue.open(2, **PATIENT)
    calls = [scan(first, 1), scan(first, 2)]  # the second waits for the first
    # The page changes its options: it closes its tracker, makes another one, and goes on.
    calls.append(scan(second, 3))
    queue.run()
    answers = first.resolved | second.resolved
    assert [answers[call]["scans"] for call in calls] == [1, 1, 1]
    assert queue.counted() == 3


@pytest.mark.parametrize("options", [{}, PATIENT])
def test_a_call_that_is_told_again_to_a_tracker_of_its_options_counts_once(options):
    queue = Queue()
    others = queue.open(1, duplicate_mode="session")
    first = queue.open(2, **options)
    scan(first, 1)
    scan(others, 2)
    queue.run()
    again = queue.open(3, **options)
    call = scan(again, 1)
    queue.run()
    assert again.resolved[call]["scans"] == 1
    assert queue.counted() == 2


def journalled(number):
    times = {"timeMs": None, "calledWallMs": 0, "calledMonotonicMs": 0}
    call = {"handshakeCode": "code-1", "page": "page-1", "number": number, "stream": "#s", "source": "video"}
    return {**call, **times, "barcodes": [{"format": "qr_code", "text": f"#{number}"}]}


def test_a_call_of_a_page_that_is_gone_counts_once_whichever_of_its_trackers_counted_it():
    queue = Queue()
    scan(queue.open(1, **PATIENT), 1)
    queue.run()
    queue.disk.journal = [journalled(1), journalled(2)]
    FakeShell(store=queue.disk, seed=2, page="page-2")
    assert queue.counted() == 2
    # A worker of another build still has it, and comes to it only now.
    late = queue.open(3, **PATIENT)
    scan(late, 2)
    queue.run()
    assert queue.counted() == 2


def test_a_call_that_is_counted_is_not_refused_where_it_is_told_again_after_the_license_ended():
    queue = Queue()
    call = scan(queue.open(1), 1)
    queue.run()
    refused = FakeShell(store=queue.disk, seed=2)
    refuse(refused)
    assert refused.state["license"]["state"] == "refused"
    assert scan(refused, 1) == call
    assert refused.resolved[call]["scans"] == 1
    fresh = scan(refused, 2)
    assert refused.rejected[fresh].error == "LicenseError"
    assert queue.counted() == 1
