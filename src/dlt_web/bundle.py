"""Where the built web bundle lies: shipped inside an installed wheel, or built in a checkout."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

Say = Callable[[str], None]

_PACKAGE = Path(__file__).resolve().parent
# hatch_build.py puts the bundle here when it makes the wheel.
_SHIPPED = _PACKAGE / "_bundle"
_BUILD_SCRIPT = "build_wasm.py"
_MANIFEST = "manifest.json"


class BundleError(Exception):
    """There is no web bundle, or it cannot be written; the message says what repairs it."""


def ensure_bundle(say: Say = print) -> Path:
    """Give the folder of the web bundle that belongs to this very package.

    An installed wheel brings it. In a checkout it is built when a source has changed since, and a second caller waits
    for the first.

    Args:
        say: gets one line for each step of a build.

    Raises:
        BundleError: there is none and it cannot be built.
    """
    checkout = _checkout_of_package()
    if checkout is not None:
        return _build(checkout, None, say)
    if (_SHIPPED / _MANIFEST).is_file():
        return _SHIPPED
    raise BundleError("This dlt-web was installed without its web bundle; install a wheel made by `make build`.")


def export_bundle(out: Path, say: Say = print) -> Path:
    """Leave the web bundle in a folder that any static file server can serve.

    Inside a checkout, be it the package's own or the current folder, the bundle is built from its sources; elsewhere
    the one shipped in the wheel is copied.

    Args:
        out: a new or empty folder, or one that holds an earlier bundle, which is replaced.
        say: gets one line for each step.

    Raises:
        BundleError: the folder holds something else, or there is nothing to put there.
    """
    checkout = _checkout_of_package() or _checkout_at(Path.cwd())
    if checkout is not None:
        return _build(checkout, out.resolve(), say)
    shipped = ensure_bundle(say)
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out} is a file: name a folder.")
    if out.is_dir() and any(out.iterdir()) and not holds_bundle(out):
        raise BundleError(f"{out} is not empty and holds no earlier bundle: name an empty or a new folder.")
    try:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(shipped, out)
    except OSError as error:
        raise _not_written(out, error) from error
    return out


def holds_bundle(folder: Path) -> bool:
    """Tell whether a folder was made by a build, and may be replaced: many an app's folder has a ``manifest.json``."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
        return "worker/main.js" in manifest["files"] and (folder / "dlt-web.js").is_file()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _checkout_of_package() -> Path | None:
    """Give the checkout when this module runs from its ``src/`` folder."""
    return _checkout_at(_PACKAGE.parent.parent) if _PACKAGE.parent.name == "src" else None


def _checkout_at(folder: Path) -> Path | None:
    is_checkout = (folder / _BUILD_SCRIPT).is_file() and (folder / "src" / "dlt_web").is_dir()
    return folder if is_checkout else None


def _build(checkout: Path, out: Path | None, say: Say) -> Path:
    script = _load_build_script(checkout)
    try:
        built: Path = script.build(out or script.DEFAULT_OUT, say)
    except script.BuildError as error:
        raise BundleError(str(error)) from error
    except OSError as error:
        raise _not_written(out or script.DEFAULT_OUT, error) from error
    return built


def _not_written(out: Path, error: OSError) -> BundleError:
    why = error.strerror or error
    return BundleError(
        f"The bundle cannot be written to {out}: {why}. Name a folder that can: dlt-web build --out DIR."
    )


def _load_build_script(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("dlt_web_build_wasm", checkout / _BUILD_SCRIPT)
    if spec is None or spec.loader is None:
        raise BundleError(f"{checkout / _BUILD_SCRIPT} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    # Its steps lie beside it, in wasm/.
    sys.path.insert(0, str(checkout))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(checkout))
    return module
