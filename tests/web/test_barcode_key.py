"""The page digests barcodes before Python is up: what it compares by its copy of the rules is what Python compares."""

from __future__ import annotations

import base64
import json
import random
import subprocess
from typing import Any

import pytest

from dlt_web import payload_rules
from dlt_web.errors import ScanError
from dlt_web.payload_rules import FULL_ASCII_IDENTIFIERS, GS1_IDENTIFIERS, REWRITES
from dlt_web.symbology import read_barcode
from wasm import npm, workshop
from wasm.symbology_table import TABLE_FILE, table_text

TIMEOUT_S = 60
KEYS_OF_THE_PAGE = """
import { readFileSync } from "node:fs";
import { keyOf } from "./web/page/barcode-key.js";
import { TABLE } from "./web/page/symbology-table.js";
const keys = JSON.parse(readFileSync(0, "utf8")).map((found) => {
    try { return btoa(keyOf(TABLE, found)); } catch { return null; }
});
console.log(JSON.stringify(keys));
"""
NAMES = [
    *("EAN-13", "upc_a", "BF_UPC_A", "ZBAR_ISBN13", "ean13Upca", "BFEAN13", "EAN8", "UPC-E", "bf_upce", "upc_e"),
    *("code_128", "GS1-128", "Code39Ext", "qr_code", "DataMatrix", "PDF_417", "constructor"),
    *("code_39_extended", "Code39", "Code32", "code_32_reader", "BF_CODE_32", "Codabar", "ZBAR_ISBN10"),
    *(
        "RSS_14",
        "DataBarStkOmni",
        "ZBAR_DATABAR",
        "BF_GS1_DATABAR_LIMITED",
        "databar-lim",
        "databar-exp",
        "RSS_EXPANDED",
    ),
]
# The last one is of digits that are none of ASCII's.
IDENTIFIERS = ("01", "10", "310", "8005", "1", "12345", "\u0661\u0662")
LENGTHS = (1, 5, 6, 7, 8, 8, 8, 8, 11, 12, 12, 13, 13, 14, 16)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def payload(rng: random.Random) -> str:
    match rng.randrange(9):
        case 0 | 1:
            return digits(rng, rng.choice(LENGTHS)) + rng.choice(["", "", "", "\n", "A"])
        case 2:
            return f"01{digits(rng, 14)}"
        case 3:
            return f"({rng.choice(IDENTIFIERS)}){digits(rng, 14)}(21)A{chr(29)}B"
        case 4:
            return "".join(rng.choice("01()\x1d\x1dA\n") for _ in range(rng.randint(1, 9)))
        case 5:
            return digits(rng, rng.choice((8, 12, 13))) + rng.choice((" 12", " 51234", " 123"))
        case 6:
            return rng.choice(("A", "", "b")) + digits(rng, 9) + rng.choice(("X", "", "7", "A", "*"))
        case 7:
            return f"#{rng.getrandbits(128):032x}" if rng.random() < 0.5 else "".join(map(chr, range(127, -1, -1)))
        case _:
            return "".join(rng.choice("A\x00é€\U0001f600\ud83d\ude00(1)\x1d") for _ in range(rng.randint(1, 6)))


def reading(rng: random.Random) -> dict[str, Any]:
    text = payload(rng)
    found: dict[str, Any] = {"format": rng.choice(NAMES), "text": text}
    if rng.random() < 0.4:
        encoded = text.encode("latin-1", "replace") if rng.random() < 0.5 else text.encode("utf-8", "surrogatepass")
        found["bytes"] = base64.b64encode(encoded).decode()
        found["text"] = rng.choice((text, text, "\ufffd" + text, text + "é<U+80>", None))
    if rng.random() < 0.4:
        found["identifier"] = rng.choice([*GS1_IDENTIFIERS, *FULL_ASCII_IDENTIFIERS, "]E0", None])
    return found


def key_of(found: dict[str, Any]) -> str | None:
    try:
        return base64.b64encode(read_barcode(found).key).decode()
    except ScanError:
        return None


def test_the_copy_is_made_of_the_rules_as_they_are() -> None:
    assert TABLE_FILE.read_text() == table_text(), "run python -m wasm.symbology_table"


def test_what_the_page_compares_is_what_python_compares() -> None:
    rng = random.Random(1)
    # As they come from a page: two halves of a pair in a row are one character.
    found = json.loads(json.dumps([reading(rng) for _ in range(20_000)]))
    found += [{"format": "qr_code"}, {"format": "qr_code", "text": ""}, {"format": "qr_code", "bytes": "%"}]
    found += [{"format": "qr_code", "text": 5}, {"format": "qr_code", "bytes": "", "text": "A"}]
    command = [npm.find_node(), "--input-type=module", "--eval", KEYS_OF_THE_PAGE]
    shown = subprocess.run(
        command,
        cwd=workshop.ROOT,
        input=json.dumps(found),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    keys = [key_of(one) for one in found]
    assert json.loads(shown.stdout) == keys
    assert keys.count(None) == 5


@pytest.fixture(scope="module")
def keyed() -> list[tuple[dict[str, Any], str | None]]:
    """The readings, each with its key by all rules."""
    rng = random.Random(1)
    return [(one, key_of(one)) for one in (reading(rng) for _ in range(20_000))]


@pytest.mark.parametrize("number", range(len(REWRITES)))
def test_the_readings_that_are_compared_need_every_rule(
    number: int, keyed: list[tuple[dict[str, Any], str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload_rules, "_meant_for", payload_rules._meant_for.__wrapped__)  # which remembers
    rules = payload_rules._COMPILED
    monkeypatch.setattr(payload_rules, "_COMPILED", rules[:number] + rules[number + 1 :])
    assert any(key_of(one) != key for one, key in keyed)
