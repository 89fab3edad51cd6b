import json

from dlt_web.browser import handle

NOW = {"wallMs": 1_764_000_000_000, "monotonicMs": 5, "random": "ab" * 64}


def call(tracker, **given):
    return json.loads(handle(json.dumps({"tracker": tracker, "now": NOW, "input": given})))


def opened(tracker, **options):
    return call(
        tracker,
        type="TrackerOpened",
        options={"handshakeCode": "c", "licenseServer": ["https://lts.test"], **options},
    )


def test_a_tracker_is_opened_fed_and_dropped_by_text():
    assert opened("t1") == {"commands": [{"type": "LoadStore"}]}
    commands = call("t1", type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)["commands"]
    assert commands[-1]["type"] == "Commit"
    assert commands[-1]["expectedRevision"] == 0
    assert call("t1", type="TrackerDropped") == {"commands": []}
    assert call("t1", type="TimerFired")["error"]["code"] == "REQUEST_INVALID"


def test_what_a_commit_has_for_the_pages_is_json_as_well():
    opened("t9")
    call("t9", type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)
    call("t9", type="Committed", revision=1)
    call("t9", type="PageJoined", page="p")
    call("t9", type="Committed", revision=2)
    call("t9", type="CallsClaimed", page="p", unclear=[])
    commands = scan("t9", "p/1", 100)
    assert [answer["type"] for answer in commands[-1]["answers"]] == ["Recount", "Resolve", "Notify"]


def test_options_that_cannot_be_are_an_error_with_code_and_message():
    error = opened("t2", duplicateForgetTime=-1)["error"]
    assert (error["name"], error["code"]) == ("OptionError", "OPTION_INVALID")
    assert "from 0 to 180000; found -1" in error["message"]


def test_two_trackers_live_side_by_side():
    opened("t3")
    opened("t4", handshakeCode="d")
    assert call("t3", type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)["commands"]
    assert call("t4", type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)["commands"]


def test_an_unknown_input_is_an_error_and_no_exception():
    opened("t5")
    assert call("t5", type="Explode")["error"]["code"] == "REQUEST_INVALID"


def test_what_is_nested_too_deep_is_refused_and_the_next_call_goes_on():
    deep = '{"tracker": "t5", "input": ' + "[" * 100_000 + "]" * 100_000 + "}"
    error = json.loads(handle(deep))["error"]
    assert error["code"] == "SCAN_INVALID"
    assert "nested more than 32 levels deep" in error["message"]
    assert opened("t5") == {"commands": [{"type": "LoadStore"}]}


def scan(tracker, call_name, monotonic_ms):
    barcodes = [{"format": "qr_code", "text": "held"}]
    call(tracker, type="PageJoined", page="p")
    given = {
        "call": call_name,
        "page": "p",
        "number": monotonic_ms,
        "stream": "default",
        "source": "video",
        "timeMs": None,
    }
    given |= {"calledWallMs": NOW["wallMs"], "calledMonotonicMs": monotonic_ms, "barcodes": barcodes}
    return call(tracker, type="ScanSeen", **given)["commands"]


def scanned(tracker, call_name, monotonic_ms):
    commands = scan(tracker, call_name, monotonic_ms)
    told = [one["value"]["scans"] for one in commands if one["type"] == "Resolve" and one["call"] == call_name]
    return told[0] if told else None  # a counted one resolves once it is on disk


def test_a_page_that_closes_its_tracker_and_makes_another_goes_on_with_its_streams():
    for tracker in ("t6", "t7"):
        opened(tracker, handshakeCode="streams")
        call(tracker, type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)
        call(tracker, type="Committed", revision=1)
        if tracker == "t6":
            assert scanned(tracker, "first", 100) is None
            call(tracker, type="TrackerDropped")
    assert scanned("t7", "second", 1_000) == 0
    opened("t8", handshakeCode="streams", duplicateForgetTime=10)
    call("t8", type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)
    call("t8", type="Committed", revision=1)
    assert scanned("t8", "third", 1_000) is None


def test_a_tracker_whose_consent_is_taken_back_takes_with_it_what_was_seen():
    for tracker, code in (("t9", "revoked"), ("t10", "kept")):
        opened(tracker, handshakeCode=code)
        call(tracker, type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)
        call(tracker, type="Committed", revision=1)
        assert scanned(tracker, "first", 100) is None
    assert call("t9", type="TrackerRevoked", handshakeCode="revoked") == {"commands": []}
    call("t10", type="TrackerDropped")
    for tracker, code in (("t11", "revoked"), ("t12", "kept")):
        opened(tracker, handshakeCode=code)
        call(tracker, type="StoreLoaded", storage="memory", revision=0, records={}, failure=None)
        call(tracker, type="Committed", revision=1)
    assert scanned("t11", "second", 1_000) is None  # new: to be committed before it is answered
    assert scanned("t12", "second", 1_000) == 0  # known still: a duplicate
