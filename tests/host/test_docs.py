"""docs/host.md: its examples run, and its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from dlt_web.host.identity import EDITION_TRAITS
from dlt_web.host.surroundings import NoticeCode
from dlt_web.host.traits import TRAIT_NAMES
from dlt_web.testing.barcode_media import PrintedBarcode, save_picture
from dlt_web.testing.lts_process import LtsProcess

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/host.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["blocking", "awaited"])
def test_each_example_runs_and_counts_a_scan(
    example: str, lts: LtsProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    # Without a path of its own the file lies here.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    save_picture(tmp_path / "parcel.png", PrintedBarcode("ean_13", "4006381333931"))
    code = lts.add_code()
    exec(compile(example.replace("https://lts.example", lts.url).replace("200001-demo", code), "host.md", "exec"), {})
    assert lts.usage(code).scans == 1
    assert (tmp_path / "state" / "dlt-web" / ".dlt-web-device").is_file()


def rows(first_cell: str) -> list[list[str]]:
    table = PAGE[PAGE.index(f"| {first_cell} |") :].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_editions_are_those_of_the_code_and_made_of_what_it_says():
    told = {re.findall(r"`(\w+)`", row[0])[0]: re.findall(r"`(\w+)`", row[1].split(";")[0]) for row in rows("edition")}
    assert told == {
        edition: [name for name in names if not name.endswith("?")] for edition, names in EDITION_TRAITS.items()
    }
    assert [row[2] for row in rows("edition")] == ["a new device", "the same device", "the same device"]


def test_the_traits_are_those_of_the_code():
    assert [row[0].strip("`") for row in rows("trait")] == list(TRAIT_NAMES)


def test_every_notice_is_explained():
    assert {code for code in get_args(NoticeCode) if f"`{code}`" in PAGE} == set(get_args(NoticeCode))
