"""``dist/npm``: the folder that ``npm publish`` takes, made of a built web bundle."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wasm.assembly import is_up_to_date
from wasm.precache import PRECACHE
from wasm.scripts import LOADER, WRAPPERS
from wasm.workshop import ROOT, BuildError, Say, copy_file, holds_bundle, new_folder

README = ROOT / "docs" / "npm.md"
COPIER = Path(__file__).with_name("copy.mjs")
# Only the demo needs these; and what a file is compressed to a host may make itself, or does without (docs/runtime.md).
LEFT_OUT = {"demo", "vendor", "index.html"}
COMPRESSED = {".br", ".gz"}
# What the wrappers were written for and are tested with; none of them is needed by who imports none of them.
PEERS = {"react": ">=18", "vue": ">=3.3"}


def build_package(bundle: Path, out: Path, say: Say) -> Path:
    """Make the package's folder, or leave it when it is up to date.

    Args:
        bundle: folder of a built web bundle.
        out: the folder; what an older build left there is replaced. Refused when it holds something else.
        say: gets a line when something was made.

    Returns:
        The folder.

    Raises:
        BuildError: the folder holds something else.
    """
    sources = [README, ROOT / "LICENSE", ROOT / "pyproject.toml", *sorted(Path(__file__).parent.glob("*.*"))]
    contents = b"\0".join(path.read_bytes() for path in sources)
    key = f"{(bundle / '.key').read_text()} {hashlib.sha256(contents).hexdigest()}"
    if is_up_to_date(out, key):
        return out
    _refuse_foreign_folder(out)
    with new_folder(out) as fresh:
        for path in _travelling(bundle):
            copy_file(path, fresh / "dist" / path.relative_to(bundle))
        copy_file(COPIER, fresh / COPIER.name)
        (fresh / COPIER.name).chmod(0o755)
        copy_file(README, fresh / "README.md")
        copy_file(ROOT / "LICENSE", fresh / "LICENSE")
        (fresh / "package.json").write_text(json.dumps(package_json(), indent=2) + "\n")
        (fresh / ".key").write_text(key)
    say(f"npm package ready in {out}")
    return out


def package_json() -> dict[str, Any]:
    """Tell npm and bundlers what there is; version and words are those of the Python package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    exports: dict[str, Any] = {".": _export(LOADER)}
    exports |= {f"./{Path(name).stem}": _export(name) for name in WRAPPERS}
    types = {Path(name).stem: [f"./dist/{_types(name)}"] for name in WRAPPERS}
    # The files that a tracker loads by itself, for whoever serves them otherwise than with `dlt-web copy`.
    exports |= {f"./{PRECACHE}": f"./dist/{PRECACHE}", "./assets/*": "./dist/*", "./package.json": "./package.json"}
    return {
        "name": "dlt-web",
        "version": project["version"],
        "description": "Counts the unique barcodes that a web app scans, for usage-based licenses",
        "keywords": project["keywords"],
        "license": project["license"],
        **address_fields(project.get("urls", {})),
        "type": "module",
        # Importing does nothing, the wrappers neither.
        "sideEffects": False,
        # For tools that know nothing of exports.
        "main": f"./dist/{LOADER}",
        "types": f"./dist/{_types(LOADER)}",
        "typesVersions": {"*": {**types, PRECACHE: [f"./dist/{PRECACHE}"]}},
        "exports": exports,
        "bin": {"dlt-web": f"./{COPIER.name}"},
        "files": ["dist", COPIER.name],
        "engines": {"node": ">=18"},
        "peerDependencies": PEERS,
        "peerDependenciesMeta": {name: {"optional": True} for name in PEERS},
    }


def address_fields(urls: Mapping[str, str]) -> dict[str, Any]:
    """Return npm's fields for the addresses that the Python package names; nothing for those that it does not."""
    fields = {
        "homepage": urls.get("Homepage"),
        "repository": {"type": "git", "url": f"git+{urls['Repository']}"} if "Repository" in urls else None,
        "bugs": {"url": urls["Issues"]} if "Issues" in urls else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _export(script: str) -> dict[str, str]:
    # Types first: TypeScript takes the first condition that it knows.
    return {"types": f"./dist/{_types(script)}", "default": f"./dist/{script}"}


def _types(script: str) -> str:
    return script.removesuffix(".js") + ".d.ts"


def _travelling(bundle: Path) -> list[Path]:
    files = (path for path in sorted(bundle.rglob("*")) if path.is_file() and path.name != ".key")
    return [
        path for path in files if path.relative_to(bundle).parts[0] not in LEFT_OUT and path.suffix not in COMPRESSED
    ]


def _refuse_foreign_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BuildError(f"{out} is a file: name a folder")
    if out.is_dir() and any(out.iterdir()) and not holds_bundle(out / "dist"):
        raise BuildError(f"{out} is not empty and holds no earlier package: name an empty or a new folder")
