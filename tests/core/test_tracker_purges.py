import pytest

from dlt_web.messages import StoreFailed, StorePurged
from dlt_web.model import Problem
from dlt_web.options import TrackerOptions
from dlt_web.wire_answers import encode_problem
from tests.core.fake_lts import EPOCH, accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, SLOT_MS, A, B, C, bodies, bodies_of_store, flush, licensed, purge


def test_without_its_database_the_tracker_counts_in_a_stream_of_its_own():
    shell = licensed()
    shell.scan(A)
    uuid = shell.state["deviceUuid"]
    shell.use_memory()
    shell.feed(StoreFailed("connection lost", True))
    shell.scan(B)
    flush(shell)
    assert shell.state["storage"] == "memory"
    assert shell.state["deviceUuid"] == uuid
    first, second = accept_reports(shell), accept_reports(shell)
    assert [first[0]["counts"], second[0]["counts"]] == [{"qr_code": 1}, {"ean_13": 1}]


def test_a_purge_sends_what_is_held_under_the_old_uuid_and_makes_a_new_device():
    shell = licensed()
    shell.scan(A)
    old = shell.state["deviceUuid"]
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    body = shell.only_request(REPORTS).body
    assert (body["deviceUuid"], body["reports"][0]["counts"]) == (old, {"qr_code": 1})
    assert shell.state["deviceUuid"] not in (None, old)
    assert old not in repr(shell.store.records)
    accept_reports(shell)
    grant(shell)
    shell.scan(B)
    flush(shell)
    body = shell.only_request(REPORTS).body
    assert (body["deviceUuid"], body["reports"][0]["counts"]) == (shell.state["deviceUuid"], {"ean_13": 1})


def test_scans_not_committed_when_the_purge_came_count_for_the_new_device():
    shell = licensed()
    old = shell.state["deviceUuid"]
    fresh = FakeStore()

    def purge_first(command):
        shell.store = fresh
        return StorePurged("indexeddb", 0, {})

    shell.store.commit = purge_first
    call = shell.scan(A)
    assert shell.resolved[call]["scans"] == 1
    assert fresh.records["device"]["uuid"] != old
    assert [value["report"]["counts"] for key, value in fresh.records.items() if "/report/" in key] == [{"qr_code": 1}]


def test_a_purge_while_the_first_answer_is_awaited_asks_anew_for_the_new_device():
    shell = FakeShell()
    old = shell.state["deviceUuid"]
    waiting = shell.only_request("/v1/authorizations")
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    shell.lose(waiting)
    grant(shell)
    assert shell.state["license"]["state"] == "licensed"
    assert shell.state["deviceUuid"] != old


def test_another_tab_that_met_the_purge_first_gives_this_one_its_device():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    old = one.state["deviceUuid"]
    one.scan(A)
    store.records.clear()
    store.revision += 1
    two = FakeShell(store=store, seed=2, page="page-2")
    one.scan(B)
    assert one.state["deviceUuid"] == two.state["deviceUuid"] != old
    assert one.only_request(REPORTS).body["deviceUuid"] == old
    assert old not in repr(store.records)
    assert [value["report"]["counts"] for key, value in store.records.items() if "/report/" in key] == [{"ean_13": 1}]


def test_what_a_purged_device_held_without_a_report_token_is_said_as_lost():
    shell = FakeShell()
    shell.scan(A)
    purge(shell)
    assert [report["lost"] for report in bodies_of_store(shell)] == [{"purged": 1}]


def test_a_second_purge_before_the_server_was_ever_reached_takes_no_loss_along():
    shell = FakeShell()
    for found in ([A, B], [C]):
        shell.scan(*found)
        purge(shell)
    [report] = bodies_of_store(shell)
    assert (report["counts"], report["lost"]) == ({}, {"purged": 3})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["who knows less first", "who knows more first"])
def test_tabs_that_held_the_same_purged_device_say_its_loss_once(order):
    store, renewed = FakeStore(), FakeStore()
    tabs = [FakeShell(store=store, seed=seed, page=f"page-{seed}") for seed in (1, 2)]
    tabs[0].scan(A)
    tabs[1].scan(B)  # this tab knows of both scans, the first one of its own only
    for shell in (tabs[index] for index in order):
        shell.store = renewed
        shell.feed(StorePurged("indexeddb", *renewed.load()))
    tabs[0].scan(C)
    reports = bodies_of_store(tabs[0])
    assert sum(report["lost"].get("purged", 0) for report in reports) == 2
    assert sum(sum(report["counts"].values()) for report in reports) == 1


def test_a_purged_device_that_a_restored_server_does_not_know_is_told_again():
    shell = licensed()
    shell.scan(A)
    purge(shell)
    problem = encode_problem(Problem(409, "STORE_EPOCH_CHANGED", "restored", store_epoch="store-1:2"))
    shell.answer(shell.only_request(REPORTS), 409, problem)
    assert shell.only_request(REPORTS).body["storeEpoch"] == "store-1:2"
    accept_reports(shell, epoch="store-1:2")
    assert bodies(shell) == []


def test_a_purged_device_s_stale_report_token_ends_as_a_loss_of_the_new_one():
    shell = licensed()
    shell.scan(A)
    purge(shell)
    shell.answer(shell.only_request(REPORTS), 409, {"code": "REPORT_TOKEN_STALE", "detail": "unknown key"})
    assert [report["lost"] for report in bodies_of_store(shell)] == [{"purged": 1}]


def test_a_purged_device_with_many_reports_is_heard_to_the_end():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    for _ in range(400):
        shell.clock.advance(SLOT_MS)
        shell.scan(A)
    shell.lose(shell.only_request(REPORTS))
    purge(shell)
    told = 0
    while bodies(shell):
        told += len(accept_reports(shell))
    assert told >= 401


def test_an_answer_for_a_device_that_is_gone_for_good_changes_nothing():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    waiting = shell.only_request(REPORTS)
    accept_body = {"serverTime": "2025-11-24T16:00:00Z", "storeEpoch": EPOCH, "results": [], "last": None}
    shell.feed(StorePurged("indexeddb", 0, {}))
    shell.answer(waiting, 200, accept_body)
    assert shell.state["deviceUuid"] is not None


def test_two_codes_whose_store_fails_share_one_device_in_memory_and_lose_nothing():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    other = TrackerOptions(handshake_code="code-2", license_servers=("https://lts.test",))
    two = FakeShell(other, store=store, seed=2)
    one.scan(A)
    two.scan(A)
    uuid = one.state["deviceUuid"]
    memory = FakeStore(kind="memory")
    for shell in (one, two):
        shell.store = memory
        shell.feed(StoreFailed("connection lost", True))
    two.scan(B)
    assert {one.state["deviceUuid"], two.state["deviceUuid"], memory.records["device"]["uuid"]} == {uuid}
    assert (one.state["pending"]["scans"], two.state["pending"]["scans"]) == (1, 2)


def test_a_store_that_comes_back_unreadable_after_a_purge_is_left_alone():
    shell = licensed()
    shell.feed(StorePurged("indexeddb", 7, {"device": {"of": "version 9"}}))
    assert shell.state["storage"] == "memory"
    call = shell.scan(A)
    assert shell.resolved[call]["scans"] == 1


def test_a_purge_before_there_is_a_device_is_no_farewell():
    shell = FakeShell(is_started=False)
    shell.feed(StorePurged("indexeddb", 0, {}))
    assert shell.state["deviceUuid"] is not None
    assert bodies(shell) == []


def test_a_late_answer_for_a_device_long_gone_changes_nothing():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    waiting = shell.only_request(REPORTS)
    shell.sent.remove(waiting)
    purge(shell)
    shell.sent.append(waiting)
    body = {"serverTime": "2025-11-24T16:00:00Z", "storeEpoch": EPOCH, "results": [], "last": None}
    body["results"] = [{"seq": 1, "version": 1, "outcome": "accepted"}]
    shell.answer(waiting, 200, body)
    assert bodies(shell) == []
    assert shell.state["pending"]["scans"] == 0


def test_a_sign_of_life_of_a_purged_device_is_nobody_s():
    shell = licensed()
    shell.scan(A)
    flush(shell)
    accept_reports(shell)
    shell.scan(A)
    shell.advance(200_000)
    waiting = shell.only_request(REPORTS)
    purge(shell)
    body = {"serverTime": "2025-11-24T16:00:00Z", "storeEpoch": EPOCH, "results": [], "last": None}
    shell.answer(waiting, 200, body)
    assert shell.store.records.keys() == {"device", "code/6/code-1/license"}


def test_two_tabs_whose_disk_is_full_at_once_lose_nothing():
    store = FakeStore()
    tabs = [licensed(store=store, seed=seed, page=f"page-{seed}") for seed in (1, 2)]
    for shell in tabs:
        shell.scan(A)
        flush(shell)
        accept_reports(shell)

    for shell in tabs:

        def fail(command, shell=shell):
            shell.use_memory()
            return StoreFailed("the disk is full", False)

        store.commit = fail
        call = shell.scan(B)
        assert shell.resolved[call]["scans"] == 1
    told = []
    for shell in tabs:
        flush(shell)
        told.append((shell.only_request(REPORTS).body["streamId"], accept_reports(shell)))
    # Never the same number of the same stream: the server would take the second for a copy of the first.
    assert len({stream for stream, _ in told}) == 2
    assert [[report["counts"] for report in reports] for _, reports in told] == [[{"ean_13": 1}], [{"ean_13": 1}]]


def test_an_answer_on_its_way_to_a_disk_that_was_purged_holds_nothing_up():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    one.scan(A)
    flush(one)
    store.records.clear()
    store.revision += 1
    two = FakeShell(store=store, seed=2, page="page-2")
    accept_reports(one)  # its commit meets the other tab's device
    accept_reports(one)  # told once more, from memory: every copy is harmless
    grant(one)
    call = one.scan(B)
    assert one.resolved[call]["scans"] == 1
    flush(one)
    body = one.only_request(REPORTS).body
    assert (body["deviceUuid"], body["reports"][-1]["counts"]) == (two.state["deviceUuid"], {"ean_13": 1})


def test_a_refusal_of_a_purged_device_is_not_the_new_one_s():
    shell = FakeShell()
    waiting = shell.only_request("/v1/authorizations")
    purge(shell)
    shell.answer(waiting, 403, encode_problem(Problem(403, "QUOTA_EXHAUSTED", "5 of 5 devices are seated.")))
    assert shell.state["license"]["state"] == "starting"
    grant(shell)
    assert shell.state["license"]["state"] == "licensed"


def test_two_trackers_of_one_code_whose_store_fails_keep_each_other_s_counts_in_memory():
    disk, memory = FakeStore(), FakeStore(kind="memory")
    one = licensed(store=disk, seed=1)
    two = licensed(store=disk, seed=2, page="page-2")
    one.scan(A)  # of which the other one has not heard
    for shell, barcode in ((one, B), (two, C)):
        shell.store = memory
        shell.feed(StoreFailed("no disk", False))
        shell.scan(barcode)
    one.scan(("data_matrix", "D"))
    two.scan(("aztec", "E"))
    assert sorted(total for report in bodies_of_store(one) for total in report["counts"].items()) == [
        ("aztec", 1),
        ("data_matrix", 1),
        ("ean_13", 1),
        ("qr_code", 1),
        ("qr_code", 1),
    ]
