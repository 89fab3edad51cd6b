"""When a tracker asks for a license, and whom."""

from dlt_web.messages import FlushRequested, StorePurged
from dlt_web.options import TrackerOptions
from tests.core.fake_lts import grant, granted, refuse, token
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.licensing_steps import AUTHORIZE, A, new_scan, options, state


def test_constructing_authorizes_once_the_device_is_on_disk():
    shell = FakeShell()
    body = shell.only_request(AUTHORIZE).body
    assert body["deviceUuid"] == shell.store.records["device"]["uuid"]
    assert body["handshakeCode"] == "code-1"
    assert body["product"] == "barcode-reader"


def test_a_token_is_renewed_at_half_life_on_use_and_never_without():
    shell = FakeShell()
    grant(shell)
    shell.advance(1_790_000)
    new_scan(shell)
    assert [sent for sent in shell.sent if sent.url.endswith(AUTHORIZE)] == []
    shell.advance(1_000_000)
    assert [sent for sent in shell.sent if sent.url.endswith(AUTHORIZE)] == []
    shell.scan(A)
    assert len([sent for sent in shell.sent if sent.url.endswith(AUTHORIZE)]) == 1


def test_a_token_that_comes_with_a_report_s_answer_is_taken():
    shell = FakeShell()
    grant(shell)
    shell.scan(A)
    shell.advance(200_000)
    request = shell.only_request("/v1/usage-reports")
    now_ms = shell.clock.wall_ms
    body = {
        "serverTime": granted(shell)["serverTime"],
        "storeEpoch": "store-1:1",
        "results": [],
        "last": None,
        "token": token(shell.state["deviceUuid"], now_ms=now_ms),
        "expiresAt": granted(shell)["expiresAt"],
    }
    before = shell.state["license"]["expiresAt"]
    shell.answer(request, 200, body)
    assert shell.state["license"]["expiresAt"] > before


def test_with_first_scan_nothing_is_asked_before_the_first_barcode():
    shell = FakeShell(options(authorize="first-scan"))
    assert shell.sent == []
    assert shell.ready in shell.resolved
    shell.scan()
    shell.feed(FlushRequested("f"))
    assert shell.sent == []
    shell.scan(A)
    assert state(shell) == "starting"
    grant(shell)
    assert state(shell) == "licensed"


def test_a_refused_page_that_goes_on_scanning_asks_again_once_a_minute():
    shell = FakeShell()
    refuse(shell)
    shell.scan(A)
    assert shell.sent == []
    shell.advance(60_000)
    shell.scan(A)
    grant(shell)
    assert state(shell) == "licensed"
    assert shell.scan(A) in shell.resolved


def test_flush_of_a_refused_page_asks_at_once():
    shell = FakeShell()
    refuse(shell)
    shell.feed(FlushRequested("f"))
    assert "f" not in shell.resolved
    grant(shell)
    assert shell.resolved["f"] == {"pendingScans": 0, "pendingReports": 0}
    assert state(shell) == "licensed"


def test_the_standby_is_asked_before_anything_is_called_offline():
    servers = ("https://lts.test", "https://standby.test")
    shell = FakeShell(TrackerOptions(handshake_code="code-1", license_servers=servers))
    shell.lose(shell.only_request(AUTHORIZE))
    assert state(shell) == "starting"
    assert shell.only_request(AUTHORIZE).url.startswith("https://standby.test")
    grant(shell)
    assert state(shell) == "licensed"


def test_a_rate_limit_is_waited_for_as_long_as_the_server_asks():
    shell = FakeShell()
    shell.answer(shell.only_request(AUTHORIZE), 429, {"code": "RATE_LIMITED", "detail": "slow"}, retry_after="90")
    shell.feed(FlushRequested("f"))
    shell.advance(89_000)
    assert shell.sent == []
    shell.advance(2_000)
    grant(shell)


def test_a_standby_that_grants_does_not_end_the_wait_that_main_asked_for():
    servers = ("https://lts.test", "https://standby.test")
    shell = FakeShell(TrackerOptions(handshake_code="code-1", license_servers=servers))
    problem = {"code": "RATE_LIMITED", "detail": "slow"}
    shell.answer(shell.only_request(AUTHORIZE), 429, problem, retry_after="3600")
    grant(shell)
    shell.clock.advance(1_900_000)
    new_scan(shell)
    assert shell.only_request(AUTHORIZE).url.startswith("https://standby.test")
    # A purge makes a new device of this one; the servers have asked the same of it.
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    assert [sent.url for sent in shell.sent if sent.url.endswith(AUTHORIZE)][-1].startswith("https://standby.test")


def test_a_standby_that_asked_for_nothing_is_asked_again_while_main_waits():
    servers = ("https://lts.test", "https://standby.test")
    shell = FakeShell(TrackerOptions(handshake_code="code-1", license_servers=servers))
    problem = {"code": "RATE_LIMITED", "detail": "slow"}
    shell.answer(shell.only_request(AUTHORIZE), 429, problem, retry_after="3600")
    shell.lose(shell.only_request(AUTHORIZE))
    assert state(shell) == "offline"
    shell.advance(4_000)
    assert shell.only_request(AUTHORIZE).url.startswith("https://standby.test")
    grant(shell)
    assert state(shell) == "licensed"


def test_a_renewal_that_comes_while_the_tracker_asks_itself_is_left_out():
    shell = FakeShell()
    grant(shell)
    shell.scan(A)
    shell.advance(200_000)
    report = shell.only_request("/v1/usage-reports")
    shell.clock.advance(2_000_000)
    new_scan(shell)
    assert shell.only_request(AUTHORIZE)
    body = {
        "serverTime": granted(shell)["serverTime"],
        "storeEpoch": "store-1:1",
        "results": [],
        "last": None,
        "token": token(shell.state["deviceUuid"]),
        "expiresAt": granted(shell)["expiresAt"],
    }
    shell.answer(report, 200, body)
    assert len(shell.verifications) == 1


def test_a_purged_page_that_waits_for_its_first_scan_takes_no_seat():
    shell = FakeShell(options(authorize="first-scan"))
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    assert shell.sent == []
    new_scan(shell)
    assert shell.only_request(AUTHORIZE)
