"""The npm package as the world's tools see it, and what it promises to who installs it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

import build_wasm
from tests.npm.doc import DOC, FILES, rows
from wasm import npm, workshop
from wasm.package import package as package_step

ENTRIES = {
    "dlt-web": "Tracker",
    "dlt-web/element": "defineTracker",
    "dlt-web/react": "useTracker",
    "dlt-web/vue": "useTracker",
}
QUIET = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "check": False}


def run_node(node: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([node, *words], cwd=cwd, **QUIET)


def script_of(package: str, path: str) -> str:
    return str(npm.npm_package(package) / path)


@pytest.fixture(scope="session")
def described(installed: Path) -> dict:
    return json.loads((installed / "package.json").read_text())


@pytest.fixture(scope="session")
def tarball(apps: Path) -> Path:
    (found,) = apps.glob("*.tgz")
    return found


def test_it_is_of_the_python_package_s_version(described: dict) -> None:
    project = tomllib.loads((workshop.ROOT / "pyproject.toml").read_text())["project"]
    assert (described["name"], described["version"]) == ("dlt-web", project["version"])
    assert (described["license"], described["type"], described["sideEffects"]) == (project["license"], "module", False)
    assert "dependencies" not in described


def test_it_leads_to_where_the_python_package_does() -> None:
    urls = {
        name: f"https://project.example/{name.lower()}" for name in ("Homepage", "Repository", "Issues", "Changelog")
    }
    assert package_step.address_fields(urls) == {
        "homepage": "https://project.example/homepage",
        "repository": {"type": "git", "url": "git+https://project.example/repository"},
        "bugs": {"url": "https://project.example/issues"},
    }
    assert package_step.address_fields({}) == {}


def test_types_come_first_and_every_target_is_there(installed: Path, described: dict) -> None:
    exports = described["exports"]
    assert {f"dlt-web{name.removeprefix('.')}" for name in exports if isinstance(exports[name], dict)} == set(ENTRIES)
    for target in exports.values():
        if isinstance(target, dict):
            assert list(target) == ["types", "default"]
        for file in target.values() if isinstance(target, dict) else [target]:
            assert list(installed.glob(file.removeprefix("./"))), file
    assert {installed / described["main"], installed / described["types"]} <= set(
        (installed / "dist").glob("dlt-web.*")
    )


def test_frameworks_that_render_on_a_server_are_told_what_runs_in_the_browser(installed: Path) -> None:
    """As bundlers read it: a directive comes before all else of its file."""
    (hook,) = (installed / "dist").glob("wrappers/react.js")
    for script in (hook.read_text(), FILES["src/Scanner.jsx"]):
        assert script.startswith('"use client";\n')


def test_it_holds_the_bundle_without_the_demo(installed: Path, bundle: Path) -> None:
    left_out = {"demo", "vendor", "index.html", ".key"}
    wanted = {
        path.relative_to(bundle)
        for path in bundle.rglob("*")
        if path.is_file() and path.relative_to(bundle).parts[0] not in left_out and path.suffix not in {".br", ".gz"}
    }
    dist = installed / "dist"
    assert {path.relative_to(dist) for path in dist.rglob("*") if path.is_file()} == wanted
    assert [path for path in wanted if (dist / path).read_bytes() != (bundle / path).read_bytes()] == []
    assert {path.name for path in installed.iterdir()} == {"dist", "copy.mjs", "package.json", "README.md", "LICENSE"}
    assert (installed / "README.md").read_text() == DOC


def test_no_link_of_its_readme_leads_out_of_it() -> None:
    assert re.findall(r"\]\((?!https://)[^)]+\)", DOC) == []


PUBLINT = """
import { readFile } from "node:fs/promises";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
const tarball = (await readFile(process.argv[1])).buffer;
const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
console.log(messages.map((message) => formatMessage(message, pkg)).join("\\n"));
process.exit(messages.length);
"""


def test_publint_has_nothing_to_say(node: str, tarball: Path) -> None:
    done = run_node(node, "--input-type=module", "--eval", PUBLINT, str(tarball), cwd=workshop.ROOT)
    assert done.returncode == 0, done.stdout


def test_are_the_types_wrong_says_no(node: str, tarball: Path) -> None:
    attw = script_of("@arethetypeswrong/cli", "dist/index.js")
    done = run_node(node, attw, str(tarball), "--profile", "esm-only", "--format", "json", cwd=tarball.parent)
    told = json.loads(done.stdout)
    # What a package is that has ES modules only: `require()` gives one, in Node from version 22 on.
    assert (done.returncode, set(told["problems"])) == (0, {"CJSResolvesToESM"}), done.stdout
    assert {"." + name.removeprefix("dlt-web") for name in ENTRIES} <= set(told["analysis"]["entrypoints"])


@pytest.mark.parametrize(("entry", "name"), ENTRIES.items())
def test_an_import_does_nothing_in_node(node: str, apps: Path, entry: str, name: str) -> None:
    program = f"""
    const before = Object.getOwnPropertyNames(globalThis);
    const loaded = await import("{entry}");
    const added = Object.getOwnPropertyNames(globalThis).filter((one) => !before.includes(one));
    console.log(JSON.stringify([typeof loaded["{name}"], added.filter((one) => !one.startsWith("__VUE"))]));
    """
    done = run_node(node, "--input-type=module", "--eval", program, cwd=apps)
    assert json.loads(done.stdout) == ["function", []], "it ended by itself, too: nothing waits"


SERVER_SIDE = """
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";
import { defineTracker } from "dlt-web/element";
import { useTracker as useInReact } from "dlt-web/react";
import { useTracker as useInVue } from "dlt-web/vue";

const options = { handshakeCode: "200001-demo", licenseServer: "/lts" };
const warnings = [];
console.warn = console.error = (...words) => warnings.push(words.join(" "));
const React = () => createElement("p", null, useInReact(options).license.state);
const Vue = { setup: () => { const used = useInVue(options); return () => h("p", used.license.value.state); } };
defineTracker();
console.log(JSON.stringify([renderToString(createElement(React)), await renderVue(createSSRApp(Vue)), warnings]));
"""


def test_a_server_renders_the_wrappers_and_starts_nothing(node: str, apps: Path) -> None:
    done = run_node(node, "--input-type=module", "--eval", SERVER_SIDE, cwd=apps)
    assert json.loads(done.stdout) == ["<p>starting</p>", "<p>starting</p>", []]


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_an_app_imports_and_does_not_use_is_left_out(node: str, apps: Path, tmp_path: Path, entry: str) -> None:
    (apps / "unused.js").write_text(f'import * as dlt from "{entry}";\nimport "{entry}";\nconsole.log("app");\n')
    config = apps / "unused.config.js"
    config.write_text(
        'import resolve from "@rollup/plugin-node-resolve";\n'
        'export default { input: "unused.js", plugins: [resolve()], external: ["react", "vue"], '
        f"output: {{ dir: {json.dumps(str(tmp_path))} }} }};\n"
    )
    rollup = script_of("rollup", "dist/bin/rollup")
    done = run_node(node, rollup, "--config", str(config), "--silent", cwd=apps)
    assert (done.returncode, [path.name for path in tmp_path.iterdir()]) == (0, ["unused.js"]), done.stdout
    assert (tmp_path / "unused.js").read_text() == 'console.log("app");\n'


def test_the_precache_list_names_every_file_of_a_start_with_its_hash(installed: Path) -> None:
    dist = installed / "dist"
    listed = json.loads((dist / "precache.json").read_text())
    assert listed["version"] == 1
    assert listed["build"] == sha384(dist / "manifest.json")
    lists = {name: {entry["url"] for entry in entries} for name, entries in listed.items() if isinstance(entries, list)}
    manifest = json.loads((dist / "manifest.json").read_text())["files"]
    called = {name: entry.get("file", name) for name, entry in manifest.items()}
    assert lists == {
        "files": {"manifest.json", "worker/main.js", called["python.wasm"], called["python-cold.wasm"]},
        "packed": {called["python.packed"], called["python-cold.packed"]},
        "module": {"dlt-web.js", "wrappers/element.js", "wrappers/holder.js"}
        | {path.relative_to(dist).as_posix() for path in dist.glob("page/*.js")},
    }
    for entry in (entry for name in lists for entry in listed[name]):
        path = dist / entry["url"]
        assert (entry["integrity"], entry["bytes"]) == (f"sha384-{sha384(path)}", path.stat().st_size)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        # A name that says its content needs no revision.
        is_named_by_content = re.search(r"\.[0-9a-f]{16}\.|^page/", entry["url"])
        assert entry["revision"] == (None if is_named_by_content else digest), entry["url"]
    assert [row[0].strip("`") for row in rows("list")] == list(lists)


def sha384(path: Path) -> str:
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def test_every_import_of_the_guide_is_exported(described: dict) -> None:
    listed = {row[0].strip("`") for row in rows("import")}
    assert listed == {f"dlt-web{name.removeprefix('.')}" for name in described["exports"]} - {"dlt-web/package.json"}
    peers = described["peerDependencies"]
    assert peers == {"react": ">=18", "vue": ">=3.3"}
    assert all(described["peerDependenciesMeta"][peer] == {"optional": True} for peer in peers)
    assert "(React 18 and newer)" in DOC
    assert "(Vue 3.3 and newer)" in DOC


def test_every_option_of_the_tracker_is_an_attribute_of_the_element() -> None:
    typedef = (workshop.ROOT / "web/dlt-web.js").read_text().split("@typedef {object} TrackerOptions", 1)[1]
    options = re.findall(r"@property \{[^}]+\} \[?(\w+)\]?", typedef.split("*/", 1)[0])
    element = (workshop.ROOT / "web/wrappers/element.js").read_text()
    table = element.split("const READ = Object.freeze({", 1)[1].split("});", 1)[0]
    attributes = re.findall(r'^  "?([\w-]+)"?:', table, re.MULTILINE)
    assert attributes == [re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", option) for option in options]


def test_a_second_build_changes_nothing_and_a_foreign_folder_is_left_alone(
    package: Path, bundle: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    before = (package / "package.json").stat().st_mtime_ns
    assert build_wasm.build_npm(bundle, package, said.append) == package
    assert ((package / "package.json").stat().st_mtime_ns, said) == (before, [])
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(workshop.BuildError, match="is not empty and holds no earlier package"):
        build_wasm.build_npm(bundle, tmp_path)
    with pytest.raises(workshop.BuildError, match="is a file: name a folder"):
        build_wasm.build_npm(bundle, tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_what_the_package_is_made_of_decides_when_it_is_made_anew(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("one")
    out = tmp_path / "npm"
    said: list[str] = []
    for text in ("one", "one", "two"):
        readme.write_text(text)
        monkeypatch.setattr(package_step, "README", readme)
        build_wasm.build_npm(bundle, out, said.append)
    assert (out / "README.md").read_text() == "two"
    assert len(said) == 2


def test_no_address_of_a_registry_is_in_the_lock_file() -> None:
    lock = json.loads((workshop.ROOT / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_the_tarball_holds_nothing_but_the_package(tarball: Path, installed: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
    assert names == {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    # What an install takes: Python as it is and packed, and Pyodide for browsers in which neither runs.
    assert tarball.stat().st_size < 20_000_000
