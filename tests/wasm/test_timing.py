"""The tool that times the page's Python tells of each kind of call, in whichever bundle."""

import re

import pytest

import build_wasm
from tests.wasm.replay import timing


def test_each_kind_of_call_is_timed_in_each_bundle(capsys: pytest.CaptureFixture[str]):
    bundle = str(build_wasm.build())
    timing.main([bundle, bundle, "--scans", "30"])
    said = capsys.readouterr().out.split(bundle)[1:]
    kinds = ["new barcode to commit", "with the scan on disk", "barcode in view"]
    assert [re.findall(r"^  (.+): [0-9]+, [0-9]+$", one, re.MULTILINE) for one in said] == [kinds, kinds]
