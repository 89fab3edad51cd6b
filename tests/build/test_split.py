"""The baked module in two files: nothing is lost, and what is not known is refused."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bundle_files import called
from wasm.baked.bake import COLD_FILE, FILE
from wasm.baked.binary import FUNCTION, GLOBAL, Element, Export, Global, Import, Module, write_module
from wasm.baked.encoding import I32, WasmError, const_i32, unsigned, vector
from wasm.baked.hot import HOT_FILE, read_hot, with_short_ones, write_hot
from wasm.baked.instructions import Renumbering, calls, instructions
from wasm.baked.instrument import instrumented, noted
from wasm.baked.split import split
from wasm.baked.types import FunctionType, function_types

# Three functions of two numbers: `sum`, `product`, and `both`, which adds up what the others give, and once more a
# constant global. A fourth one, which nobody calls, sets the global that can change.
TYPES = vector([b"\x60" + vector([b"\x7f", b"\x7f"]) + vector([b"\x7f"]), b"\x60" + vector([]) + vector([])])
GIVEN = b"\x20\0\x20\1"
SUM, PRODUCT = b"\0" + GIVEN + b"\x6a\x0b", b"\0" + GIVEN + b"\x6c\x0b"
BOTH = b"\0" + GIVEN + b"\x10\0" + GIVEN + b"\x10\1" + b"\x6a\x23\0\x6a\x0b"
SET = b"\0\x41\x07\x24\1\x0b"
EVERYTHING = Module(
    types=TYPES,
    functions=[0, 0, 0, 1],
    tables=[b"\x70\0\2"],
    memory=(1, 2),
    globals=[Global(I32, False, const_i32(1000)), Global(I32, True, const_i32(5))],
    exports=[Export("both", FUNCTION, 2), Export("constant", GLOBAL, 0)],
    elements=[Element(0, [1, 3])],
    code=[SUM, PRODUCT, BOTH, SET],
)
SUM_NUMBER, PRODUCT_NUMBER, BOTH_NUMBER, SET_NUMBER = range(4)

RUN = """
const [hot, cold] = process.argv.slice(1).map((hex) => new WebAssembly.Module(Buffer.from(hex, "hex")));
let loads = 0;
const load = () => {
  loads += 1;
  if (loads === 1) new WebAssembly.Instance(cold, { hot: instance.exports });
};
const instance = new WebAssembly.Instance(hot, { cold: { load } });
const { both, constant, table0, global0 } = instance.exports;
const answers = [both(3, 4), both(5, 6), constant.value];
table0.get(1)();
console.log(JSON.stringify([...answers, global0.value, loads]));
"""


@pytest.mark.parametrize(
    ("hot", "loads"),
    [
        ({SUM_NUMBER, PRODUCT_NUMBER, SET_NUMBER}, 0),
        ({SUM_NUMBER, PRODUCT_NUMBER}, 1),
        ({SUM_NUMBER, SET_NUMBER}, 2),
        ({PRODUCT_NUMBER}, 2),
        (set(), 4),
    ],
)
def test_the_two_do_what_the_one_does(node: str, hot: set[int], loads: int):
    halves = split(EVERYTHING, hot)
    texts = [write_module(part).hex() for part in (halves.hot, halves.cold)]
    said = subprocess.run([node, "-e", RUN, *texts], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert json.loads(said) == [7 + 12 + 1000, 11 + 30 + 1000, 1000, 7, loads]


def test_a_module_that_notes_what_runs_does_the_same(node: str, tmp_path: Path):
    watched = replace(instrumented(EVERYTHING, 256), exports=[*EVERYTHING.exports, Export("memory", 2, 0)])
    run = """
    const module = new WebAssembly.Module(Buffer.from(process.argv[1], "hex"));
    const { both, memory } = new WebAssembly.Instance(module).exports;
    console.log(JSON.stringify([both(3, 4), ...new Uint8Array(memory.buffer, 256, 4)]));
    """
    said = subprocess.run([node, "-e", run, write_module(watched).hex()], stdout=subprocess.PIPE, text=True, check=True)
    answer, *notes = json.loads(said.stdout)
    assert answer == 7 + 12 + 1000
    assert noted(EVERYTHING, bytes(notes)) == [SUM_NUMBER, PRODUCT_NUMBER, BOTH_NUMBER]


def test_every_function_of_the_runtime_is_walked_to_its_end(module: Module):
    for body in module.code:
        *_, (opcode, at) = instructions(body)
        assert (opcode, at) == (0x0B, len(body) - 1)


def test_new_numbers_that_are_the_old_ones_change_nothing(module: Module):
    functions = {at: at for at in range(len(module.imported(FUNCTION)) + len(module.functions))}
    globals_ = {at: at for at in range(len(module.imported(GLOBAL)) + len(module.globals))}
    names = Renumbering(functions, globals_)
    longest = sorted(module.code, key=len)[-300:]
    assert [names.of(body) for body in longest] == longest
    assert any(calls(body) for body in longest)


def test_types_tell_what_a_function_takes_and_gives():
    number = b"\x7f"
    assert function_types(TYPES) == [FunctionType((number, number), (number,)), FunctionType((), ())]
    reference = b"\x60" + vector([b"\x63\x05", number]) + vector([])
    assert function_types(vector([reference])) == [FunctionType((b"\x63\x05", number), ())]
    with pytest.raises(WasmError, match="the type 0 is not that of a function"):
        function_types(vector([b"\x5f\0"]))


def test_an_instruction_that_nobody_knows_is_refused():
    with pytest.raises(WasmError, match="the instruction 0xfd at 1, which is not known here"):
        list(instructions(b"\0\xfd\x0c\x0b"))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"imports": [Import("env", "memory", 2, b"\0\1")]}, "imports more than functions"),
        ({"memory": None}, "no memory of its own"),
        ({"types": vector([b"\x60" + vector([b"\x7f", b"\x7f"]) + vector([b"\x7f"])])}, "takes and gives nothing"),
        ({"globals": [Global(I32, False, b"\x23\0\x0b"), EVERYTHING.globals[1]]}, r"globals \[0\] never change"),
    ],
)
def test_a_module_that_is_not_what_is_known_is_not_split(changed: dict, why: str):
    with pytest.raises(WasmError, match=why):
        split(replace(EVERYTHING, **changed), set())


def test_short_functions_that_are_called_are_taken_in(module: Module):
    long_sum = b"\0" + b"\1" * 300 + SUM[1:]
    both_call = replace(EVERYTHING, code=[long_sum, PRODUCT, BOTH, b"\0\x10\2\x1a\x0b"], elements=[])
    assert with_short_ones(both_call, {SET_NUMBER}) == {SET_NUMBER, BOTH_NUMBER, PRODUCT_NUMBER}
    assert with_short_ones(both_call, {SUM_NUMBER}) == {SUM_NUMBER}
    listed = replace(both_call, elements=[Element(0, [PRODUCT_NUMBER, SUM_NUMBER])])
    assert with_short_ones(listed, set()) == {PRODUCT_NUMBER}
    imported = len(module.imported(FUNCTION))
    assert all(number >= imported for number in with_short_ones(module, range(imported, imported + 2000)))


def test_what_runs_is_read_as_it_was_written(tmp_path: Path):
    wasm, other = tmp_path / "a.wasm", tmp_path / "b.wasm"
    wasm.write_bytes(b"one version")
    other.write_bytes(b"another one")
    numbers = {1, 2, 3, 7, 9, 10, *range(100, 3000, 3)}
    write_hot(numbers, wasm, tmp_path / "hot.txt")
    assert read_hot(wasm, tmp_path / "hot.txt") == numbers
    with pytest.raises(WasmError, match="of another version run; `python -m"):
        read_hot(other, tmp_path / "hot.txt")


def test_the_first_file_is_small_and_the_second_listed(bundle: Path, manifest: dict):
    assert (bundle / called(bundle, FILE)).stat().st_size < 8_000_000
    assert "sha256" in manifest["files"][COLD_FILE]
    assert len(read_hot(bundle / "pyodide.asm.wasm", HOT_FILE)) < 2_000
    assert unsigned(300) == b"\xac\x02"
