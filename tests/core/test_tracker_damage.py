"""One record of the store is damaged: it alone is set aside, and everything else goes on."""

import pytest

from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, SLOT_MS, A, B, bodies, bodies_of_store, flush, licensed

PREFIX = "code/6/code-1/"


def two_reports():
    """A store with a report of one scan and one of two, none of them sent, and the shell that made it."""
    shell = licensed()
    shell.scan(A)
    shell.clock.advance(SLOT_MS)
    shell.scan(A)
    shell.scan(B)
    return shell


def report_keys(store):
    return sorted(key for key in store.records if "/report/" in key)


def reopened(before, **more):
    """The same device after a restart, its license granted anew where it asks."""
    shell = FakeShell(store=before.store, clock=before.clock, seed=9, page="page-2", **more)
    if any(sent.url.endswith("/v1/authorizations") for sent in shell.sent):
        grant(shell)
    return shell


def errors(shell):
    return shell.explain()["errors"]


@pytest.mark.parametrize("value", [None, "no object", {"report": {}}, {"streamId": 5}])
def test_an_unreadable_report_costs_neither_the_device_nor_the_other_reports(value):
    before = two_reports()
    first = report_keys(before.store)[0]
    before.store.records[first] = value
    shell = reopened(before)
    assert shell.state["deviceUuid"] == before.state["deviceUuid"]
    assert shell.state["storage"] == "indexeddb"
    sent = accept_reports(shell)
    flush(shell)
    sent += accept_reports(shell)
    assert [(report["seq"], report["counts"], report["lost"]) for report in sent] == [
        (2, {"ean_13": 1, "qr_code": 1}, {}),
        (3, {}, {"unreadable": 1}),
    ]
    assert shell.state["pending"]["scans"] == 0
    assert shell.store.records[first] == value


def test_it_is_told_by_explain_which_record_it_is():
    before = two_reports()
    key = report_keys(before.store)[0]
    before.store.records[key] = None
    [error] = errors(reopened(before))
    assert (error["where"], error["code"]) == ("storage", "STORE_RECORD_UNREADABLE")
    assert key.removeprefix(PREFIX) in error["message"]
    assert "more" not in error["message"]


def test_of_several_one_is_named_and_the_others_are_counted():
    before = two_reports()
    for key in report_keys(before.store):
        before.store.records[key] = None
    [error] = errors(reopened(before))
    assert "and 1 more" in error["message"]


def test_its_scans_are_said_as_lost_once_whatever_restarts_and_tabs_follow():
    before = two_reports()
    second = report_keys(before.store)[1]
    before.store.records[second]["setBack"] = "damaged"
    shell = reopened(before)
    again = reopened(shell)
    shell.scan(("qr_code", "C"))
    reopened(again).scan(("qr_code", "D"))
    lost = [record["lost"] for record in bodies_of_store(shell) if record["lost"]]
    assert lost.count({"unreadable": 2}) == 1
    assert len(lost) == 1


def test_the_number_of_an_unreadable_open_report_is_not_used_again():
    before = two_reports()
    second = report_keys(before.store)[1]
    before.store.records[second] = {}
    shell = reopened(before)
    shell.scan(("qr_code", "C"))
    assert [key.rpartition("/")[2] for key in report_keys(shell.store)] == ["1", "2", "3"]
    assert shell.store.records[second] == {}


def test_without_its_stream_record_the_reports_keep_their_stream_and_new_scans_get_another():
    before = two_reports()
    old_stream = before.store.records[f"{PREFIX}stream"]["streamId"]
    before.store.records[f"{PREFIX}stream"]["nextSeq"] = "x"
    shell = reopened(before)
    flush(shell)
    assert shell.only_request(REPORTS).body["streamId"] == old_stream
    assert [report["seq"] for report in accept_reports(shell)] == [1, 2]
    shell.scan(("qr_code", "C"))
    flush(shell)
    assert bodies(shell)[0]["streamId"] == shell.store.records[f"{PREFIX}stream"]["streamId"] != old_stream
    assert [report["seq"] for report in accept_reports(shell)] == [1]


def test_without_its_license_record_the_device_asks_for_a_license_anew():
    before = two_reports()
    before.store.records[f"{PREFIX}license"] = []
    shell = reopened(before)
    assert shell.state["license"]["state"] == "licensed"
    assert shell.store.records[f"{PREFIX}license"]["reportToken"] is not None
    assert shell.state["deviceUuid"] == before.state["deviceUuid"]


def test_another_tab_that_meets_the_damage_in_a_conflict_goes_on():
    one = two_reports()
    first = report_keys(one.store)[0]
    one.store.records[first] = None
    one.store.revision += 1
    one.scan(("qr_code", "C"))
    assert one.state["storage"] == "indexeddb"
    assert errors(one)[-1]["code"] == "STORE_RECORD_UNREADABLE"
    assert {"unreadable": 1} in [record["lost"] for record in bodies_of_store_but(one, first)]


def bodies_of_store_but(shell, damaged):
    return [value["report"] for key, value in shell.store.records.items() if "/report/" in key and key != damaged]


def test_a_device_that_cannot_be_read_is_left_alone_and_named():
    before = two_reports()
    kept = {**before.store.records, "device": {"uuid": "damaged"}}
    store = FakeStore(before.store.revision, dict(kept))
    shell = FakeShell(store=store, clock=before.clock, seed=9)
    assert shell.state["storage"] == "memory"
    assert shell.state["deviceUuid"] != before.state["deviceUuid"]
    assert store.records == kept
    assert [error["code"] for error in errors(shell)][:2] == ["STORE_UNREADABLE", "STORE_FAILED"]
