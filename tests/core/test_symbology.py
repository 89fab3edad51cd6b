from base64 import b64encode

import pytest

from dlt_web import symbology
from dlt_web.payload_rules import REWRITES
from dlt_web.symbology import aliases_of, canonical_name, is_known, read, read_barcode
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


@pytest.mark.parametrize("name", sorted({name for rewrite in REWRITES for name in rewrite.names}))
def test_a_rule_for_a_name_is_for_it_however_it_is_written(name):
    texts = ("0201379627", "012345678", "a")
    for written in (name, name.upper(), f"BF_{name}", f"-{name} "):
        assert [key(written, text) for text in texts] == [key(name, text) for text in texts]
    assert any(read({"format": name, "text": text}).rules for text in texts)


@pytest.mark.parametrize("identifier", [None, 1, [], {}, ["]C1"], "", "C1", "]C1 "])
def test_what_is_no_identifier_asks_for_no_rule(identifier):
    assert read({"format": "code_128", "text": "(01)2", "identifier": identifier}).rules == ()
    assert read({"format": "code_128", "text": "(01)2", "identifier": "]C1"}).rules == ("gs1_without_parentheses",)


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
    assert key("qr_code", "(01)shown differently", raw=b"01shown") == ("qr_code", b"01shown")
    assert key("qr_code", "shown differently", raw=b"\xe9\xe0") == ("qr_code", "éà".encode())


@pytest.mark.parametrize(
    ("raw", "text", "compared"),
    [
        pytest.param("éà".encode("latin-1"), "éà", "éà", id="Latin-1, and the reader knows"),
        pytest.param("éà".encode("latin-1"), "\ufffd\ufffd", "éà", id="Latin-1, and the reader cannot decode it"),
        pytest.param("éà".encode("latin-1"), None, "éà", id="Latin-1, without text"),
        pytest.param("éà".encode(), None, "éà", id="UTF-8, without text"),
        pytest.param("éà".encode(), "\ufffd", "éà", id="UTF-8, and the reader cannot decode it"),
        pytest.param(b"\x93\x5f\xe4\xaa", "点茗", "点茗", id="Shift-JIS, and the reader knows"),
        pytest.param(b"\x80<", "<U+80><", "\x80<", id="no text, written out by the reader"),
        pytest.param(b"\x80<", "\x80<", "\x80<", id="no text, and given as Latin-1"),
    ],
)
def test_bytes_that_are_not_ascii_are_compared_as_the_text_that_readers_without_bytes_give(raw, text, compared):
    assert key("qr_code", text, raw=raw) == key("qr_code", compared)


def test_a_text_that_could_not_be_decoded_is_flagged_and_so_is_a_symbology_without_a_rule():
    assert read({"format": "qr_code", "text": "\ufffd"}).flags == ("lossy",)
    assert read({"format": "qr_code", "text": "\ufffd", "bytes": b64encode(b"\xe9").decode()}).flags == ()
    assert read({"format": "SQ Code", "text": "\ufffd"}).flags == ("unknown_symbology", "lossy")
    assert read({"format": "SQ Code", "text": "A"}).barcode.symbology == "sq_code"


def test_the_rules_that_made_a_barcode_what_it_is_are_named():
    assert read({"format": "qr_code", "text": "A"}).rules == ()
    assert read({"format": "UPC_A", "text": "036000291452"}).rules == ("gtin_13",)
    found = {"format": "DataBar", "text": "(01)24012345678905"}
    assert read(found).rules == ("gs1_without_parentheses", "databar_without_ai")


def test_a_upc_e_symbol_is_one_barcode_also_with_a_reader_that_calls_it_what_it_stands_for():
    short = read({"format": "UPC-E", "text": "01234565"})
    long = read({"format": "ZBAR_EAN13", "text": "0012345000065"})
    assert short.identity == long.identity
    assert (short.barcode.symbology, long.barcode.symbology) == ("upc_e", "ean_13")
    assert key("upce", "012345000065") == ("upc_e", b"0012345000065")


@pytest.mark.parametrize("name", ["EAN-13", "UPC-A"])
def test_digits_beside_a_retail_symbol_are_no_part_of_it(name):
    assert key(name, "036000291452 52") == key(name, "036000291452 52595") == key(name, "036000291452")
    assert key(name, "036000291452 525") == ("ean_13", b"036000291452 525")


@pytest.mark.parametrize(("ten", "thirteen"), [("0201379627", "9780201379624"), ("080442957X", "9780804429573")])
def test_an_isbn_of_ten_digits_is_the_ean_13_that_is_printed(ten, thirteen):
    assert key("ZBAR_ISBN10", ten) == key("EAN13", thirteen)


def test_codabar_is_one_barcode_with_and_without_the_letters_that_frame_it():
    assert (
        key("Codabar", "A123-456B") == key("NW7", "a123-456b") == key("codabar", "123-456") == ("codabar", b"123-456")
    )
    assert key("codabar", "A123") == ("codabar", b"A123")


def test_code_39_is_one_barcode_whether_its_pairs_are_read_as_one_character_or_not():
    every = "".join(map(chr, range(128)))
    pairs = key("Code39Ext", every)
    assert pairs == key("Code39", every, identifier="]A4") == key("code_39_extended", raw=every.encode())
    assert pairs[1].startswith(b"%U$A$B")
    assert pairs[1].endswith(b"+Z%P%Q%R%S%T")
    assert key("Code39Ext", "abc/1:; -.@") == ("code_39", b"+A+B+C/O1/Z%F -.%V")
    assert key("Code39", "+A+B", identifier="]A0") == ("code_39", b"+A+B")
    assert key("Code39Ext", "é") == ("code_39", "é".encode())


@pytest.mark.parametrize("name", ["Code32", "code_32_reader", "BF_CODE_32"])
def test_an_italian_pharmacode_is_the_code_39_that_is_printed(name):
    assert key(name, "A123456788") == key("Code39", "3PRM8N")
    assert key(name, "012345676") == key("Code39", "0CSSBD")
    assert key(name, "A12345678") == ("code_39", b"A12345678")


def test_different_payloads_stay_different():
    assert len({key("qr_code", text) for text in ("A", "a", "A ", "\ud800", "\udc00", "é", "e\u0301")}) == 7


def test_a_payload_of_separators_alone_is_not_emptied():
    assert key("code_128", "\x1d") == ("code_128", b"\x1d")


def test_no_rule_changes_a_digest_that_a_page_has_journalled_in_a_text_s_place():
    for digits in ("0" * 32, "01" * 16, "f" * 32, "1d" * 16, "28013a2029" + "0" * 22):
        for name in ("ean_13", "upc_e", "ean_8", "databar", "databar_limited", "databar_expanded", "code_128"):
            for identifier in (None, "]C1", "]A4"):
                assert key(name, f"#{digits}", identifier=identifier)[1] == f"#{digits}".encode()
        for name in ("codabar", "code_39_extended", "code_32", "isbn_10"):
            assert key(name, f"#{digits}")[1] == f"#{digits}".encode()


def test_a_newline_at_the_end_of_digits_is_part_of_the_payload():
    assert key("ean_13", "123\n") == ("ean_13", b"123\n")
    assert key("upc_e", "01234565\n") == ("upc_e", b"01234565\n")
    assert key("databar", "0124012345678905\n")[1] == b"0124012345678905\n"
