"""`dlt-web explain-scan`: the same barcode that the page's tracker takes a result for, told on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dlt_web.errors import OptionError, ScanError
from dlt_web.explain_scan import explain_json
from dlt_web.payload_rules import RULES_VERSION
from dlt_web.reader_shapes import KINDS, SHAPES
from wasm.reader_table import TABLE_FILE, table_text

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


def as_json(value: Any) -> Any:
    """Return a recorded result as a page's JSON.stringify writes it: a byte array is an object with its indexes."""
    if isinstance(value, dict):
        if set(value) == {"hex"}:
            return {str(index): byte for index, byte in enumerate(bytes.fromhex(value["hex"]))}
        return {name: as_json(one) for name, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, list) else value


def explain(*arguments: str, given: str | bytes = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlt_web.cli", "explain-scan", *arguments]
    raw = given if isinstance(given, bytes) else given.encode()
    done = subprocess.run(command, input=raw, capture_output=True, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_page_s_table_of_shapes_is_the_one_of_python() -> None:
    assert TABLE_FILE.read_text() == table_text(), "run python -m wasm.reader_table"
    assert {kind for shape in SHAPES for kind in shape.needs.values()} <= set(KINDS)


@pytest.mark.parametrize("at", range(len(RECORDED["recorded"])))
def test_a_recorded_result_is_the_barcode_that_was_recorded(at: int) -> None:
    recorded = RECORDED["recorded"][at]
    told = explain_json(json.dumps(as_json(recorded["result"])))
    assert len(told) == recorded["readings"]
    for one in told:
        assert one["reader"] == recorded["reader"]
        assert one["key"] == RECORDED["expected"][one["symbology"]]


@pytest.mark.parametrize(
    ("result", "reader", "key"),
    [
        pytest.param(
            {"text": "036000291452", "rawBytes": {"0": 1}, "numBits": 8, "resultPoints": [], "format": 14},
            "@zxing/library",
            "0036000291452",
            id="zxing-js",
        ),
        pytest.param(
            {"typeName": "ZBAR_QRCODE", "data": {"0": -61, "1": -87}, "cacheCount": 0}, "zbar-wasm", "é", id="zbar-wasm"
        ),
        pytest.param(
            {
                "decodedText": "A",
                "result": {"text": "A", "format": {"format": 0, "formatName": "QR_CODE"}, "debugData": {}},
            },
            "html5-qrcode",
            "A",
            id="html5-qrcode",
        ),
        pytest.param({"codeResult": {"code": "A", "format": "code_128"}}, "quagga2", "A", id="quagga2"),
        pytest.param({"rawValue": "A", "format": "qr_code"}, "BarcodeDetector", "A", id="BarcodeDetector"),
        pytest.param(
            {"isValid": True, "format": "QRCode", "text": "A", "bytes": {}, "symbologyIdentifier": "]Q1"},
            "zxing-wasm",
            "A",
            id="zxing-wasm",
        ),
        pytest.param({"format": "qr_code", "bytes": [65]}, "plain", "A", id="plain bytes"),
    ],
)
def test_the_json_of_an_open_reader_s_result_is_read(result: dict[str, Any], reader: str, key: str) -> None:
    (told,) = explain_json(json.dumps(result))
    assert (told["reader"], told["key"], told["rulesVersion"]) == (reader, key, RULES_VERSION)


def test_a_place_without_a_barcode_is_none() -> None:
    assert explain_json('[{"isValid": false, "format": "None"}]') == []
    assert explain_json('{"boxes": [[[0, 0]]], "codeResult": null}') == []


@pytest.mark.parametrize(
    ("result", "named"),
    [
        ({"barcode": "A", "kind": "qr"}, "an object with barcode, kind"),
        ({}, "an object without fields"),
        (5, "number"),
        (True, "boolean"),
        ("A", "string"),
        (None, "null"),
        ([[1]], "list"),
    ],
)
def test_an_unknown_shape_is_named_by_its_fields(result: Any, named: str) -> None:
    with pytest.raises(ScanError, match=named):
        explain_json(json.dumps(result))


def test_what_is_no_json_is_bad_usage() -> None:
    for text in ("", "{", "[" * 100_000):
        with pytest.raises(OptionError, match="needed as JSON"):
            explain_json(text)


def test_a_format_and_a_text_are_explained_in_words() -> None:
    done = explain("UPC-A", "036000291452")
    assert (done.returncode, done.stderr) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line[:5] in {"symbo", "key  ", "rules"})
    assert (rows["symbology"], rows["key"]) == ("ean_13", "0036000291452")
    assert f"rules version  {RULES_VERSION}\n" in done.stdout
    assert "gtin_13" in done.stdout


def test_json_is_printed_for_a_result_from_standard_input() -> None:
    done = explain("-", "--json", given='{"rawValue": "\\ufffd", "format": "swiss_qr"}')
    (told,) = json.loads(done.stdout)
    assert (told["symbology"], told["flags"]) == ("swiss_qr", ["unknown_symbology", "lossy"])


def test_an_identifier_goes_with_a_format_and_a_text() -> None:
    assert "10AB\n" in explain("Code128", "(10)AB", "--identifier", "]C1").stdout
    assert explain("{}", "--identifier", "]C1").returncode == 2


def test_a_key_that_is_no_text_is_shown_in_hex() -> None:
    assert "key            0x0041\n" in explain('{"format": "qr_code", "text": "\\u0000A"}').stdout


@pytest.mark.parametrize(
    ("arguments", "given", "code"),
    [
        pytest.param([], "", 2, id="nothing"),
        pytest.param(["{"], "", 2, id="no JSON"),
        pytest.param(["-"], b"\xff\xfe", 2, id="no text at all"),
        pytest.param(["qr_code", ""], "", 1, id="an empty barcode"),
        pytest.param(['{"a": 1}'], "", 1, id="an unknown shape"),
        pytest.param(['{"format": 5, "text": "A"}'], "", 1, id="no name of a symbology"),
        pytest.param(['{"format": "qr_code", "bytes": "%"}'], "", 1, id="no bytes"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(arguments: list[str], given: str | bytes, code: int) -> None:
    done = explain(*arguments, given=given)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
