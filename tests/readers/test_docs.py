"""docs/readers.md, each of its tables held against what it speaks of."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dlt_web.payload_rules import REWRITES, RULES_VERSION
from dlt_web.symbology import aliases_of, canonical_name, is_known, read
from tests.readers.printed import PRINTED
from tests.readers.test_real_readers import EXCEPTIONS
from wasm import npm

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "readers.md").read_text()
PACKAGES = {"zxing-wasm 1": "zxing-wasm-1", "zxing-wasm 2": "zxing-wasm-2", "zxing-wasm 3": "zxing-wasm"}
PACKAGES |= {"barcode-detector": "barcode-detector", "@zxing/library": "@zxing/library"}
PACKAGES |= {"@zxing/browser": "@zxing/browser", "html5-qrcode": "html5-qrcode", "quagga2": "@ericblade/quagga2"}
PACKAGES |= {"zbar-wasm": "@undecaf/zbar-wasm"}


def table(first: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this head."""
    body = DOC.split(f"\n| {first} |", 1)[1].split("\n\n", 1)[0]
    rows = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in body.splitlines()[2:]]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in rows]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_each_real_reader_is_of_the_version_that_is_installed() -> None:
    real = {row[0]: row[2].removeprefix("real, ") for row in table("reader") if row[2].startswith("real, ")}
    assert real == {reader: npm.npm_version(package) for reader, package in PACKAGES.items()}
    # Exact ones: what a reader says of a symbol changes with its version.
    named = json.loads((ROOT / "package.json").read_text())
    pinned = {**named["dependencies"], **named["devDependencies"]}
    for reader, package in PACKAGES.items():
        assert pinned[package].removeprefix("npm:zxing-wasm@") == real[reader]


def test_each_rule_is_in_the_table_in_its_order() -> None:
    assert [code(row[0])[0] for row in table("rule")] == list(dict.fromkeys(rewrite.id for rewrite in REWRITES))
    assert f"The rules are version {RULES_VERSION}," in DOC


@pytest.mark.parametrize("row", table("rule"), ids=lambda row: row[0].strip("`"))
def test_a_rule_does_what_its_example_says(row: list[str]) -> None:
    (rule,), (name, text), (compared,) = code(row[0]), code(row[2]), code(row[3])
    reading = read({"format": name, "text": text.replace("\u241d", "\x1d")})
    assert reading.barcode.key.decode() == compared
    assert rule in reading.rules


def test_the_names_of_symbologies_are_those_of_the_code() -> None:
    rows = table("symbology")
    for row in rows:
        (canonical,) = code(row[0])
        assert is_known(canonical)
        assert row[1].split() == list(aliases_of(canonical))
    assert len(rows) == len({canonical_name(alias) for row in rows for alias in row[1].split()})


def test_the_photos_on_which_readers_differ_are_those_of_the_test() -> None:
    rows = {photo: (tuple(readers.split(", ")), why) for photo, readers, why in table("photo")}
    assert rows == EXCEPTIONS
    assert f"On pictures of {len(PRINTED)} symbols," in DOC


def test_each_command_does_what_it_says() -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
    commands = [shlex.split(line) for line in block.splitlines()]
    for words in commands:
        assert words[:2] == ["dlt-web", "explain-scan"]
        command = [sys.executable, "-m", "dlt_web.cli", *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "0036000291452" in done.stdout
