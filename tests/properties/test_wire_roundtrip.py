"""decode(encode(x)) == x for every message, and nothing that JSON can say makes a decoder raise anything else."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_web import json_value, wire, wire_answers
from dlt_web.errors import WireError
from dlt_web.model import (
    CHARGE_WAYS,
    AuthorizationAnswer,
    AuthorizationRequest,
    Problem,
    ReportAnswer,
    ReportRequest,
    ReportResult,
    StreamRow,
    UsageReport,
)

codes = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128)
uuids = st.uuids().map(str)
names = st.from_regex(r"[a-z0-9]{1,8}(_[a-z0-9]{1,8}){0,3}", fullmatch=True)
reasons = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,20}", fullmatch=True)
texts = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=60)
numbers = st.integers(1, json_value.MAX_NUMBER)
times = st.integers(0, 250_000_000_000_000)
storages = st.sampled_from(wire.STORAGE_KINDS)
tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=120)


def counts_of(keys):
    return st.dictionaries(keys, st.integers(1, json_value.MAX_COUNT), max_size=8)


reports = st.builds(
    UsageReport, uuids, numbers, numbers, st.integers(0, 1_000_000_000), counts_of(names), counts_of(reasons)
)


def requests_with(least_reports):
    return st.builds(
        ReportRequest,
        codes,
        uuids,
        uuids,
        st.none() | tokens,
        st.none() | tokens,
        storages,
        st.booleans(),
        times,
        st.lists(reports, min_size=least_reports, max_size=5).map(tuple),
    )


report_requests = requests_with(0)
authorization_requests = st.builds(
    AuthorizationRequest,
    codes,
    uuids,
    texts.filter(bool),
    st.none() | texts,
    st.none() | texts,
    storages,
    st.booleans(),
    st.none() | tokens,
)
results = st.builds(
    ReportResult, numbers, numbers, st.sampled_from(wire_answers.OUTCOMES), st.none() | tokens.map(lambda t: t[:64])
)
report_answers = st.builds(
    ReportAnswer,
    times,
    tokens,
    st.lists(results, max_size=5).map(tuple),
    st.none() | st.builds(StreamRow, uuids, numbers, numbers),
)
authorization_answers = st.builds(
    AuthorizationAnswer,
    tokens,
    times,
    times,
    tokens,
    st.sampled_from(CHARGE_WAYS),
    st.booleans(),
    numbers,
    tokens,
    tokens,
)
problems = st.builds(
    Problem,
    st.just(403),
    tokens.map(lambda t: t[:64]),
    texts,
    st.none() | texts,
    st.none() | tokens,
    st.none() | tokens,
    st.none() | times,
)

MESSAGES = {
    "report request": (
        report_requests, wire.encode_report_request, lambda body: wire.decode_report_request(body).request
    ),
    "authorization request": (
        authorization_requests, wire.encode_authorization_request, wire.decode_authorization_request
    ),
    "report answer": (report_answers, wire_answers.encode_report_answer, wire_answers.decode_report_answer),
    "authorization answer": (
        authorization_answers, wire_answers.encode_authorization_answer, wire_answers.decode_authorization_answer
    ),
    "problem": (problems, wire_answers.encode_problem, lambda body: wire_answers.decode_problem(403, body)),
}  # fmt: skip
DECODERS = [decode for _, _, decode in MESSAGES.values()]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
def test_a_message_survives_its_json(kind, data):
    values, encode, decode = MESSAGES[kind]
    value = data.draw(values)
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(body=json_values)
def test_no_json_makes_a_decoder_raise_anything_but_a_wire_error(body):
    for decode in DECODERS:
        try:
            decode(body)
        except WireError:
            continue


@given(data=st.data())
def test_a_good_message_with_one_member_replaced_is_good_or_a_wire_error(data):
    _, encode, decode = MESSAGES["report request"]
    body = encode(data.draw(requests_with(1)))
    report = body["reports"][0]
    target = data.draw(st.sampled_from([body, report, report["counts"]]))
    key = data.draw(st.sampled_from(sorted(target)) if target else st.just(str(uuid.uuid4())))
    target[key] = data.draw(json_values)
    try:
        decode(body)
    except WireError as error:
        message = error.message
    else:
        message = ""
    assert len(message) < 400
