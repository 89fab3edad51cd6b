"""What is compressed beforehand: the files themselves, no larger than them, and packed as the page unpacks it."""

from __future__ import annotations

import gzip
import json
import random
import re
import struct
import subprocess
from pathlib import Path

import pytest

from tests.bundle_files import called
from wasm import workshop
from wasm.baked.bake import COLD_FILE, FILE, PACKED
from wasm.baked.pack import pack
from wasm.squeeze import squeeze as squeezing

DECOMPRESS = """
const { brotliDecompressSync, gunzipSync } = require("node:zlib");
const { readFileSync } = require("node:fs");
const wrong = process.argv.slice(1).filter((name) => {
  const content = readFileSync(name);
  const undone = [brotliDecompressSync(readFileSync(`${name}.br`)), gunzipSync(readFileSync(`${name}.gz`))];
  return undone.some((one) => !one.equals(content));
});
console.log(JSON.stringify(wrong));
"""
UNPACK = """
const { readFileSync } = await import("node:fs");
const { unpack } = await import(process.argv[1]);
const { buffer } = new Uint8Array(readFileSync(0));
process.stdout.write(await unpack(buffer));
"""


def unpacked(node: str, packed: bytes) -> bytes:
    script = (workshop.ROOT / "web" / "worker" / "packed.js").as_uri()
    command = [node, "--input-type=module", "-e", UNPACK, script]
    return subprocess.run(command, input=packed, stdout=subprocess.PIPE, check=True).stdout


def records(count: int) -> bytes:
    draw = random.Random(1)
    return b"".join(struct.pack("<II", 0x01230000 + draw.randrange(65536), draw.randrange(256)) for _ in range(count))


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"text " * 3000, records(4096), records(700) + b"odd", bytes(range(256)) * 40 + records(1000)],
    ids=["nothing", "one byte", "text", "records", "records, and an odd end", "both"],
)
def test_the_page_unpacks_what_the_build_packs(node: str, content: bytes):
    assert unpacked(node, pack(content)) == content


def test_addresses_are_packed_better_than_gzip_does():
    content = records(20_000)
    assert len(pack(content)) < 0.9 * len(squeezing.gzip(content))


@pytest.mark.parametrize("name", [FILE, COLD_FILE])
def test_a_packed_file_is_the_module(bundle: Path, node: str, name: str):
    packed, whole = [(bundle / called(bundle, one)).read_bytes() for one in (PACKED[name], name)]
    assert unpacked(node, packed) == whole


@pytest.mark.parametrize("name", [FILE, COLD_FILE])
def test_a_host_that_compresses_nothing_sends_a_quarter_more_at_most(bundle: Path, name: str):
    packed, whole = called(bundle, PACKED[name]), called(bundle, name)
    assert (bundle / packed).stat().st_size < 1.25 * (bundle / f"{whole}.br").stat().st_size


def test_so_does_all_that_a_first_visit_fetches(bundle: Path):
    scripts = [bundle / "dlt-web.js", *(bundle / "page").glob("*.js"), bundle / "worker" / "main.js"]
    small = [*scripts, bundle / "manifest.json"]
    packed, whole = called(bundle, PACKED[FILE]), called(bundle, FILE)
    plain = [*small, bundle / packed]
    brotli = [Path(f"{path}.br") for path in (*small, bundle / whole)]
    assert len(small) == 5
    assert sum(path.stat().st_size for path in plain) < 1.25 * sum(path.stat().st_size for path in brotli)


def test_the_docs_tell_how_large_the_first_file_is(bundle: Path):
    """To within a twentieth: `make bench-size`, which takes minutes, measures it anew, and what each step is worth."""
    table = (workshop.ROOT / "docs" / "runtime.md").read_text()
    (told,) = re.findall(r"^\| nothing: `python\.wasm` as it is served \| ([\d,]+) \| ([\d,]+) \|", table, re.MULTILINE)
    file = bundle / called(bundle, FILE)
    sizes = [path.stat().st_size for path in (file, Path(f"{file}.br"))]
    assert [int(one.replace(",", "")) for one in told] == [pytest.approx(size, rel=0.05) for size in sizes]


def test_each_file_lies_there_compressed(bundle: Path, node: str):
    large = [path for path in bundle.rglob("*") if path.suffix in squeezing.SUFFIXES and path.stat().st_size >= 1000]
    said = subprocess.run([node, "-e", DECOMPRESS, *map(str, large)], stdout=subprocess.PIPE, text=True, check=True)
    assert json.loads(said.stdout) == []
    assert {bundle / called(bundle, FILE), bundle / "dlt-web.js", bundle / "worker" / "main.js"} < {*large}
    compressed = [path for path in bundle.rglob("*") if path.suffix in {".br", ".gz"}]
    assert len(compressed) == 2 * len(large)
    assert [path for path in compressed if path.stat().st_size >= path.with_suffix("").stat().st_size] == []


@pytest.mark.parametrize("name", [FILE, COLD_FILE])
def test_what_every_first_visit_fetches_is_compressed_as_well_as_it_goes(bundle: Path, name: str):
    assert squeezing._quality(bundle / called(bundle, name)) == squeezing.BEST


def test_what_was_compressed_before_is_not_again(node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(squeezing, "CACHE", tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    folder = tmp_path / "folder"
    said: list[str] = []

    def squeezed(**files: bytes) -> set[str]:
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.js").write_bytes(content)
        squeezing.squeeze(folder, node, said.append)
        names = {path.name for path in folder.iterdir()}
        folder.rename(tmp_path / f"after-{len([*tmp_path.iterdir()])}")
        return names

    hard = random.Random(2).randbytes(3000)
    assert squeezed(a=b"a" * 2000, b=b"b" * 2000, small=b"s" * 500, hard=hard) == {
        *("a.js", "a.js.br", "a.js.gz", "b.js", "b.js.br", "b.js.gz", "small.js", "hard.js"),
    }
    assert squeezed(a=b"a" * 2000, b=b"c" * 2000) == {"a.js", "a.js.br", "a.js.gz", "b.js", "b.js.br", "b.js.gz"}
    squeezed(a=b"a" * 2000, b=b"c" * 2000)
    assert said == ["Compressing 3 files with Brotli", "Compressing 1 files with Brotli"]
    assert len([*(tmp_path / "cache" / "squeezed").iterdir()]) == 2


def test_gzip_has_no_time_in_it():
    assert squeezing.gzip(b"text")[4:8] == bytes(4)
    assert gzip.decompress(squeezing.gzip(b"text")) == b"text"
