"""What is said of the machine, and how busy others keep it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.browser.machine import Others, about_this_machine


def test_processors_are_counted_and_named(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Example 9\n\nprocessor\t: 1\n")
    said = about_this_machine(tmp_path / "cpuinfo")
    assert said.startswith(f"{os.cpu_count()} processor")
    assert "(Example 9)" in said
    assert "()" not in about_this_machine(tmp_path / "missing")


def test_what_others_take_is_what_is_busy_without_our_own(tmp_path: Path) -> None:
    hertz = os.sysconf("SC_CLK_TCK")

    def account(user_s: float, nice_s: float, idle_s: float) -> Path:
        ticks = [round(seconds * hertz) for seconds in (user_s, nice_s, 0, idle_s, 0, 0, 0, 0, 0, 0)]
        (tmp_path / "stat").write_text(f"cpu  {' '.join(map(str, ticks))}\ncpu0 1 2\n")
        return tmp_path / "stat"

    others = Others(7.0, account(100, 10, 1000))
    account(101, 11, 1006)
    assert others.percent(7.5) == pytest.approx(100 * 1.5 / 8)
    assert others.percent(99.0) == 0


def test_where_the_system_does_not_say_nothing_is_said(tmp_path: Path) -> None:
    assert Others(0.0, tmp_path / "missing").percent(1.0) is None
