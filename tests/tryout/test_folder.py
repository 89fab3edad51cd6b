"""The try-out's folder is whole: whatever its page loads lies in it, and nothing is asked of elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import build_wasm
from wasm.tryout import PAGE, SERVICE_WORKER, build_tryout
from wasm.workshop import ROOT

DEMO = ROOT / "web" / "index.html"


def test_everything_that_the_page_names_lies_in_the_folder(tryout_folder: Path) -> None:
    named = re.findall(r'(?:href|src)="([^"#]+)"', (tryout_folder / PAGE).read_text())
    assert len(named) >= 10
    assert [name for name in named if not (tryout_folder / name).is_file()] == []
    for script in (tryout_folder / "tryout").glob("*.js"):
        for name in re.findall(r'^import .* from "([^"]+)";', script.read_text(), re.MULTILINE):
            assert (script.parent / name).is_file(), (script.name, name)


def test_the_page_has_the_style_of_every_part_of_the_demo_that_it_shows(tryout_folder: Path) -> None:
    sheets = [
        re.findall(r'rel="stylesheet" href="(demo/[^"]+)"', path.read_text()) for path in (DEMO, tryout_folder / PAGE)
    ]
    assert set(sheets[0]) - set(sheets[1]) == {"demo/wall.css", "demo/ways.css"}, "the parts that it has not"
    assert set(sheets[1]) < set(sheets[0])


def test_the_bundle_in_it_is_that_of_apps(tryout_folder: Path) -> None:
    bundle = build_wasm.build()
    for name in ("dlt-web.js", "manifest.json", "worker/main.js"):
        assert (tryout_folder / name).read_bytes() == (bundle / name).read_bytes()


def test_the_service_worker_is_one_script_that_loads_nothing(tryout_folder: Path) -> None:
    script = (tryout_folder / SERVICE_WORKER).read_text()
    assert not re.search(r"\b(import|importScripts)\b\s*[({\"']|\bexport\b", script)
    assert "https://" not in script


def test_apps_get_nothing_of_it() -> None:
    bundle = build_wasm.build()
    assert not (bundle / "tryout").exists()
    assert not (bundle / SERVICE_WORKER).exists()


def test_it_is_built_anew_in_place_of_an_older_one(tmp_path: Path) -> None:
    folder = tmp_path / "try"
    folder.mkdir()
    (folder / "old.html").write_text("old")
    build_tryout(folder, build_wasm.build())
    assert not (folder / "old.html").exists()
    assert (folder / PAGE).is_file()
