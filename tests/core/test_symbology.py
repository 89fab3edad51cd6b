from base64 import b64encode

import pytest

from dlt_web import symbology
from dlt_web.symbology import REWRITES, aliases_of, canonical_name, is_known, read_barcode
from dlt_web.wire import is_symbology_name


def key(name, text=None, raw=None, identifier=None):
    found = {"format": name, "text": text, "identifier": identifier}
    if raw is not None:
        found["bytes"] = b64encode(raw).decode()
    barcode = read_barcode(found)
    return barcode.symbology, barcode.key


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("QRCode", "qr_code"),
        ("qr_code", "qr_code"),
        ("QR_CODE", "qr_code"),
        ("QRCodeModel2", "qr_code"),
        ("EAN-13", "ean_13"),
        ("EAN13", "ean_13"),
        ("UPC-A", "ean_13"),
        ("upc_a", "ean_13"),
        ("BF_EAN_13", "ean_13"),
        ("ZBAR_EAN13", "ean_13"),
        ("UPCE", "upc_e"),
        ("Code39Ext", "code_39"),
        ("code_32_reader", "code_39"),
        ("DataBarStkOmni", "databar"),
        ("RSS_14", "databar"),
        ("BF_GS1_DATABAR_OMNIDIRECTIONAL", "databar"),
        ("DataBarExpStk", "databar_expanded"),
        ("DataMatrix", "data_matrix"),
        ("PDF_417", "pdf417"),
        ("CompactPDF417", "pdf417"),
        ("AztecRune", "aztec"),
        ("maxi_code", "maxicode"),
        ("interleavedTwoOfFive", "itf"),
        ("rMQRCode", "rm_qr_code"),
    ],
)
def test_a_reader_s_name_becomes_the_canonical_one(name, canonical):
    assert canonical_name(name) == canonical
    assert is_known(canonical)


def test_a_name_is_known_by_its_letters_however_it_is_written():
    for name in symbology._ALIASES:
        for written in (name, name.upper(), name.replace("_", " "), name.replace("_", ""), f"BF_{name}"):
            assert canonical_name(written) == name


def test_the_rules_of_payloads_are_for_known_symbologies_by_each_of_their_names():
    for canonical in {name for rewrite in REWRITES for name in rewrite.symbologies}:
        assert {canonical_name(alias) for alias in aliases_of(canonical)} == {canonical}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("HanXin", "hanxin"),
        ("Grid Matrix", "grid_matrix"),
        ("--", "unknown"),
        ("Ünicode!", "nicode"),
        ("x" * 99, "x" * 64),
    ],
)
def test_an_unknown_name_is_kept_and_can_be_reported(name, kept):
    assert canonical_name(name) == kept
    assert not is_known(kept)
    assert is_symbology_name(kept)


def test_one_upc_a_symbol_is_one_barcode_whoever_reads_it():
    twelve = key("UPC-A", "036000291452")
    assert twelve == key("EAN13", "0036000291452") == key("ZBAR_EAN13", raw=b"0036000291452")
    assert twelve == ("ean_13", b"0036000291452")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("01234565", "0012345000065"),
        ("04252614", "0042100005264"),
        ("01234133", "0012300000413"),
        ("01234543", "0012340000053"),
    ],
)
def test_one_upc_e_symbol_is_one_barcode_short_or_expanded(short, long):
    assert key("UPC_E", short) == key("upc_e", long) == ("upc_e", long.encode())


def test_gs1_data_is_one_barcode_with_and_without_parentheses_and_separators():
    by_bytes = key("Code128", "(10)ABC(21)123", raw=b"10ABC\x1d21123")
    assert by_bytes == key("code_128", "(10)ABC(21)123", identifier="]C1")
    assert by_bytes == key("code_128", "10ABC\x1d21123")
    assert by_bytes == ("code_128", b"10ABC21123")


def test_parentheses_of_a_text_that_is_not_gs1_are_kept():
    assert key("code_128", "(10)ABC") == ("code_128", b"(10)ABC")


def test_databar_has_fourteen_digits_with_and_without_its_ai():
    digits = b"24012345678905"
    assert key("DataBar", "(01)24012345678905")[1] == key("RSS_14", "24012345678905")[1] == digits
    assert key("ZBAR_DATABAR", raw=b"0124012345678905")[1] == digits


def test_bytes_are_preferred_to_text():
    assert key("qr_code", "shown differently", raw=b"\xe9\xe0") == ("qr_code", b"\xe9\xe0")


def test_different_payloads_stay_different():
    assert len({key("qr_code", text) for text in ("A", "a", "A ", "\ud800", "\udc00", "é", "e\u0301")}) == 7


def test_a_payload_of_separators_alone_is_not_emptied():
    assert key("code_128", "\x1d") == ("code_128", b"\x1d")


def test_no_rule_changes_a_digest_that_a_page_has_journalled_in_a_text_s_place():
    for digits in ("0" * 32, "01" * 16, "f" * 32, "1d" * 16, "28013a2029" + "0" * 22):
        for name in ("ean_13", "upc_e", "ean_8", "databar", "databar_limited", "databar_expanded", "code_128"):
            for identifier in (None, "]C1"):
                assert key(name, f"#{digits}", identifier=identifier)[1] == f"#{digits}".encode()


def test_a_newline_at_the_end_of_digits_is_part_of_the_payload():
    assert key("ean_13", "123\n") == ("ean_13", b"123\n")
    assert key("upc_e", "01234565\n") == ("upc_e", b"01234565\n")
    assert key("databar", "0124012345678905\n")[1] == b"0124012345678905\n"
