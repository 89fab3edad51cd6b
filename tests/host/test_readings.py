"""Barcodes out of what Python's readers give."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest
import zxingcpp

from dlt_web.errors import ScanError
from dlt_web.host.readings import read_barcodes
from dlt_web.symbology import read_barcode
from dlt_web.testing.barcode_media import PrintedBarcode, picture

# As pyzbar's decode() gives them, by its documentation; it needs a library of the system's, which is not here.
Decoded = namedtuple("Decoded", ["data", "type", "rect", "polygon", "quality", "orientation"])


def of_zbar(data: bytes, kind: str) -> Any:
    return Decoded(data, kind, (0, 0, 1, 1), [], 1, "UP")


def test_what_zxing_cpp_reads_is_read():
    shown = [PrintedBarcode("qr_code", "Größe"), PrintedBarcode("ean_13", "4006381333931")]
    found = read_barcodes(zxingcpp.read_barcodes(picture(shown)))
    barcodes = {read_barcode(one).symbology: read_barcode(one).key for one in found}
    assert barcodes == {"qr_code": "Größe".encode(), "ean_13": b"4006381333931"}


def test_what_zxing_cpp_found_and_could_not_decode_is_no_barcode():
    class Place:
        valid, format, text, bytes, symbology_identifier = False, zxingcpp.BarcodeFormat.QRCode, "", b"", ""

    assert read_barcodes([Place()]) == []


def test_what_pyzbar_gives_is_read_one_or_several():
    found = read_barcodes([of_zbar(b"A", "QRCODE"), of_zbar(b"1", "CODE128")])
    assert [read_barcode(one).symbology for one in found] == ["qr_code", "code_128"]
    assert read_barcodes(of_zbar(b"A", "QRCODE")) == [{"format": "QRCODE", "bytes": "QQ=="}]


def test_two_readers_of_one_symbol_make_one_barcode():
    symbol = picture([PrintedBarcode("upc_a", "036000291452")])
    (zxing,) = read_barcodes(zxingcpp.read_barcodes(symbol))
    (zbar,) = read_barcodes([of_zbar(b"036000291452", "UPCA")])
    assert read_barcode(zxing) == read_barcode(zbar)


def test_mappings_are_taken_as_they_are_with_bytes_of_any_kind():
    assert read_barcodes({"format": "qr_code", "text": "A"}) == [{"format": "qr_code", "text": "A"}]
    for raw in (b"A", bytearray(b"A"), memoryview(b"A")):
        assert read_barcodes([{"format": "aztec", "bytes": raw, "identifier": "]z0"}]) == [
            {"format": "aztec", "bytes": "QQ==", "identifier": "]z0"}
        ]
    assert read_barcodes([{"format": "qr_code", "text": "A", "bytes": b""}]) == [{"format": "qr_code", "text": "A"}]
    assert read_barcodes(None) == read_barcodes(()) == []


@pytest.mark.parametrize("given", ["qr_code", b"A", 7, [None], [["qr_code", "A"]], object()])
def test_what_no_reader_gives_is_named(given: Any):
    with pytest.raises(ScanError, match=r"Result 0 of the reader is a \w+, which no supported reader gives"):
        read_barcodes(given)
