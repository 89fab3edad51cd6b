"""What is compared: ours, its fallback, stock Pyodide with the same wheel, and a tracker in plain JavaScript."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from wasm.npm import LOCK_FILE, RUNTIME_FILES, STDLIB, npm_package
from wasm.workshop import ROOT

HERE = Path(__file__).parent
# Of the bundle: what is there for the demo only.
_DEMO = {"demo", "vendor", "index.html"}
# Without these files the fallback starts.
_BAKED_FILES = "python[.-]*"


@dataclass(frozen=True, slots=True)
class Variant:
    """One tracker to measure.

    Attributes:
        name: also what its ``explain()`` must say runs.
        title: for people.
        module: URL path of the module that exports its ``Tracker``.
        keeps: it keeps its counts and reports them to a server; else only its start is measured.
    """

    name: str
    title: str
    module: str
    keeps: bool = True


BAKED = Variant("baked", "dlt-web", "/baked/dlt-web.js")
PYODIDE = Variant("pyodide", "dlt-web, fallback", "/pyodide/dlt-web.js")
JS = Variant("js", "plain JavaScript", "/js/tracker.js")


def stock_of(bundle: Path) -> Variant:
    """Return the variant with stock Pyodide, which has to be told the wheel's name."""
    return Variant("stock", "stock Pyodide", f"/stock/tracker.js?wheel={_wheel_of(bundle).name}", keeps=False)


def variants_of(bundle: Path) -> list[Variant]:
    """Return all variants, in the order of the tables."""
    return [BAKED, PYODIDE, stock_of(bundle), JS]


def lay_out(bundle: Path, folder: Path) -> dict[str, Path]:
    """Make the folders of all variants, and return what a host has to mount where.

    Args:
        bundle: as ``build_wasm.py`` made it.
        folder: an empty one on the bundle's disk.
    """
    baked = {name for name in os.listdir(bundle) if Path(name).match(_BAKED_FILES)}
    if not baked:
        raise SystemExit(f"{bundle} holds no {_BAKED_FILES}: there is no baked runtime to measure or to leave out.")
    _copy(bundle, folder / "baked", _DEMO)
    _copy(bundle, folder / "pyodide", _DEMO | baked)
    _copy(HERE / "stock", folder / "stock")
    for name in (*RUNTIME_FILES, STDLIB, LOCK_FILE):
        shutil.copyfile(npm_package("pyodide") / name, folder / "stock" / name)
    shutil.copy(_wheel_of(bundle), folder / "stock")
    _copy(HERE / "js_tracker", folder / "js")
    _copy(HERE / "page", folder / "bench")
    return {f"/{name}/": folder / name for name in ("baked", "pyodide", "stock", "js", "bench")}


def bundle_folder() -> Path:
    """Return where the built bundle lies."""
    return Path(os.environ.get("DLT_WEB_BUNDLE", ROOT / "dist" / "web"))


def _wheel_of(bundle: Path) -> Path:
    wheels = sorted(bundle.glob("*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"{bundle} holds {len(wheels)} wheels where one is needed: run `make build`.")
    return wheels[0]


def _copy(source: Path, target: Path, without: set[str] | None = None) -> None:
    def skipped(folder: str, names: list[str]) -> set[str]:
        return without & set(names) if without and Path(folder) == source else set()

    shutil.copytree(source, target, ignore=skipped)
