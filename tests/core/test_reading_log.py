from base64 import b64encode

import pytest

from dlt_web.errors import ScanError
from dlt_web.messages import ScanSeen
from dlt_web.options import options_from_json
from dlt_web.payload_rules import RULES_VERSION
from dlt_web.reading_log import MAX_READINGS, ReadingLog, explain_readings
from dlt_web.scanning import Streams, read_frame

OPTIONS = options_from_json({"handshakeCode": "c", "licenseServer": "https://lts.test"})


class Camera:
    """Shows barcodes to a log by way of the filter, as the tracker does."""

    def __init__(self):
        self.log = ReadingLog()
        self.streams = Streams(OPTIONS)
        self.now_ms = 0

    def see(self, *barcodes):
        self.now_ms += 1000
        frame = read_frame(
            ScanSeen(
                call="",
                page="p",
                number=1,
                stream="default",
                source="video",
                time_ms=None,
                called_wall_ms=self.now_ms,
                called_monotonic_ms=self.now_ms,
                barcodes=list(barcodes),
            )
        )
        self.log.note(frame, self.streams.judge(frame, is_unlicensed=False))

    @property
    def told(self):
        return self.log.told()


def test_a_barcode_is_explained_by_what_is_compared_and_the_rules_that_made_it():
    assert explain_readings([{"format": "UPC-E", "text": "01234565"}]) == [
        {
            "format": "UPC-E",
            "symbology": "upc_e",
            "identity": "ean_13",
            "key": "0012345000065",
            "keyHex": b"0012345000065".hex(),
            "rules": ["upc_e_expanded"],
            "rulesVersion": RULES_VERSION,
            "flags": [],
        }
    ]


def test_a_key_that_is_no_text_is_told_in_hex():
    (told,) = explain_readings([{"format": "qr_code", "text": "\ud800"}])
    assert (told["key"], told["keyHex"]) == (None, "eda080")


@pytest.mark.parametrize("barcodes", [None, {"format": "qr_code", "text": "A"}, [{"format": "qr_code"}], [7]])
def test_what_is_no_list_of_barcodes_is_not_explained(barcodes):
    with pytest.raises(ScanError):
        explain_readings(barcodes)


def test_two_readings_of_one_symbol_are_told_apart_and_have_one_barcode_s_number():
    camera = Camera()
    short = {"format": "UPC-A", "text": "036000291452"}
    long = {"format": "EAN13", "text": "0036000291452", "identifier": "]E0"}
    camera.see(short)
    camera.see(short, long)
    one, other = camera.told
    assert (one["format"], one["identifier"], one["text"], one["barcode"]) == ("UPC-A", None, 1, 1)
    assert (other["format"], other["identifier"], other["text"], other["barcode"]) == ("EAN13", "]E0", 2, 1)
    assert (one["rules"], other["rules"]) == (["gtin_13"], [])
    assert (one["seen"], one["counted"], other["seen"], other["counted"]) == (2, 1, 1, 0)
    assert (one["lastSeenAt"], one["symbology"], one["flags"]) == ("1970-01-01T00:00:02Z", "ean_13", [])


def test_the_log_names_no_text_and_keeps_nothing_at_length():
    camera = Camera()
    secret = b64encode(b"CANARY").decode()
    camera.see({"format": "x" * 500, "text": "CANARY", "bytes": secret, "identifier": 7})
    (told,) = camera.told
    assert told["format"] == "x" * 64
    assert (told["identifier"], told["flags"]) == (None, ["unknown_symbology"])
    assert "CANARY" not in str(camera.told)
    assert secret not in str(camera.told)


def test_the_log_forgets_what_was_seen_longest_ago():
    camera = Camera()
    for number in range(MAX_READINGS):
        camera.see({"format": "qr_code", "text": str(number)})
    camera.see({"format": "qr_code", "text": "0"})
    camera.see({"format": "code_128", "text": "new"})
    told = camera.told
    assert len(told) == MAX_READINGS
    assert [(entry["symbology"], entry["seen"]) for entry in told[-2:]] == [("qr_code", 2), ("code_128", 1)]
