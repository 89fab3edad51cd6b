"""The folder that `dlt-web build` leaves: complete, checked by its manifest, safe to build into."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

import build_wasm
from tests.bundle_files import called
from wasm import assembly, demo_readers, inner_licenses, npm, scripts, workshop

PAGE_PROGRAM = """
import {{ type License, LicenseError, Tracker }} from "./dlt-web.js";
const tracker = new Tracker({{ handshakeCode: {code}, licenseServer: "/lts", consent: "required" }});
tracker.addEventListener("consent", ({{ detail }}) => console.log(detail.state === "granted"));
tracker.consent.grant();
await tracker.ready.catch((error: unknown) => error instanceof LicenseError && error.code);
const answer = await tracker.scan([{{ format: "qr_code", text: "A" }}], {{ source: "image" }});
export const count: number = answer.scans;
export const isLossy: boolean | undefined = answer.results[0].flags?.includes("lossy");
const detach: () => void = tracker.attach({{}}, {{ stream: "cam-1" }});
detach();
const [told] = await tracker.explainScan({{ format: "qr_code", text: "A" }});
export const why: string[] = [told.symbology, told.key ?? told.keyHex, ...told.rules, told.rulesVersion.toFixed()];
export const isDuplicate: boolean = answer.results[0].duplicate;
tracker.addEventListener("scan", (event) => console.log(event.detail.bySymbology[{symbology}].toFixed()));
tracker.addEventListener("license", ({{ detail }}) => console.log(detail.state === "licensed"), {{ once: true }});
const hear = ({{ detail }}: CustomEvent<Readonly<License>>) => console.log(detail.state);
tracker.addEventListener("license", hear);
tracker.removeEventListener("license", hear);
export const discarded: Promise<number> = tracker.consent.revoke().then((told) => told.discardedScans);
export const isAgreed: boolean = tracker.consent.state === "granted" && (await tracker.explain()).consent === "granted";
tracker.addEventListener("of-the-app", {{ handleEvent: () => {{}} }});
"""


def sha384(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


def test_the_manifest_tells_hash_and_size_of_each_file(bundle: Path, manifest: dict):
    assert (manifest["version"], manifest["runtime"]) == (1, "baked")
    for name, entry in manifest["files"].items():
        content = (bundle / called(bundle, name)).read_bytes()
        known = {"sha384": sha384(content), "bytes": len(content)}
        if name in {"python.wasm", "python-cold.wasm", "python.packed", "python-cold.packed"}:
            stem, _, ending = name.rpartition(".")
            known["file"] = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
        if name == "python-cold.wasm":
            known["sha256"] = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert entry == known, name


def test_the_manifest_lists_the_whole_runtime_and_the_worker(bundle: Path, manifest: dict):
    runtime = {
        "python.wasm",
        "python-cold.wasm",
        "python.packed",
        "python-cold.packed",
        "pyodide.mjs",
        "pyodide.asm.mjs",
        "pyodide.asm.wasm",
        "python_stdlib.zip",
    }
    runtime |= {"pyodide-lock.json"}
    (wheel,) = bundle.glob("*.whl")
    assert set(manifest["files"]) == runtime | {"worker/main.js", wheel.name}
    assert [path.name for path in (bundle / "worker").glob("*.js")] == ["main.js"]


def test_the_loader_carries_the_manifests_hash(bundle: Path):
    assert (bundle / "dlt-web.js").read_text().count(sha384((bundle / "manifest.json").read_bytes())) == 1


def test_the_loader_is_small_and_all_that_it_names_is_there(bundle: Path):
    """What a page pays that loads the module: under 6 KB, compressed as the plainest of servers does."""
    found = scripts_before_work(bundle / "dlt-web.js")
    assert sum(len(gzip.compress(path.read_bytes())) for path in found) < 6 * 1024
    (engine,) = (path for path in (bundle / "page").glob("*.js") if path not in found)
    for script in (*found, engine, bundle / "worker" / "main.js"):
        assert script.read_text().startswith(f"/* dlt-web {version('dlt-web')} | Apache-2.0 */")
        for name in re.findall(r'(?:from|import\()"(\.[^"]+)"', script.read_text()):
            assert (script.parent / name).is_file()


def test_the_docs_tell_how_large_the_scripts_are(bundle: Path):
    table = (workshop.ROOT / "docs" / "runtime.md").read_text()
    for pattern, name in (("page/engine-*.js", "page/engine-….js"), ("worker/main.js", "worker/main.js")):
        (file,) = bundle.glob(pattern)
        (told,) = re.findall(rf"^\| `{re.escape(name)}`[^|]*\| (\d+) KB ", table, re.MULTILINE)
        assert abs(len(gzip.compress(file.read_bytes())) / 1000 - int(told)) < 1, name


def scripts_before_work(script: Path) -> set[Path]:
    """What is fetched by importing a script."""
    names = re.findall(r'from"(\.[^"]+)"', script.read_text())
    return {script}.union(*(scripts_before_work((script.parent / name).resolve()) for name in names))


def test_the_lock_file_names_no_package_to_fetch(bundle: Path):
    lock = json.loads((bundle / "pyodide-lock.json").read_text())
    assert lock["packages"] == {}
    assert lock["info"]["python"].startswith("3.14.")


def test_the_demos_decoder_is_bundled(bundle: Path):
    for name in assembly.ZXING_FILES:
        assert (bundle / "vendor" / "zxing-wasm" / name).stat().st_size > 0


def test_the_demos_other_readers_are_bundled_with_their_licenses(bundle: Path):
    for reader in demo_readers.DEMO_READERS:
        folder = bundle / "vendor" / reader.folder
        script = (folder / "index.js").read_text()
        assert "export{" in script
        assert 'Function("return this")' not in script, "a strict policy forbids it"
        assert (folder / "LICENSE").read_text() == (npm.npm_package(reader.package) / "LICENSE").read_text()
        named = json.loads((npm.npm_package(reader.package) / "package.json").read_text())["license"]
        assert named in {"MIT", "Apache-2.0"}, "one that binds whoever hands the wheel on does not travel in it"


def test_the_licenses_of_what_is_inside_the_demos_readers_go_along(bundle: Path):
    readers = {reader.folder: reader.inner for reader in demo_readers.DEMO_READERS}
    for folder, inner in readers.items():
        told = (bundle / "vendor" / folder / inner_licenses.LICENSES_FILE).read_text()
        for one in inner:
            assert f"{one.name} ({one.license})\n" in told
            assert one.text.read_text().strip() in told
            assert one.license in {"MIT", "Apache-2.0", "BSD-3-Clause"}
    # Whatever has zxing-cpp's WebAssembly.
    for wasm in (bundle / "vendor").rglob("zxing_reader.wasm"):
        folder = wasm.relative_to(bundle / "vendor").parts[0]
        told = (bundle / "vendor" / folder / inner_licenses.LICENSES_FILE).read_text()
        assert "zxing-cpp (Apache-2.0)" in told
        assert "libzueci" in told
    # quagga2 comes as one script; the one that is not made small says what is in it.
    script = (npm.npm_package("@ericblade/quagga2") / "dist" / "quagga.js").read_text()
    found = set(re.findall(r"\./node_modules/((?:@[\w.-]+/)?[\w.-]+)/", script))
    assert found == {one.name for one in readers["quagga2"]}


def test_a_package_that_a_reader_brings_along_unnamed_fails_the_build(tmp_path: Path):
    metafile = tmp_path / "meta.json"
    inputs = [".build/readers/x.js", "node_modules/@a/x/index.js", "node_modules/@a/x/node_modules/inner/i.js"]
    metafile.write_text(json.dumps({"inputs": {path: {} for path in inputs}}))
    with pytest.raises(workshop.BuildError, match=r"^@a/x brings inner along, whose license goes with it"):
        inner_licenses.check_inner(metafile, "@a/x", ())
    named = inner_licenses.Inner("inner", "MIT", metafile)
    inner_licenses.check_inner(metafile, "@a/x", (named,))


def test_the_bundle_holds_no_python_source(bundle: Path):
    assert [path for path in bundle.rglob("*") if path.suffix in {".py", ".pyc"}] == []


@pytest.mark.parametrize(
    ("code", "symbology", "is_right"),
    [('"200001-demo"', '"qr_code"', True), ("200001", '"qr_code"', False), ('"200001-demo"', "true", False)],
)
def test_the_type_declarations_check_a_page(
    bundle: Path, node: str, tmp_path: Path, code: str, symbology: str, is_right: bool
):
    for declaration in bundle.rglob("*.d.ts"):
        workshop.copy_file(declaration, tmp_path / declaration.relative_to(bundle))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "page.ts").write_text(PAGE_PROGRAM.format(code=code, symbology=symbology))
    compiler = npm.npm_package("typescript") / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2024,dom"]
    done = subprocess.run(
        [node, str(compiler), "--ignoreConfig", "--types", "", *options, "page.ts"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is is_right, done.stdout


def test_a_second_build_changes_nothing(bundle: Path):
    before = (bundle / "manifest.json").stat().st_mtime_ns
    said: list[str] = []
    assert build_wasm.build(say=said.append) == bundle
    assert (bundle / "manifest.json").stat().st_mtime_ns == before
    assert said == []


def test_a_build_elsewhere_gives_the_same_bytes_and_says_which(bundle: Path, manifest: dict, tmp_path: Path):
    said: list[str] = []
    other = build_wasm.build(tmp_path / "out", said.append)
    names = {path.relative_to(bundle) for path in bundle.rglob("*") if path.is_file()}
    assert names == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    assert [name for name in names if (bundle / name).read_bytes() != (other / name).read_bytes()] == []
    text = "\n".join(said)
    for part in ("Pyodide 314.0", "Python 3.14", "pyodide-build 0.", "hatchling 1.", "zxing-wasm ", "dlt-web "):
        assert re.search(rf"\b{re.escape(part)}\.?\d", text), part
    told = {line.split()[-1]: line.split()[0] for line in said if line.startswith("  ")}
    hashes = {name: entry["sha384"] for name, entry in manifest["files"].items()}
    assert told == hashes | {"manifest.json": sha384((bundle / "manifest.json").read_bytes())}


@pytest.mark.parametrize(
    "manifest", [None, '{"name": "An app", "icons": []}', '{"files": {"main.js": "main.1.js"}}', "{"]
)
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, manifest: str | None):
    (tmp_path / "thesis.txt").write_text("years of work")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
        (tmp_path / "dlt-web.js").write_text("import './app.js';")
    with pytest.raises(workshop.BuildError, match="is not empty and holds no earlier build"):
        build_wasm.build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_loader_without_the_line_for_the_hash_is_an_error(tmp_path: Path, node: str, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "dlt-web.js").write_text("export class Tracker {}\n")
    monkeypatch.setattr(scripts, "WEB", tmp_path)
    with pytest.raises(workshop.BuildError, match="must hold this line once"):
        scripts.bundle_loader(node, "hash", tmp_path / "out")


def test_a_failing_command_is_told_with_its_output(node: str):
    with pytest.raises(workshop.BuildError, match=r"exit code 3:\nwhat went wrong"):
        workshop.run([node, "-e", "console.log('what went wrong'); process.exit(3)"])
