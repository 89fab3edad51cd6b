"""The tables say what was measured; the documentation's are those of its figures."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.browser.report import BEGIN, END, SCENARIO_TITLES, VARIANT_TITLES, charts, document, plain_text, render
from benchmarks.browser.starts import SCENARIOS
from benchmarks.browser.variants import BAKED, JS, PYODIDE
from benchmarks.browser_bench import DOCUMENT, FIGURES, IMAGES

from .figures_of_a_run import engine_figures


def row(markdown: str, begins: str) -> list[str]:
    (line,) = (line for line in markdown.splitlines() if line.startswith(f"| {begins} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_times_are_shown_with_their_spread_and_the_ratio() -> None:
    shown = render({"chromium": engine_figures()}).partition("A cold start:")[0]
    assert row(shown, "cold")[1:] == [
        "320 (288 to 384)", "1600 (1440 to 1920)", "4000 (3600 to 4800)", "40 (36 to 48)", "0.080",
    ]  # fmt: skip


def test_what_every_start_costs_beside_time_is_shown_as_far_as_it_was_measured() -> None:
    shown = render({"chromium": engine_figures()}).partition("Each start: bytes on the wire, kB / memory, more by MB:")[
        2
    ]
    assert row(shown, "cold")[1:] == ["480 / 8", "2400 / 40", "6000 / 100", "60 / 1"]
    assert row(shown, "warm cache")[1:] == ["0 / 8", "0 / 40", "0 / 100", "0 / 1"]
    assert row(shown, "second page")[1:] == ["0 / -8", "0 / -40", "0 / -100", "0 / -1"]


def test_how_busy_the_machine_was_is_said() -> None:
    assert "others kept 4 % of the machine busy" in render({"chromium": engine_figures()})


def test_targets_say_whether_they_are_reached() -> None:
    engine = engine_figures()
    del engine["framesPerSecond"]
    shown = render({"chromium": engine})
    lines = {
        line.split(" | ")[1]: line.split(" | ")[2:] for line in shown.splitlines() if line.startswith("| Chromium")
    }
    assert lines["first verdict cold / stock"] == ["≤ 0.1", "0.08", "reached |"]
    assert lines["first verdict on the second page / stock"] == ["≤ 0.01", "0.08", "**not reached** |"]
    assert lines["frames per second of 10 new barcodes"][0::2] == ["≥ 300", "not measured |"]


def test_scans_and_memory_have_their_tables() -> None:
    shown = render({"firefox": engine_figures()})
    assert row(shown, "`scan()` → durable, p99, ms")[1:] == ["9.00", "9.00"]
    assert row(shown, "frames per second, 10 new")[1:] == ["100", "100"]
    assert row(shown, "long tasks of the main thread meanwhile")[1:] == ["0", "0"]
    assert row(shown, "the same by a bare filter in plain JavaScript, ms")[1] == "0.70"
    assert row(shown, "dlt-web | 36000 scans, as fast as they are answered")[2:] == ["200", "210", "211", "+0.1"]


def test_what_a_browser_does_not_tell_has_no_row() -> None:
    engine = engine_figures()
    engine["longTasks"] = {}
    assert "meanwhile" not in render({"firefox": engine})


def test_trackers_that_people_use_stand_by_size_with_ours_among_them() -> None:
    shown = render({"chromium": engine_figures()})
    order = [line.split(" | ")[0] for line in shown.splitlines() if re.match(r"\| [\w-]+ \| \d+ \|$", line)]
    # With all its scripts, not its loader alone.
    assert order == ["| Snowplow", "| dlt-web", "| Sentry", "| posthog-js"]


def test_only_what_was_measured_is_shown() -> None:
    engine = engine_figures()
    for part in ("starts", "plainBytes", "soak"):
        del engine[part]
    del engine["measured"]["starts"]
    shown = render({"chromium": engine})
    assert "A cold start" not in shown
    assert "goes on scanning" not in shown
    assert "![" not in shown
    assert charts({"chromium": engine}) == {}


def test_all_rows_of_a_table_have_as_many_cells() -> None:
    tables = re.findall(r"(?:^\|.*\n?)+", render({"chromium": engine_figures()}), re.MULTILINE)
    assert len(tables) == 7
    for table in tables:
        assert len({line.count("|") for line in table.strip().splitlines()}) == 1


def test_what_is_printed_stands_in_columns() -> None:
    assert (
        plain_text("### A\n\n| `a` | b |\n|---|---|\n| long one | 2 |\n\nend") == "A\n\na         b\nlong one  2\n\nend"
    )


def test_only_what_lies_between_the_marks_is_replaced() -> None:
    text = f"before\n\n{BEGIN}\nreplaced \\1\n{END}\nafter\n"
    shown = document(text, {"chromium": engine_figures()})
    assert shown.startswith(f"before\n\n{BEGIN}\n\n### What")
    assert shown.endswith(f"\n{END}\nafter\n")
    assert "replaced" not in shown
    assert document(shown, {"chromium": engine_figures()}) == shown


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_document_without_its_marks_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="must hold"):
        document(text, {"chromium": engine_figures()})


def test_every_variant_and_scenario_has_a_title() -> None:
    assert set(VARIANT_TITLES) == {BAKED.name, PYODIDE.name, JS.name, "stock"}
    assert set(SCENARIO_TITLES) == set(SCENARIOS)


def test_the_documentation_shows_its_figures() -> None:
    engines = json.loads(FIGURES.read_text())
    assert DOCUMENT.read_text() == document(DOCUMENT.read_text(), engines)
    assert charts(engines) == {path.name: path.read_text() for path in IMAGES.glob("performance-*.svg")}
