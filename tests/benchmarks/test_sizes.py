"""The size of what a page loads."""

from __future__ import annotations

import gzip
from pathlib import Path

from benchmarks.browser.sizes import gzip_bytes, loaded_with, scripts_of


def test_a_module_is_loaded_with_all_that_it_imports_once(tmp_path: Path) -> None:
    files = {
        "main.js": 'import { a,\n  b } from "./page/a.js";\nexport { c } from "./c.js";\nlate = import("./late.js");\n',
        "page/a.js": 'import "../c.js";\n/** import("./type.js") from "./comment.js" */\n',
        "c.js": 'import { a } from "./page/a.js"; // a circle\n',
        "late.js": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = loaded_with(tmp_path / "main.js")
    assert [file.relative_to(tmp_path).as_posix() for file in found] == ["main.js", "page/a.js", "c.js"]


def test_files_are_compressed_one_by_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"again " * 1000)
    assert gzip_bytes([tmp_path / "a", tmp_path / "b"]) == 2 * len(gzip.compress(b"again " * 1000, 9))


def test_all_scripts_of_a_bundle_are_the_pages_and_the_workers(tmp_path: Path) -> None:
    for name in (
        "dlt-web.js",
        "page/chunk-A.js",
        "page/engine-B.js",
        "page/state.d.ts",
        "worker/main.js",
        "demo/demo.js",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [file.relative_to(tmp_path).as_posix() for file in scripts_of(tmp_path)]
    assert found == ["dlt-web.js", "page/chunk-A.js", "page/engine-B.js", "worker/main.js"]
