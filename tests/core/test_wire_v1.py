"""Version 1 of the protocol, as recorded with its first release: understood and said by this one, and by newer ends."""

import base64
import json
from pathlib import Path

import pytest

from dlt_web import auth_token, model, wire, wire_answers

RECORDED = json.loads((Path(__file__).parents[1] / "vectors" / "wire_v1.json").read_text())
MESSAGES = RECORDED["messages"]
# Maps whose members are names of what was counted, not of the protocol.
TALLIES = {"counts", "lost"}


def read_claims(claims):
    header = auth_token.header_of("k1")
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return auth_token.read_token(".".join([*parts, "AA"]))


CODECS = {
    "authorization request": (wire.decode_authorization_request, wire.encode_authorization_request),
    "authorization answer": (wire_answers.decode_authorization_answer, wire_answers.encode_authorization_answer),
    "report request": (lambda body: wire.decode_report_request(body).request, wire.encode_report_request),
    "report answer": (wire_answers.decode_report_answer, wire_answers.encode_report_answer),
    "problem": (lambda body: wire_answers.decode_problem(body["status"], body), wire_answers.encode_problem),
    "token claims": (read_claims, auth_token.claims_of),
}


def with_more(value, name=""):
    """Give a message as a later release may say it: with a member more in each of its objects."""
    if isinstance(value, list):
        return [with_more(one) for one in value]
    if isinstance(value, dict) and name not in TALLIES:
        return {key: with_more(one, key) for key, one in value.items()} | {"later": {"a": [1]}}
    return value


def least(recorded, said):
    """Give what of ``said`` was recorded: a later release may say more."""
    if isinstance(recorded, list):
        return [least(*pair) for pair in zip(recorded, said, strict=True)]
    if isinstance(recorded, dict):
        return {key: least(one, said[key]) for key, one in recorded.items() if key in said}
    return said


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_the_first_release_is_understood_and_said_as_it_was(name):
    decode, encode = CODECS[name]
    said = json.loads(json.dumps(encode(decode(MESSAGES[name]))))
    assert least(MESSAGES[name], said) == MESSAGES[name]


@pytest.mark.parametrize("name", MESSAGES)
def test_members_that_are_not_known_change_nothing(name):
    decode, _ = CODECS[name]
    assert decode(with_more(MESSAGES[name])) == decode(MESSAGES[name])


@pytest.mark.parametrize("name", ["authorization request", "report request"])
def test_what_the_first_release_may_leave_out_is_no_more_than_that(name):
    """A member that a server of today requires, every tracker since the first release sends."""
    decode, encode = CODECS[name]
    required = set()
    for key in MESSAGES[name]:
        try:
            decode({other: value for other, value in MESSAGES[name].items() if other != key})
        except wire.WireError:
            required.add(key)
    assert required == set(RECORDED["required"][name])
    assert required <= set(encode(decode(MESSAGES[name])))


def test_every_message_of_the_protocol_is_recorded_and_the_lists_are_closed():
    assert set(CODECS) == set(MESSAGES)
    closed = {"storage": wire.STORAGE_KINDS, "outcome": wire_answers.OUTCOMES, "chargeWay": model.CHARGE_WAYS}
    assert {name: list(words) for name, words in closed.items()} == RECORDED["closed"]
