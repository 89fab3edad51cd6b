"""A token's way to a permission: whose it is, its keys, its signature."""

import pytest

from dlt_web.messages import HttpAnswered, StorePurged, TokenVerified
from tests.core.fake_lts import KEYS, grant, granted, token
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.licensing_steps import AUTHORIZE, new_scan, options, state


def test_the_keys_are_fetched_once():
    shell = FakeShell()
    grant(shell)
    shell.advance(3_000_000)
    new_scan(shell)
    shell.answer(shell.only_request(AUTHORIZE), 201, granted(shell))
    assert not [sent for sent in shell.sent if sent.url.endswith("jwks.json")]
    assert len(shell.verifications) == 2


def test_where_signatures_cannot_be_checked_the_token_is_worth_its_online_life_only():
    shell = FakeShell()
    shell.verdict = "unsupported"
    grant(shell)
    license_ = shell.state["license"]
    assert license_["state"] == "licensed"
    assert license_["offlineUntil"] == license_["expiresAt"]


def test_a_forged_token_is_no_token():
    shell = FakeShell()
    shell.verdict = "invalid"
    grant(shell)
    assert (state(shell), shell.state["license"]["code"]) == ("offline", "TOKEN_INVALID")


@pytest.mark.parametrize("change", [{"origin": "https://other.test"}, {"device": "another"}])
def test_a_token_for_somebody_else_is_no_token(change):
    shell = FakeShell(options(origin="https://shop.test"))
    body = granted(shell)
    uuid = change.get("device", shell.state["deviceUuid"])
    body["token"] = token(uuid, origin=change.get("origin"))
    shell.answer(shell.only_request(AUTHORIZE), 201, body)
    assert shell.state["license"]["code"] == "TOKEN_INVALID"


@pytest.mark.parametrize("answer", [(500, "boom"), (200, {"keys": "none"}), (404, {"code": "NOT_FOUND"})])
def test_keys_that_do_not_come_leave_the_license_unanswered(answer):
    shell = FakeShell()
    shell.answer(shell.only_request(AUTHORIZE), 201, granted(shell))
    shell.answer(shell.only_request("jwks.json"), *answer)
    assert state(shell) == "offline"


def test_verdicts_and_answers_that_nobody_waits_for_change_nothing():
    shell = FakeShell()
    grant(shell)
    before = dict(shell.state)
    shell.feed(TokenVerified("other token", "invalid"))
    shell.feed(HttpAnswered(77, 403, None, "{}"))
    assert shell.state == before


def test_a_purge_while_the_keys_are_fetched_forgets_the_old_device_s_grant():
    shell = FakeShell()
    shell.answer(shell.only_request(AUTHORIZE), 201, granted(shell))
    keys = shell.only_request("jwks.json")
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))
    shell.answer(keys, 200, KEYS)
    assert state(shell) == "starting"
    grant(shell)
    assert state(shell) == "licensed"
