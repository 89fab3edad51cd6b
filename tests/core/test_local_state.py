import pytest

from dlt_web.device import Entropy
from dlt_web.errors import DltError
from dlt_web.local_state import LocalState, Permission, difference, state_from_records
from dlt_web.report_queue import DeadLetter

ENTROPY = Entropy(bytes(range(64)))


def full_state(code="code-1"):
    state = LocalState(code)
    state.device_uuid = Entropy(bytes(64)).uuid4()
    for slot in (1, 1, 2, 3):
        state.queue.book(slot, {"qr_code": 1}, must_open=False, entropy=ENTROPY)
    state.queue.add_lost("purged", 2)
    stream_id = state.queue.stream_id
    gone = state.queue.reports.pop((stream_id, 1))
    state.queue.dead_letters[gone.key] = DeadLetter(stream_id, gone.report, "REPORT_INVALID")
    state.queue.store_epoch = "store-1:4"
    state.report_token = "r1.x"
    state.permission = Permission("a.b.c", "per_scan", "item-1", True, 1, 2, 3)
    state.first_request_at_ms = 9
    state.lost_with_devices = {Entropy(bytes(range(1, 65))).uuid4(): 4}
    return state


def test_a_state_survives_its_records():
    state = full_state()
    assert state_from_records("code-1", difference(LocalState("code-1"), state).put) == state


def test_only_what_changed_is_written():
    state = full_state()
    after = state.copy()
    after.queue.book(3, {"qr_code": 1}, must_open=False, entropy=ENTROPY)
    what = difference(state, after)
    assert sorted(key.split("/")[3] for key in what.put) == ["report", "stream"]
    assert what.delete == ()
    del after.queue.reports[(after.queue.stream_id, 2)]
    assert [key.rpartition("/")[2] for key in difference(state, after).delete] == ["2"]


def test_nothing_changed_is_nothing_to_write():
    state = full_state()
    assert not difference(state, state.copy())


def test_codes_that_look_alike_do_not_meet():
    records = difference(LocalState("a/report"), full_state("a/report")).put
    assert state_from_records("a", records).queue.reports == {}
    assert state_from_records("a", records).device_uuid is not None


@pytest.mark.parametrize(
    "records",
    [
        {"device": {"uuid": "no"}},
        {"device": None},
        {"code/1/c/stream": {}},
        {"code/1/c/report/s/1": {"report": {}}},
        {"code/1/c/license": []},
        {"code/1/c/stream": {"streamId": "s", "nextSeq": "x", "storeEpoch": None, "unreportedLost": {}}},
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_not_taken_for_empty(records):
    with pytest.raises(DltError, match="cannot be read") as caught:
        state_from_records("c", records)
    assert caught.value.code == "STORE_UNREADABLE"


def test_a_kind_of_record_that_is_not_known_yet_is_left_alone():
    assert state_from_records("c", {"code/1/c/later": {"x": 1}, "other": 5}) == LocalState("c")
