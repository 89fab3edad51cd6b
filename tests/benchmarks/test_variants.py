"""The folders of what is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.browser.variants import lay_out, variants_of

# As build_wasm.py names them: the packed ones are for a host that compresses nothing.
BAKED = ("python.0f.wasm", "python.0f.wasm.br", "python.1e.packed", "python-cold.2d.wasm", "python-cold.3c.packed")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    for name in (
        "dlt-web.js",
        *BAKED,
        "python_stdlib.zip",
        "core.whl",
        "worker/main.js",
        "demo/main.js",
        "index.html",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_fallback_lacks_just_what_the_baked_runtime_is_made_of(bundle: Path, tmp_path: Path) -> None:
    mounts = lay_out(bundle, tmp_path / "site")
    fallback = {"dlt-web.js", "python_stdlib.zip", "core.whl", "worker/main.js"}
    assert names(mounts["/baked/"]) == fallback | set(BAKED)
    assert names(mounts["/pyodide/"]) == fallback


def test_stock_pyodide_comes_as_it_is_with_our_wheel(bundle: Path, tmp_path: Path) -> None:
    mounts = lay_out(bundle, tmp_path / "site")
    assert {"pyodide.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "core.whl", "worker.js"} <= names(mounts["/stock/"])


def test_every_variant_s_module_is_served(bundle: Path, tmp_path: Path) -> None:
    mounts = lay_out(bundle, tmp_path / "site")
    for variant in variants_of(bundle):
        prefix, _, name = variant.module.partition("?")[0].rpartition("/")
        assert (mounts[f"{prefix}/"] / name).is_file()
    assert "wheel=core.whl" in variants_of(bundle)[2].module


@pytest.mark.parametrize(("missing", "said"), [("core.whl", "0 wheels"), ("python[.-]", "no baked runtime")])
def test_a_bundle_that_lacks_something_is_refused(bundle: Path, tmp_path: Path, missing: str, said: str) -> None:
    for file in bundle.glob(f"{missing}*"):
        file.unlink()
    with pytest.raises(SystemExit, match=said):
        lay_out(bundle, tmp_path / "site")
