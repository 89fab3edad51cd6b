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
    commands = call("t1", type="StoreLoaded", storage="indexeddb", revision=0, records={})["commands"]
    assert commands[0]["type"] == "Commit"
    assert commands[0]["expectedRevision"] == 0
    assert call("t1", type="TrackerDropped") == {"commands": []}
    assert call("t1", type="TimerFired")["error"]["code"] == "REQUEST_INVALID"


def test_options_that_cannot_be_are_an_error_with_code_and_message():
    error = opened("t2", duplicateForgetTime=-1)["error"]
    assert (error["name"], error["code"]) == ("OptionError", "OPTION_INVALID")
    assert "from 0 to 180000; found -1" in error["message"]


def test_two_trackers_live_side_by_side():
    opened("t3")
    opened("t4", handshakeCode="d")
    assert call("t3", type="StoreLoaded", storage="memory", revision=0, records={})["commands"]
    assert call("t4", type="StoreLoaded", storage="memory", revision=0, records={})["commands"]


def test_an_unknown_input_is_an_error_and_no_exception():
    opened("t5")
    assert call("t5", type="Explode")["error"]["code"] == "REQUEST_INVALID"


def test_what_is_nested_too_deep_is_refused_and_the_next_call_goes_on():
    deep = '{"tracker": "t5", "input": ' + "[" * 100_000 + "]" * 100_000 + "}"
    error = json.loads(handle(deep))["error"]
    assert error["code"] == "REQUEST_INVALID"
    assert "nested at most 32 levels deep" in error["message"]
    assert opened("t5") == {"commands": [{"type": "LoadStore"}]}
