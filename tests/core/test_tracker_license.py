"""What an answer, a refusal or silence makes of the license."""

import pytest

from dlt_web.messages import FlushRequested
from tests.core.fake_lts import KEYS, REPORT_TOKEN, accept_reports, grant, granted, refuse
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.licensing_steps import AUTHORIZE, DAY_MS, A, lose_authorizations, new_scan, state


def test_ready_resolves_when_the_token_is_verified_and_not_before():
    shell = FakeShell()
    shell.answer(shell.only_request(AUTHORIZE), 201, granted(shell))
    assert shell.ready not in shell.resolved
    shell.answer(shell.only_request("/.well-known/jwks.json"), 200, KEYS)
    assert shell.ready in shell.resolved
    assert state(shell) == "licensed"
    assert shell.verifications[0].keys == KEYS


def test_over_quota_is_grace():
    shell = FakeShell()
    grant(shell, over_quota=True)
    assert state(shell) == "grace"
    assert shell.state["license"]["overQuota"] is True


@pytest.mark.parametrize(
    ("status", "code"), [(404, "HANDSHAKE_CODE_UNKNOWN"), (403, "QUOTA_EXHAUSTED"), (422, "REQUEST_INVALID")]
)
def test_a_refusal_rejects_ready_with_the_server_s_code(status, code):
    shell = FakeShell()
    refuse(shell, code, status)
    assert (shell.rejected[shell.ready].error, shell.rejected[shell.ready].code) == ("LicenseError", code)
    assert state(shell) == "refused"


def test_a_refusal_overrides_a_cached_token_at_once():
    store = FakeStore()
    grant(FakeShell(store=store, seed=1))
    again = FakeShell(store=store, seed=2)
    refuse(again)
    assert state(again) == "refused"
    assert store.records["code/6/code-1/license"]["permission"] is None


def test_no_answer_within_ten_seconds_is_offline_and_a_late_yes_is_still_taken():
    shell = FakeShell()
    shell.advance(9_999)
    assert state(shell) == "starting"
    shell.advance(1)
    assert state(shell) == "offline"
    assert shell.ready in shell.resolved
    grant(shell)
    assert state(shell) == "licensed"


def test_an_unreachable_server_is_offline_at_once_and_is_asked_again():
    shell = FakeShell()
    shell.lose(shell.only_request(AUTHORIZE))
    assert state(shell) == "offline"
    assert shell.state["license"]["code"] == "SERVER_UNREACHABLE"
    assert shell.state["license"]["nextTryAt"] is not None
    shell.advance(5_000)
    grant(shell)
    assert state(shell) == "licensed"
    assert shell.state["license"]["code"] is None


def test_html_in_place_of_an_answer_says_what_to_check():
    shell = FakeShell()
    shell.answer(shell.only_request(AUTHORIZE), 200, "<!doctype html>")
    assert shell.state["license"]["code"] == "SERVER_ANSWER_INVALID"
    assert "web page (HTML)" in shell.state["license"]["message"]
    assert "licenseServer" in shell.state["license"]["message"]


def test_without_any_token_the_first_day_is_permitted_and_then_no_longer():
    shell = FakeShell()
    shell.lose(shell.only_request(AUTHORIZE))
    call = shell.scan(A)
    assert shell.resolved[call]["scans"] == 1
    store = shell.store
    later = FakeShell(store=store, seed=5, page="page-2")
    later.clock.advance(DAY_MS + 1)
    later.lose(later.only_request(AUTHORIZE))
    assert state(later) == "offline"  # that attempt was made inside the day
    last = FakeShell(store=store, clock=later.clock, seed=6, page="page-3")
    last.lose(last.only_request(AUTHORIZE))
    assert state(last) == "expired"
    assert last.rejected[new_scan(last)].code == "LICENSE_TOKEN_EXPIRED"


def test_a_live_token_stays_licensed_while_the_server_is_silent():
    shell = FakeShell()
    grant(shell)
    shell.advance(1_900_000)
    new_scan(shell)
    shell.lose(shell.only_request(AUTHORIZE))
    assert state(shell) == "licensed"


def test_after_the_token_s_life_comes_offline_and_after_the_allowance_expired():
    shell = FakeShell()
    grant(shell, life_s=3600, allowance_s=7200)
    shell.clock.advance(3_600_001)
    new_scan(shell)
    shell.lose(shell.only_request(AUTHORIZE))
    assert state(shell) == "offline"
    shell.clock.advance(7_200_000)
    call = new_scan(shell)
    assert call in shell.resolved  # until an attempt since then has failed, scans count
    lose_authorizations(shell)
    assert state(shell) == "expired"
    assert shell.rejected[new_scan(shell)].code == "LICENSE_TOKEN_EXPIRED"


def test_a_concurrent_token_has_no_offline_time():
    shell = FakeShell()
    grant(shell, life_s=180, allowance_s=0, interval_s=60)
    shell.clock.advance(180_001)
    assert new_scan(shell) in shell.resolved
    lose_authorizations(shell)
    assert state(shell) == "expired"


def test_a_restored_store_is_noticed_by_the_authorization_too():
    store = FakeStore()
    grant(FakeShell(store=store, seed=1))
    again = FakeShell(store=store, seed=2)
    problem = {"code": "STORE_EPOCH_CHANGED", "detail": "restored", "storeEpoch": "store-1:2"}
    again.answer(again.only_request(AUTHORIZE), 409, problem)
    assert again.only_request(AUTHORIZE).body["storeEpoch"] == "store-1:2"
    grant(again, epoch="store-1:2")
    assert state(again) == "licensed"


def test_another_store_is_a_configuration_error():
    store = FakeStore()
    grant(FakeShell(store=store, seed=1))
    again = FakeShell(store=store, seed=2)
    problem = {"code": "STORE_EPOCH_CHANGED", "detail": "other", "storeEpoch": "other:1"}
    again.answer(again.only_request(AUTHORIZE), 409, problem)
    assert again.state["license"]["code"] == "STORE_MISMATCH"
    assert store.records["code/6/code-1/stream"]["storeEpoch"] == "store-1:1"


def test_usage_made_before_a_refusal_is_reported_all_the_same():
    shell = FakeShell()
    shell.scan(A)
    refuse(shell, report_token=REPORT_TOKEN, store_epoch="store-1:1")
    shell.feed(FlushRequested("f"))
    refuse(shell, report_token=REPORT_TOKEN, store_epoch="store-1:1")
    assert accept_reports(shell)[0]["counts"] == {"qr_code": 1}


def test_one_license_event_tells_each_change():
    shell = FakeShell()
    grant(shell)
    states = [event.detail["state"] for event in shell.events if event.event == "license"]
    assert states == ["starting", "licensed"]


def test_silence_after_a_refusal_is_still_a_refusal():
    store = FakeStore()
    grant(FakeShell(store=store, seed=1))
    shell = FakeShell(store=store, seed=2)
    refuse(shell)
    shell.feed(FlushRequested("f"))
    shell.lose(shell.only_request(AUTHORIZE))
    assert state(shell) == "refused"


def test_silence_after_a_refusal_stays_one_though_another_tab_was_granted():
    store = FakeStore()
    one = FakeShell(store=store, seed=1)
    refuse(one)
    grant(FakeShell(store=store, clock=one.clock, seed=2, page="page-2"))
    one.feed(FlushRequested("f1"))
    one.lose(one.only_request(AUTHORIZE))
    one.feed(FlushRequested("f2"))
    for request in list(one.sent):
        one.lose(request)
    assert state(one) == "refused"


def test_a_grant_of_another_store_is_a_mismatch_and_no_license():
    store = FakeStore()
    grant(FakeShell(store=store, seed=1))
    again = FakeShell(store=store, seed=2)
    body = granted(again, epoch="other-store:1") | {"reportToken": "r2.other"}
    again.answer(again.only_request(AUTHORIZE), 201, body)
    assert again.state["license"]["code"] == "STORE_MISMATCH"
    assert store.records["code/6/code-1/license"]["reportToken"] == REPORT_TOKEN


def test_after_all_time_is_over_ten_seconds_of_silence_and_no_less_end_the_license():
    shell = FakeShell()
    grant(shell, life_s=180, allowance_s=0)
    shell.clock.advance(180_001)
    assert shell.resolved[new_scan(shell)]["scans"] == 1
    shell.advance(9_999)
    assert shell.resolved[new_scan(shell)]["scans"] == 1  # until then scans count
    shell.advance(50)  # what follows a commit waits for its end, a moment long
    assert state(shell) == "expired"
    assert shell.rejected[new_scan(shell)].code == "LICENSE_TOKEN_EXPIRED"
    grant(shell)
    assert state(shell) == "licensed"
