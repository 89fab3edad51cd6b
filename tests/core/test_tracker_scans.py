import pytest

from dlt_web.errors import DltError
from dlt_web.messages import CloseRequested, Commit, FlushRequested, LoadStore
from dlt_web.options import TrackerOptions
from dlt_web.tracker import Tracker
from tests.core.fake_lts import accept_reports, grant, refuse
from tests.core.fake_shell import FakeShell, FakeStore

A, B = ("qr_code", "A"), ("ean_13", "B")


def options(**more):
    return TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), **more)


def verdicts(shell, call):
    return [result["duplicate"] for result in shell.resolved[call]["results"]]


def test_the_first_command_is_to_open_the_store():
    assert Tracker(options()).start() == [LoadStore()]


def test_a_scan_resolves_only_after_its_count_is_in_the_store():
    shell = FakeShell(is_started=False)
    call = shell.scan(A, A, B)
    assert shell.resolved == {}
    shell.start()
    assert verdicts(shell, call) == [False, True, False]
    assert shell.resolved[call]["scans"] == 2
    [report] = [value["report"] for key, value in shell.store.records.items() if "/report/" in key]
    assert report["counts"] == {"ean_13": 1, "qr_code": 1}


def test_scans_made_before_the_store_opens_are_judged_by_capture_time():
    shell = FakeShell(is_started=False)
    calls = [shell.scan(A, time_ms=time) for time in (0, 2900, 5900)]
    shell.start()
    assert [verdicts(shell, call) for call in calls] == [[False], [True], [False]]


def test_device_and_first_count_are_made_in_one_commit():
    shell = FakeShell(is_started=False)
    shell.scan(A)
    shell.start()
    assert "device" in shell.commits[0].put
    assert any("/report/" in key for key in shell.commits[0].put)


def test_a_duplicate_resolves_without_a_commit():
    shell = FakeShell()
    shell.scan(A)
    before = len(shell.commits)
    call = shell.scan(A)
    assert verdicts(shell, call) == [True]
    assert len(shell.commits) == before


def test_images_know_no_window_between_them():
    shell = FakeShell()
    calls = [shell.scan(A, A, source="image") for _ in range(2)]
    assert [verdicts(shell, call) for call in calls] == [[False, True], [False, True]]
    assert shell.resolved[calls[0]]["results"][0]["forgetsAt"] is None


def test_streams_have_filters_of_their_own():
    shell = FakeShell()
    assert [verdicts(shell, shell.scan(A, stream=name)) for name in ("cam-1", "cam-2", "cam-1")] == [
        [False],
        [False],
        [True],
    ]


def test_no_stored_or_sent_byte_holds_the_text():
    shell = FakeShell()
    shell.scan(("qr_code", "CANARY-418"))
    grant(shell)
    shell.feed(FlushRequested("f"))
    assert "CANARY" not in repr(shell.store.records) + repr(shell.sent) + repr(shell.beacon)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([{"text": "A"}], "Result 0 of the reader has no format"),
        ([{"format": "", "text": "A"}], "no format"),
        ([{"format": 5, "text": "A"}], "no format"),
        ([{"format": "qr_code", "text": "A"}, {"format": "qr_code", "text": ""}], "Result 1 of the reader is empty"),
        ([{"format": "qr_code"}], "neither text nor bytes"),
        ([{"format": "qr_code", "text": 7}], "a text that is no string"),
        ([{"format": "qr_code", "bytes": "%%%"}], "no byte array"),
        ([{"format": "qr_code", "bytes": [1]}], "no byte array"),
        ([{"format": "qr_code", "text": "x" * 10_485_760}], "holds 10485760 bytes"),
        (["A"], "is no object"),
        ("A", "no list"),
    ],
)
def test_what_a_broken_reader_gives_is_refused_as_a_whole(found, message):
    shell = FakeShell()
    call = shell.scan(found=found)
    assert shell.rejected[call].code == "SCAN_INVALID"
    assert message in shell.rejected[call].message
    assert shell.state["pending"]["scans"] == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"source": "film"}, "source is video or image"),
        ({"stream": 3}, "stream is a text"),
        ({"time_ms": "soon"}, "finite number"),
        ({"time_ms": float("nan")}, "finite number"),
        ({"time_ms": True}, "finite number"),
    ],
)
def test_a_scan_option_that_cannot_be_is_refused(more, message):
    shell = FakeShell()
    call = shell.scan(A, **more)
    assert message in shell.rejected[call].message


def test_lone_surrogates_and_bytes_are_barcodes_like_others():
    shell = FakeShell()
    found = [{"format": "qr_code", "text": "\ud800"}, {"format": "qr_code", "bytes": "AP8="}]
    assert verdicts(shell, shell.scan(found=found)) == [False, False]


def test_no_barcodes_at_all_resolve_to_nothing():
    shell = FakeShell()
    assert shell.resolved[shell.scan()] == {"results": [], "scans": 0}


def test_a_refused_license_rejects_scans_and_counts_nothing():
    shell = FakeShell()
    refuse(shell)
    call = shell.scan(A)
    assert (shell.rejected[call].error, shell.rejected[call].code) == ("LicenseError", "QUOTA_EXHAUSTED")
    assert shell.state["pending"]["scans"] == 0
    assert shell.rejected[shell.ready].code == "QUOTA_EXHAUSTED"


def test_a_rejected_scan_is_not_remembered_by_the_filter():
    shell = FakeShell()
    refuse(shell)
    shell.scan(A)
    shell.advance(61_000)
    shell.scan(A)
    grant(shell)
    assert verdicts(shell, shell.scan(A)) == [False]


def test_with_enforcement_event_scans_count_and_say_unlicensed():
    shell = FakeShell(options(enforcement="event"))
    refuse(shell)
    call = shell.scan(A)
    assert shell.resolved[call]["results"][0]["unlicensed"] is True
    assert shell.state["pending"]["scans"] == 1
    assert shell.rejected[shell.ready].code == "QUOTA_EXHAUSTED"


def test_a_scan_after_close_is_refused_and_what_was_counted_is_sent():
    shell = FakeShell()
    grant(shell)
    shell.scan(A)
    shell.feed(CloseRequested("close", shell.page))
    assert "close" not in shell.resolved
    accept_reports(shell)
    assert shell.resolved["close"] == {"pendingScans": 0, "pendingReports": 0}
    assert shell.rejected[shell.scan(A)].code == "TRACKER_CLOSED"
    assert shell.timer_at_ms is None


def test_two_codes_on_one_store_share_the_device_and_nothing_else():
    store = FakeStore()
    first = FakeShell(store=store, seed=1)
    second = FakeShell(
        TrackerOptions(handshake_code="code-2", license_servers=("https://lts.test",)), store=store, seed=2
    )
    first.scan(A)
    second.scan(A)
    second.scan(B)
    assert first.state["deviceUuid"] == second.state["deviceUuid"] == store.records["device"]["uuid"]
    assert (first.state["pending"]["scans"], second.state["pending"]["scans"]) == (1, 2)


def test_the_store_says_which_commits_must_reach_the_disk():
    shell = FakeShell()
    shell.scan(A)
    grant(shell)
    kinds = [(commit.is_strict, sorted(key.split("/")[3:4] or [key])) for commit in shell.commits for key in commit.put]
    assert (True, ["device"]) in kinds
    assert (False, ["report"]) in kinds
    assert (True, ["license"]) in kinds


def test_records_of_a_newer_version_are_left_alone_and_the_tracker_works_in_memory():
    store = FakeStore(revision=4, records={"device": {"id-of-version-9": 1}})
    shell = FakeShell(store=store)
    call = shell.scan(A)
    assert verdicts(shell, call) == [False]
    assert shell.state["storage"] == "memory"
    assert store.records == {"device": {"id-of-version-9": 1}}
    assert store.revision == 4


@pytest.mark.parametrize(
    ("more", "kind", "times"),
    [({"persist_storage": True}, "indexeddb", 1), ({"persist_storage": True}, "memory", 0), ({}, "indexeddb", 0)],
)
def test_lasting_storage_is_asked_for_where_the_app_wants_it_and_there_is_any(more, kind, times):
    options = TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), **more)
    shell = FakeShell(options, store=FakeStore(kind=kind))
    shell.scan(A)
    assert shell.times_asked_to_persist == times


@pytest.mark.parametrize(("durability", "is_strict"), [("relaxed", False), ("strict", True)])
def test_counts_reach_the_disk_as_the_app_wants_it(durability, is_strict):
    options = TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), durability=durability)
    shell = FakeShell(options)
    assert shell.commits[0].is_strict  # the UUID, whatever the app wants
    shell.scan(A)
    assert shell.commits[-1].is_strict is is_strict


def test_every_error_of_the_tree_has_a_code():
    def all_of(kind):
        return {kind} | {below for sub in kind.__subclasses__() for below in all_of(sub)}

    # One that names no code of its own is its parent's to whoever is told of it.
    with_own_code = [kind for kind in all_of(DltError) if "code" in vars(kind)]
    assert len({kind.code for kind in with_own_code}) == len(with_own_code)
    assert all(kind in with_own_code for kind in DltError.__subclasses__())


def test_a_commit_names_the_revision_it_was_decided_from():
    shell = FakeShell()
    shell.scan(A)
    assert [commit.expected_revision for commit in shell.commits] == list(range(len(shell.commits)))
    assert all(isinstance(commit, Commit) for commit in shell.commits)
