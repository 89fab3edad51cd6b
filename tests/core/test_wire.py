import json

import pytest

from dlt_web import wire, wire_answers
from dlt_web.errors import WireError
from dlt_web.model import (
    AuthorizationAnswer,
    AuthorizationRequest,
    Problem,
    ReportAnswer,
    ReportRequest,
    ReportResult,
    StreamRow,
    UsageReport,
)

UUID = "7c1f2b0e-4d3a-4f6b-9a51-0e8d2c66b1f4"
REPORT = UsageReport(UUID, 1, 4, 9_800_000, {"qr_code": 3, "ean_13": 1}, {"purged": 2})
REQUEST = ReportRequest("200001-demo", UUID, UUID, "r1.x", "store:1", "indexeddb", False, 1_764_000_000_123, (REPORT,))
AUTHORIZATION = AuthorizationRequest("200001-demo", UUID, "barcode-reader", "pw", "Till 4", "memory", True, None)


def changed(body, path, value):
    body = json.loads(json.dumps(body))
    *parents, last = path
    target = body
    for name in parents:
        target = target[name]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value
    return body


def test_each_message_survives_its_json():
    answer = ReportAnswer(
        5_000,
        "store:1",
        (ReportResult(1, 4, "accepted"), ReportResult(2, 1, "rejected", "REPORT_CONFLICT")),
        StreamRow(UUID, 1, 4),
        "a.b.c",
        9_000,
    )
    granted = AuthorizationAnswer("a.b.c", 9_000, 5_000, "item-1", "per_scan", True, 60, "r1.x", "store:1")
    problem = Problem(403, "QUOTA_EXHAUSTED", "5 of 5", "field", "r1.x", "store:1", 7_000)
    for encode, decode, value in [
        (wire.encode_report_request, lambda body: wire.decode_report_request(body).request, REQUEST),
        (wire.encode_authorization_request, wire.decode_authorization_request, AUTHORIZATION),
        (wire_answers.encode_report_answer, wire_answers.decode_report_answer, answer),
        (wire_answers.encode_authorization_answer, wire_answers.decode_authorization_answer, granted),
        (wire_answers.encode_problem, lambda body: wire_answers.decode_problem(403, body), problem),
    ]:
        assert decode(json.loads(json.dumps(encode(value)))) == value


def test_the_report_request_of_the_specification_is_understood():
    body = {
        "handshakeCode": "200001-demo", "deviceUuid": UUID, "streamId": UUID, "reportToken": "r", "storeEpoch": None,
        "storage": "indexeddb", "partitioned": False, "sentAt": "2026-11-24T10:04:10Z",
        "reports": [{"id": UUID, "seq": 1, "version": 4, "slot": "2026-11-24T10:03:00Z",
                     "counts": {"qr_code": 3, "ean_13": 1}, "lost": {}}],
    }  # fmt: skip
    decoded = wire.decode_report_request(body)
    assert decoded.request.reports[0].counts == {"qr_code": 3, "ean_13": 1}
    assert decoded.entries == decoded.request.reports


def test_an_empty_list_is_a_sign_of_life():
    body = changed(wire.encode_report_request(REQUEST), ["reports"], [])
    assert wire.decode_report_request(body).request.reports == ()


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["handshakeCode"], KeyError, "handshakeCode"),
        (["handshakeCode"], "with space", "handshakeCode"),
        (["handshakeCode"], 5, "handshakeCode"),
        (["deviceUuid"], "not a uuid", "deviceUuid"),
        (["deviceUuid"], UUID.upper(), "deviceUuid"),
        (["streamId"], None, "streamId"),
        (["reportToken"], "x" * 121, "reportToken"),
        (["reportToken"], 7, "reportToken"),
        (["storage"], "cloud", "storage"),
        (["partitioned"], "yes", "partitioned"),
        (["sentAt"], "yesterday", "sentAt"),
        (["sentAt"], 12, "sentAt"),
        (["reports"], {}, "reports"),
        (["reports"], [{}] * 2001, "reports"),
        (["reports", 0], "report", "reports[0]"),
        (["reports", 0, "seq"], 0, "reports[0].seq"),
        (["reports", 0, "seq"], 2**53, "reports[0].seq"),
        (["reports", 0, "seq"], True, "reports[0].seq"),
        (["reports", 0, "seq"], 1.0, "reports[0].seq"),
        (["reports", 0, "version"], -1, "reports[0].version"),
        (["reports", 0, "version"], KeyError, "reports[0].version"),
        (["reports", 0, "id"], "x", "reports[0].id"),
        (["reports", 0, "slot"], "2026-11-24T10:03:01Z", "reports[0].slot"),
        (["reports", 0, "counts"], [], "reports[0].counts"),
        (["reports", 0, "counts"], {"qr_code": -1}, "reports[0].counts.qr_code"),
        (["reports", 0, "counts"], {"qr_code": 10**12}, "reports[0].counts.qr_code"),
        (["reports", 0, "counts"], {"qr_code": "3"}, "reports[0].counts.qr_code"),
        (["reports", 0, "counts"], {"QR": 1}, "reports[0].counts"),
        (["reports", 0, "counts"], {"x" * 65: 1}, "reports[0].counts"),
        (["reports", 0, "counts"], {"a__b": 1}, "reports[0].counts"),
        (["reports", 0, "counts"], {f"s{n}": 1 for n in range(129)}, "reports[0].counts"),
        (["reports", 0, "lost"], {"set back": 1}, "reports[0].lost"),
    ],
)
def test_a_wrong_report_request_names_its_field(path, value, field):
    body = changed(wire.encode_report_request(REQUEST), path, value)
    with pytest.raises(WireError) as caught:
        wire.decode_report_request(body)
    assert caught.value.field == field
    assert len(caught.value.message) < 300


def test_an_unfamiliar_symbology_is_counted_as_it_is():
    body = changed(wire.encode_report_request(REQUEST), ["reports", 0, "counts"], {"han_xin_9": 2})
    assert wire.decode_report_request(body).request.reports[0].counts == {"han_xin_9": 2}


def test_one_bad_report_does_not_fail_its_neighbour():
    good, bad = wire.encode_report(REPORT), wire.encode_report(REPORT) | {"seq": 2, "counts": {"qr_code": -1}}
    body = changed(wire.encode_report_request(REQUEST), ["reports"], [bad, good])
    decoded = wire.decode_report_request(body)
    assert decoded.request.reports == (REPORT,)
    invalid, valid = decoded.entries
    assert isinstance(invalid, wire.InvalidReport)
    assert (invalid.seq, invalid.error.field, valid) == (2, "reports[0].counts.qr_code", REPORT)


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_a_body_is_an_object(body):
    for decode in (wire.decode_report_request, wire.decode_authorization_request, wire_answers.decode_report_answer):
        with pytest.raises(WireError, match="expected an object"):
            decode(body)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["product"], "x" * 65, "product"),
        (["product"], "", "product"),
        (["sessionPassword"], "x" * 1025, "sessionPassword"),
        (["deviceFriendlyName"], "x" * 121, "deviceFriendlyName"),
        (["deviceFriendlyName"], "two\nlines", "deviceFriendlyName"),
        (["deviceFriendlyName"], "\ud800", "deviceFriendlyName"),
    ],
)
def test_a_wrong_authorization_names_its_field(path, value, field):
    with pytest.raises(WireError) as caught:
        wire.decode_authorization_request(changed(wire.encode_authorization_request(AUTHORIZATION), path, value))
    assert caught.value.field == field


def test_what_an_authorization_may_leave_out_has_a_default():
    request = wire.decode_authorization_request({"handshakeCode": "c", "deviceUuid": UUID})
    assert (request.product, request.storage, request.partitioned) == ("barcode-reader", "indexeddb", False)
