"""The docs' examples laid out as programs, so that compilers can be asked what is wrong with them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs.pages import ROOT, Block
from wasm import npm
from wasm.assembly import declare_types

TRACKER = 'declare const Tracker: typeof import("dlt-web").Tracker;'
# What a page's examples leave to the reader, in TypeScript.
GIVEN = {
    "README.md": "declare const decoded: any, time: number, show: (results: object) => void;",
    "docs/privacy.md": f"{TRACKER} declare const handshakeCode: string, licenseServer: string, dialog: any;",
    "docs/hosting.md": TRACKER,
    "docs/npm.md": "declare const decoded: any, time: number, render: any, cameraFrames: any;",
}
# An app hangs what it likes on its window, and knows what its selectors find; some examples are of service workers and
# of Node. The list of files is made by the build, and tests/npm/test_types.py holds its types.
OF_EVERY_PAGE = """
interface Window { [name: string]: any }
interface ParentNode { querySelector(selectors: string): any }
interface EventTarget { [name: string]: any }
interface Event { waitUntil(work: Promise<any>): void; respondWith(answer: Promise<Response>): void; request: Request }
interface ImportMeta { dirname: string }
declare module "dlt-web/precache.json" {
  type Files = { url: string; revision: string | null; integrity: string; bytes: number }[];
  export const version: number, build: string, files: Files, packed: Files, module: Files;
}
"""
SCRIPTS = {"js", "jsx", "html", "vue", "ts"}
# Addresses of the bundle, as pages import it -> the module whose declarations they stand for.
OURS = re.compile(r"""(["'])(?:\./|/|https://[\w.-]+/)(?:dlt|dlt-web)/(?:dlt-web|wrappers/(element))\.js\1""")
VENDORED = re.compile(r"""(["'])/dlt-web/vendor/([\w./-]+)/index\.js\1""")
INLINE = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>\n?(.*?)</script>", re.DOTALL)
SETTINGS = {
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    "strict": False,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "moduleDetection": "force",
    "jsx": "react-jsx",
    "lib": ["es2024", "dom", "dom.iterable", "webworker.importscripts"],
    "types": [],
    "skipLibCheck": True,
}


def name_of(block: Block) -> str:
    """Return a name for a block's files that tells where it stands."""
    return re.sub(r"\W", "_", f"{block.page.removesuffix('.md')}_{block.line}")


def wrong_scripts(blocks: list[Block], folder: Path) -> list[str]:
    """Ask tsc and biome what is wrong with blocks of JavaScript, TypeScript, HTML and Vue.

    Args:
        blocks: the blocks.
        folder: an empty one within the checkout, where packages are found.
    """
    node = npm.find_node()
    declarations = folder / "declarations"
    declare_types(node, declarations)
    for written in (ROOT / "web").rglob("*.d.ts"):
        shutil.copy(written, declarations / written.relative_to(ROOT / "web"))
    (folder / "given.d.ts").write_text(OF_EVERY_PAGE)
    # Elsewhere, since biome takes no settings but the checkout's for what lies in it.
    with tempfile.TemporaryDirectory() as parsed:
        for block in blocks:
            (Path(parsed) / f"{name_of(block)}.{block.language}").write_text(block.text)
            _lay_out(block, folder)
        return [*_told_by_tsc(node, folder), *_told_by_biome(node, Path(parsed))]


def _module(found: re.Match[str]) -> str:
    quote, wrapper = found.groups()
    return f"{quote}dlt-web{f'/{wrapper}' if wrapper else ''}{quote}"


def _lay_out(block: Block, folder: Path) -> None:
    """Write a block's scripts, with the imports of the bundle as those of the package."""
    name, kind = name_of(block), block.language
    scripts = INLINE.findall(block.text) if kind in ("html", "vue") else [block.text]
    for number, script in enumerate(scripts):
        resolved = VENDORED.sub(r"\1\2\1", OURS.sub(_module, script))
        own = folder / "checked" / f"{name}_{number}"
        own.mkdir(parents=True)
        (own / f"script.{kind if kind in ('jsx', 'ts') else 'js'}").write_text(f"{resolved}\nexport {{}};\n")
        if block.page in GIVEN:
            # Global to its own program only: another page may mean something else by the name.
            (own / "given.d.ts").write_text(GIVEN[block.page])


def _told_by_tsc(node: str, folder: Path) -> list[str]:
    # Relative imports are of files that the reader has, or that another block of the page is.
    paths = {"dlt-web": ["./declarations/dlt-web.d.ts"], "dlt-web/*": ["./declarations/wrappers/*.d.ts"]}
    wrong = []
    for given in sorted({path.name.rsplit("_", 2)[0] for path in (folder / "checked").iterdir()}):
        config = folder / f"tsconfig.{given}.json"
        include = [f"checked/{given}_*/*", "given.d.ts"]
        config.write_text(json.dumps({"compilerOptions": SETTINGS | {"paths": paths}, "include": include}))
        command = [node, str(npm.npm_package("typescript") / "bin" / "tsc"), "--pretty", "false", "-p", config.name]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
        wrong += [line for line in done.stdout.splitlines() if "error TS" in line]
    return wrong


def _told_by_biome(node: str, folder: Path) -> list[str]:
    """What its parser cannot read; it wants a rule, too, and gets one that any example keeps."""
    settings = {
        "root": True,
        "formatter": {"enabled": False},
        "assist": {"enabled": False},
        "linter": {"rules": {"preset": "none", "suspicious": {"noDebugger": "error"}}},
        "html": {"experimentalFullSupportEnabled": True},
    }
    (folder / "biome.json").write_text(json.dumps(settings))
    command = [node, str(npm.npm_package("@biomejs/biome") / "bin" / "biome"), "check", "--colors=off", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def wrong_python(blocks: list[Block], folder: Path) -> list[str]:
    """Ask mypy what is wrong with blocks of Python.

    Args:
        blocks: the blocks.
        folder: an empty one.
    """
    package = folder / "docs_examples"
    package.mkdir()
    (package / "__init__.py").touch()
    for block in blocks:
        (package / f"{name_of(block)}.py").write_text(block.text)
    # The project's settings and cache: what `make lint` has read is not read again.
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    command = [sys.executable, "-m", "mypy", *settings, "--no-error-summary", str(package)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if ": error:" in line or done.returncode > 1]
