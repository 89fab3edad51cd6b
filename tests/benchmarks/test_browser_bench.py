"""The command: what it is told, what it keeps, when it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import browser_bench
from benchmarks.browser.report import BEGIN, END
from benchmarks.browser_bench import PARTS, merged, parse, write

from .figures_of_a_run import engine_figures


def test_without_arguments_everything_is_measured() -> None:
    given = parse([])
    assert (given.engines, given.only, given.rounds) == (("chromium", "firefox"), PARTS, 5)


def test_parts_are_taken_in_their_own_order() -> None:
    given = parse(["--engines", "firefox", "--rounds", "1", "--only", "soak,cold"])
    assert (given.engines, given.only, given.rounds) == (("firefox",), ("cold", "soak"), 1)


@pytest.mark.parametrize("words", [["--engines", "webkit"], ["--only", "cold,hot"]])
def test_what_is_not_known_is_refused_by_name(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(words)
    assert f"{words[1].split(',')[-1]!r} is none of" in capsys.readouterr().err


def test_a_run_replaces_what_it_measured_and_keeps_the_rest() -> None:
    before = {"firefox": engine_figures()}
    found = {
        "version": "157.0",
        "machine": "another",
        "measured": {"soak": {"at": "2027-01-01", "rounds": 9}},
        "soak": {},
    }
    after = merged(before, {"firefox": found, "chromium": engine_figures()})
    assert list(after) == ["chromium", "firefox"]
    assert after["firefox"]["starts"] == before["firefox"]["starts"]
    assert (after["firefox"]["soak"], after["firefox"]["version"]) == ({}, "157.0")
    assert after["firefox"]["measured"]["soak"]["rounds"] == 9
    assert after["firefox"]["measured"]["starts"]["rounds"] == 3


def test_a_scenario_that_was_not_measured_again_stays() -> None:
    again = {**engine_figures(), "starts": {"baked": {"cold": {"firstVerdictMs": {"median": 1.0}}}}}
    starts = merged({"chromium": engine_figures()}, {"chromium": again})["chromium"]["starts"]
    assert starts["baked"]["cold"] == {"firstVerdictMs": {"median": 1.0}}
    assert starts["baked"]["slow"] == engine_figures()["starts"]["baked"]["slow"]


def test_figures_tables_and_charts_are_written_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_bench, "ROOT", tmp_path)
    for name, path in (("DOCUMENT", "page.md"), ("FIGURES", "figures.json"), ("IMAGES", "")):
        monkeypatch.setattr(browser_bench, name, tmp_path / path)
    (tmp_path / "page.md").write_text(f"# Title\n{BEGIN}{END}\n")
    write({"chromium": engine_figures()})
    assert json.loads((tmp_path / "figures.json").read_text())["chromium"]["version"] == "156.0"
    assert "dlt-web / stock" in (tmp_path / "page.md").read_text()
    assert (tmp_path / "performance-chromium.svg").read_text().startswith("<svg")
