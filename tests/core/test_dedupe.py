import json
from pathlib import Path

import pytest

import dlt_web
from dlt_web.dedupe import DuplicateFilter
from dlt_web.errors import OptionError, ScanError

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "dedupe.json").read_text())


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_a_vector_gives_its_verdicts(case):
    stream = DuplicateFilter(forget_time_ms=case["forgetTimeMs"], mode=case["mode"])
    verdicts = [stream.frame([tuple(code) for code in frame["barcodes"]], frame["t"]) for frame in case["frames"]]
    assert verdicts == case["unique"]


def test_the_package_gives_the_filter_and_the_readme_example_counts_as_it_says():
    stream = dlt_web.DuplicateFilter(forget_time_ms=3000, mode="sliding")
    assert stream.frame([("qr_code", "A"), ("qr_code", "A"), ("ean_13", "A")], at_ms=0) == [True, False, True]


def test_what_the_package_exports_is_there():
    assert dlt_web.__all__ == ["DuplicateFilter", "__version__"]
    assert all(hasattr(dlt_web, name) for name in dlt_web.__all__)


def test_a_still_image_neither_meets_nor_fills_the_window():
    stream = DuplicateFilter()
    assert stream.frame(["A"], 0) == [True]
    assert stream.image(["A", "A", "B"]) == [True, False, True]
    assert stream.frame(["A", "B"], 100) == [False, True]


def test_late_delivery_gives_the_verdicts_of_prompt_delivery():
    times = [0, 2900, 5900, 8800]
    prompt, late = DuplicateFilter(), DuplicateFilter()
    assert [prompt.frame(["A"], at) for at in times] == [late.frame(["A"], at) for at in times]


def test_memory_holds_only_what_is_inside_the_window():
    stream = DuplicateFilter(forget_time_ms=3000)
    for at_ms in range(0, 100_000, 100):
        stream.frame([at_ms], at_ms)
    assert len(stream) == 30


def test_forgets_at_follows_the_mode():
    sliding, fixed = DuplicateFilter(mode="sliding"), DuplicateFilter(mode="fixed")
    session, off = DuplicateFilter(mode="session"), DuplicateFilter(mode="off")
    for stream in (sliding, fixed, session, off):
        stream.frame(["A"], 0)
        stream.frame(["A"], 1000)
    assert [s.forgets_at_ms("A") for s in (sliding, fixed, session, off)] == [4000, 3000, None, None]
    assert sliding.forgets_at_ms("never seen") is None


@pytest.mark.parametrize("value", [-1, 180_001, float("nan"), float("inf"), "3000", None, True, [1]])
def test_a_forget_time_out_of_range_is_refused_with_value_and_range(value):
    with pytest.raises(OptionError, match=r"from 0 to 180000; found") as caught:
        DuplicateFilter(forget_time_ms=value)
    assert caught.value.code == "OPTION_INVALID"


@pytest.mark.parametrize("value", [0, 0.5, 180_000])
def test_the_edges_of_the_range_are_taken(value):
    assert DuplicateFilter(forget_time_ms=value).frame(["A"], 0) == [True]


def test_an_unknown_mode_is_refused_with_the_known_ones():
    with pytest.raises(OptionError, match="sliding, fixed, session, off; found 'slow'"):
        DuplicateFilter(mode="slow")


@pytest.mark.parametrize("at_ms", [float("nan"), float("inf"), "1", None, True])
def test_a_time_that_is_no_number_is_refused_and_changes_nothing(at_ms):
    stream = DuplicateFilter()
    with pytest.raises(ScanError, match="finite number"):
        stream.frame(["A"], at_ms)
    assert stream.frame(["A"], 0) == [True]
