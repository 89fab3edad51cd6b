"""The bundle's folder: runtime, wheel, ``web/``, its type declarations and the demo's readers, sealed by a manifest."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from .baked.bake import COLD_FILE
from .demo_readers import bundle_demo_readers
from .npm import LOCK_FILE, RUNTIME_FILES, STDLIB, lock_file_info, npm_package, npm_version
from .page_wheel import version
from .precache import write_precache
from .scripts import LOADER, WEB, WRAPPERS, bundle_loader, bundle_worker, our_scripts
from .squeeze.squeeze import squeeze
from .workshop import (
    HATCHLING_VERSION,
    PYODIDE_BUILD_VERSION,
    BuildError,
    Say,
    copy_file,
    hash_base64,
    holds_bundle,
    new_folder,
    run,
)

# Where the demo page looks for its reader, and where the npm package keeps it.
ZXING_FILES = {
    "share.js": "dist/es/share.js",
    "reader/index.js": "dist/es/reader/index.js",
    "reader/zxing_reader.wasm": "dist/reader/zxing_reader.wasm",
    "LICENSE": "LICENSE",
}

# Of a file's hash in its name: 64 bits.
HASH_DIGITS = 16


def web_files() -> list[Path]:
    """Name the files of ``web/`` that ship: all but what makes them, the server's dashboard and the docs' try-out."""
    own = (path for path in WEB.rglob("*") if path.relative_to(WEB).parts[0] not in {"dashboard", "tryout"})
    return sorted(path for path in own if path.is_file() and path.suffix not in {".py", ".pyc"})


def assemble(out: Path, key: str, stdlib: Path, wheel: Path, baked: list[Path], node: str, say: Say) -> None:
    """Put the bundle together in a new folder and swap it in."""
    with new_folder(out) as fresh:
        for path in set(web_files()) - set(our_scripts()):
            copy_file(path, fresh / path.relative_to(WEB))
        declare_types(node, fresh)
        for target, source in ZXING_FILES.items():
            copy_file(npm_package("zxing-wasm") / source, fresh / "vendor" / "zxing-wasm" / target)
        bundle_demo_readers(node, fresh / "vendor")
        for name in RUNTIME_FILES:
            copy_file(npm_package("pyodide") / name, fresh / name)
        strip_source_map(fresh / "pyodide.mjs")
        copy_file(stdlib, fresh / STDLIB)
        copy_file(wheel, fresh / wheel.name)
        hashed = {path.name: hashed_name(path) for path in baked}
        for path in baked:
            copy_file(path, fresh / hashed[path.name])
        # The stock lock file names 357 packages of a CDN. Ours names none: nothing is ever fetched from elsewhere, and
        # nothing has to be parsed at start.
        (fresh / LOCK_FILE).write_text(json.dumps({"info": lock_file_info(), "packages": {}}))
        worker = bundle_worker(node, fresh)
        names = [*(path.name for path in baked), *RUNTIME_FILES, STDLIB, LOCK_FILE, wheel.name, worker]
        write_manifest(fresh, names, say, hashed)
        bundle_loader(node, hash_base64(fresh / "manifest.json", "sha384"), fresh)
        write_precache(fresh)
        squeeze(fresh, node, say)
        (fresh / ".key").write_text(key)


def declare_types(node: str, folder: Path) -> None:
    """Generate the declarations of what an app imports from its JSDoc, with the declarations that they lean on."""
    options = ["--ignoreConfig", "--allowJs", "--declaration", "--emitDeclarationOnly", "--strict", "--skipLibCheck"]
    options += ["--target", "es2022", "--module", "nodenext", "--lib", "es2024,dom,dom.iterable", "--types", ""]
    with tempfile.TemporaryDirectory() as scratch:
        compiler = npm_package("typescript") / "bin" / "tsc"
        imported = [LOADER, *WRAPPERS]
        options += ["--rootDir", str(WEB), "--outDir", scratch, *(str(WEB / name) for name in imported)]
        run([node, str(compiler), *options])
        made = Path(scratch)
        wanted = [(made / name).with_suffix(".d.ts") for name in imported]
        for declaration in wanted:  # grows while it is walked
            copy_file(declaration, folder / declaration.relative_to(made))
            for name in re.findall(r"""["'](\.{1,2}/[^"']+)\.js["']""", declaration.read_text()):
                needed = (declaration.parent / f"{name}.d.ts").resolve()
                # Those that were written by hand lie in web/, and are not made.
                if needed not in wanted and needed.is_file():
                    wanted.append(needed)


def strip_source_map(path: Path) -> None:
    """Drop the reference to a source map that is not shipped, which developer tools would ask for in vain."""
    path.write_text(re.sub(r"\n//# sourceMappingURL=.*", "", path.read_text()))


def hashed_name(path: Path) -> str:
    """Give a name that only this content has, so that caches may keep the file for ever."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{path.stem}.{digest[:HASH_DIGITS]}{path.suffix}"


def write_manifest(folder: Path, names: list[str], say: Say, called: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write manifest.json with the hash and the size of each file.

    Args:
        folder: the bundle's.
        names: its files, as the loader asks for them.
        say: gets a line for each.
        called: what those files are called in the folder that are not called by their name.
    """
    files = {name: manifest_entry(folder, name, called.get(name, name)) for name in names}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"version": 1, "runtime": "baked", "files": files}, indent=1) + "\n")
    say(
        f"Pyodide {npm_version('pyodide')}, Python {lock_file_info()['python']}, pyodide-build {PYODIDE_BUILD_VERSION},"
    )
    say(f"hatchling {HATCHLING_VERSION}, zxing-wasm {npm_version('zxing-wasm')}, dlt-web {version()}; SHA-384:")
    for name, entry in files.items():
        say(f"  {entry['sha384']}  {entry['bytes']:>9}  {name}")
    say(f"  {hash_base64(manifest, 'sha384')}  {manifest.stat().st_size:>9}  manifest.json")


def manifest_entry(folder: Path, name: str, file: str) -> dict[str, str | int]:
    """Tell hash and size of a file; of one that is read in the middle of a call, a hash that JavaScript is quick at."""
    path = folder / file
    entry: dict[str, str | int] = {"file": file} if file != name else {}
    entry |= {"sha384": hash_base64(path, "sha384"), "bytes": path.stat().st_size}
    return entry | ({"sha256": hash_base64(path, "sha256")} if name == COLD_FILE else {})


def refuse_foreign_folder(out: Path) -> None:
    """Refuse to replace a folder that no build made."""
    if out.is_dir() and any(out.iterdir()) and not holds_bundle(out):
        raise BuildError(f"{out} is not empty and holds no earlier build: name an empty or a new folder")
    if out.exists() and not out.is_dir():
        raise BuildError(f"{out} is a file: name a folder")


def is_up_to_date(out: Path, key: str) -> bool:
    """Tell whether the folder was made from just these sources."""
    stamp = out / ".key"
    return stamp.is_file() and stamp.read_text() == key
