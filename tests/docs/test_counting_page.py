"""docs/counting.md: its example runs, and its tables are what the code does."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dlt_web.dedupe import DEFAULT_FORGET_TIME_MS, MODES, DuplicateFilter
from dlt_web.lts.quota import default_lifetime_s
from dlt_web.lts.store import Store, open_store
from dlt_web.model import CHARGE_WAYS
from dlt_web.slots import SLOT_S
from tests.lts.world import World, world_over

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "counting.md").read_text()
VECTORS = json.loads((ROOT / "tests/vectors/dedupe.json").read_text())


def rows(first_cell: str) -> list[list[str]]:
    table = PAGE[PAGE.index(f"\n| {first_cell} |") + 1 :].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def name_of(cell: str) -> str:
    return re.findall(r"`([\w-]+)`", cell)[0]


def test_the_example_gives_what_it_says() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    says = 0
    for line in block.splitlines():
        code, _, said = line.partition("  # ")
        if said:
            assert eval(code, names) == ast.literal_eval(said.split(":")[0])
            says += 1
        else:
            exec(code, names)
    assert says == 3


def test_the_command_does_what_it_says() -> None:
    (command,) = re.findall(r"```sh\n(.*?)\n```", PAGE, re.DOTALL)
    words = [sys.executable, "-m", "dlt_web.cli", *shlex.split(command)[1:]]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "0036000291452" in done.stdout
    assert "ean_13" in done.stdout


def test_the_table_of_modes_is_what_the_filter_counts() -> None:
    (vector,) = [one for one in VECTORS if one["name"] == "fixed: a duplicate does not refresh"]
    times = [frame["t"] for frame in vector["frames"]]
    head = PAGE[PAGE.index("| mode |") :].split("\n", 1)[0]
    assert [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", head)] == times
    counted = {}
    for mode in MODES:
        stream = DuplicateFilter(mode=mode)
        counted[mode] = sum(stream.frame(["A"], at_ms) == [True] for at_ms in times)
    assert {name_of(row[0]): int(row[2]) for row in rows("mode")} == counted
    assert f"(`duplicateForgetTime`, {DEFAULT_FORGET_TIME_MS:,} ms)" in PAGE
    assert f"per **slot** of {SLOT_S} s" in PAGE


def test_a_barcode_held_up_for_an_hour_counts_as_the_table_says() -> None:
    sliding, fixed = DuplicateFilter(mode="sliding"), DuplicateFilter(mode="fixed")
    frames = range(0, 3_600_000, 100)
    assert sum(sliding.frame(["A"], at_ms) == [True] for at_ms in frames) == 1
    assert sum(fixed.frame(["A"], at_ms) == [True] for at_ms in frames) == 3600 // 3


def test_devices_leave_the_count_when_the_table_says() -> None:
    said = {name_of(row[0]): row[2].split(" after")[0] for row in rows("charge way")}
    assert set(said) == set(CHARGE_WAYS)
    assert said["per_device"] == f"{default_lifetime_s('per_device') // 86_400} days"
    assert said["concurrent_device"] == f"{default_lifetime_s('concurrent_device') // 60} minutes"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/lts.db")


def answer(world: World, device: int) -> str:
    response = world.authorize(device)
    if response.status_code != 201:
        return f"`{response.json()['code']}`"
    return "licensed, over the quota" if response.json()["item"]["overQuota"] else "licensed"


@pytest.mark.parametrize("row", rows("policy"), ids=lambda row: name_of(row[0]))
def test_a_used_up_quota_means_what_the_table_says(row: list[str], store: Store) -> None:
    with world_over(store) as world:
        world.license(quota=2, on_exhausted=name_of(row[0]))
        world.handshake()
        assert [answer(world, device) for device in (1, 2)] == ["licensed", "licensed"]
        assert [answer(world, 3), answer(world, 1)] == row[1:]


def test_grace_makes_the_room_that_is_said(store: Store) -> None:
    assert "`--grace-percent 10` makes room for 110 of 100" in PAGE
    with world_over(store) as world:
        world.license(quota=100, grace_percent=10)
        world.handshake()
        answers = [answer(world, device) for device in range(1, 112)]
    assert answers.count("licensed") == 100
    assert answers.count("licensed, over the quota") == 10
    assert answers[-1] == "`QUOTA_EXHAUSTED`"
