"""A commit whose end nobody saw, and that may lie on a disk that another tab goes on with (spec §5)."""

import pytest

from dlt_web.messages import StoreFailed
from tests.core.fake_lts import accept_reports
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, A, B, C, bodies, bodies_of_store, flush, licensed


def lose_end(shell, *, has_landed):
    """The next commit ends unseen beside another tab, and the database does not open again."""
    disk = shell.store

    def commit(command):
        del disk.commit
        if has_landed:
            disk.commit(command)
        shell.use_memory()
        return StoreFailed("the connection died", may_have_committed=True)

    disk.commit = commit


def told(shell):
    """Answer all that a tracker sends; return what it says: stream and number → version, counts, losses."""
    said = {}
    flush(shell)
    while any(sent.url.endswith(REPORTS) for sent in shell.sent):
        stream = shell.only_request(REPORTS).body["streamId"]
        for report in accept_reports(shell):
            said[stream, report["seq"]] = report["version"], report["counts"], report["lost"]
    return said


@pytest.mark.parametrize("has_landed", [True, False], ids=["on disk", "not on disk"])
def test_two_tabs_never_say_different_things_of_one_report(has_landed):
    store = FakeStore()
    failing, other = licensed(store=store, seed=1), licensed(store=store, seed=2, page="page-2")
    failing.scan(A)
    lose_end(failing, has_landed=has_landed)
    call = failing.scan(B)
    assert failing.resolved[call]["scans"] == 1
    other.scan(("ean_13", "C"))  # of the same symbology: the counts would be the same, too
    mine, theirs = told(failing), told(other)
    [shared] = [key for key in mine if key in theirs]
    assert mine[shared] == (1, {"qr_code": 1}, {})
    assert list(mine.values())[1:] == [(1, {}, {"unclear": 1})]
    on_disk = [report for report in bodies_of_store(other) if "ean_13" in report["counts"]]
    assert sum(report["counts"]["ean_13"] for report in on_disk) == 1 + has_landed


def test_what_is_scanned_after_it_counts_in_memory_and_the_loss_is_said_once():
    shell = licensed()
    lose_end(shell, has_landed=False)
    shell.scan(A, B)
    shell.scan(C)
    shell.scan(("aztec", "D"))
    [(version, counts, lost)] = told(shell).values()
    assert (version, counts, lost) == (3, {"qr_code": 1, "aztec": 1}, {"unclear": 2})


def test_a_device_that_may_be_on_the_disk_is_the_device_in_memory():
    store = FakeStore()
    shell = FakeShell(store=store, is_started=False)
    lose_end(shell, has_landed=True)
    shell.start()
    assert (shell.state["storage"], shell.state["deviceUuid"]) == ("memory", store.records["device"]["uuid"])


def test_an_answer_under_such_a_commit_is_acted_on_again_in_memory():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    lose_end(shell, has_landed=False)
    accept_reports(shell)
    assert (shell.state["storage"], shell.state["pending"]["scans"]) == ("memory", 0)
    accept_reports(shell, "duplicate")  # a copy, sent before the answer was acted on
    assert bodies(shell) == []
