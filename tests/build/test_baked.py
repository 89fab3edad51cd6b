"""The baked runtime's module: read and written whole, the same each time, and refused where it is not what is known."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Set
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bundle_files import called
from wasm import guest, npm, page_wheel
from wasm.baked import bake as baking
from wasm.baked.binary import FUNCTION, GLOBAL, Global, Module, read_module, write_module
from wasm.baked.encoding import I32, Reader, WasmError, const_i32, signed, unsigned
from wasm.baked.hot import read_hot, with_short_ones, write_hot
from wasm.baked.picture import Picture, take_picture
from wasm.baked.steps import ALL, all_but
from wasm.workshop import BuildError


@pytest.fixture(scope="module")
def photograph(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Set[str]], Picture]:
    node = npm.find_node()
    stdlib, wheel = guest.compile_stdlib(node, print), page_wheel.build_page_wheel(node, print)
    return lambda steps: take_picture(node, stdlib, wheel, tmp_path_factory.mktemp("picture"), steps)


@pytest.fixture(scope="module")
def picture(photograph: Callable[[Set[str]], Picture]) -> Picture:
    return photograph(ALL)


@pytest.mark.parametrize("value", [0, 1, 63, 64, 127, 128, 2**31 - 1, 2**32 - 1])
def test_numbers_without_a_sign_are_read_as_they_were_written(value: int):
    assert Reader(unsigned(value)).unsigned() == value


@pytest.mark.parametrize("value", [0, 1, -1, 63, 64, -64, -65, 2**31 - 1, -(2**31)])
def test_numbers_with_a_sign_are_read_as_they_were_written(value: int):
    assert Reader(signed(value)).signed() == value


def test_the_runtimes_module_is_read_and_written_whole(module: Module):
    assert read_module(write_module(module)) == module
    assert len(module.code) == len(module.functions) > 10_000


@pytest.mark.parametrize(
    "memory", [b"", bytes(100_000), b"\1" * 100, b"\1" + bytes(200_000) + b"\2", bytes(15) + b"\3"]
)
def test_the_segments_are_the_memory(memory: bytes):
    laid_down = bytearray(len(memory))
    for segment in baking.runs(memory):
        laid_down[segment.offset : segment.offset + len(segment.content)] = segment.content
    assert bytes(laid_down) == memory


@pytest.mark.long_only
def test_two_pictures_are_the_same(
    picture: Picture, photograph: Callable[[Set[str]], Picture], bundle: Path, module: Module
):
    assert photograph(ALL) == picture
    parts = baking.divided(
        baking.bake(module, picture),
        with_short_ones(module, read_hot(bundle / "pyodide.asm.wasm")),
        picture.stack["end"],
    )
    for name, part in parts.items():
        assert write_module(part) == (bundle / called(bundle, name)).read_bytes()


@pytest.mark.long_only
def test_what_is_done_after_the_picture_is_not_seen_in_it(picture: Picture, photograph: Callable[[Set[str]], Picture]):
    # Else each step would be measured with what it moves in memory.
    assert photograph({"stand-ins", "line-numbers"}) == picture


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("stand-ins", marks=pytest.mark.long_only),
        pytest.param("line-numbers", marks=pytest.mark.long_only),
        "dead-heap",
    ],
)
def test_each_step_makes_what_is_served_smaller(
    picture: Picture, photograph: Callable[[Set[str]], Picture], module: Module, step: str
):
    def served_bytes(seen: Picture, steps: Set[str]) -> int:
        baked = baking.bake(module, seen, steps)
        return len(zlib.compress(b"".join(segment.content for segment in baked.data)))

    less = ALL - {step}
    assert served_bytes(picture, ALL) < 0.99 * served_bytes(photograph(less), less)


def test_a_step_that_does_not_exist_is_an_error():
    assert all_but(["dead-heap"]) == ALL - {"dead-heap"}
    with pytest.raises(BuildError, match="there is no step fat; the steps are docstrings, "):
        all_but(["fat"])


def test_what_is_no_module_is_refused():
    with pytest.raises(WasmError, match="does not begin"):
        read_module(b"<!doctype html>")


def test_a_global_that_nobody_knows_to_change_is_refused(module: Module, picture: Picture):
    changed = replace(module, globals=[*module.globals, Global(I32, True, const_i32(0))])
    with pytest.raises(WasmError, match=str(len(module.imported(GLOBAL)) + len(module.globals))):
        baking.bake(changed, picture)


def test_a_function_of_pythons_that_is_missing_is_refused(module: Module, picture: Picture):
    kept = [one for one in module.exports if one.name != "PyObject_CallOneArg"]
    with pytest.raises(WasmError, match="PyObject_CallOneArg"):
        baking.bake(replace(module, exports=kept), picture)


def test_a_stack_that_is_told_otherwise_is_refused(module: Module, picture: Picture):
    index = module.exported(FUNCTION)["emscripten_stack_get_base"] - len(module.imported(FUNCTION))
    code = [*module.code]
    code[index] = b"\0" + const_i32(0)
    with pytest.raises(WasmError, match="emscripten_stack_get_base does not just return a global"):
        baking.bake(replace(module, code=code), picture)


def test_a_global_that_the_picture_does_not_show_is_refused(module: Module, picture: Picture):
    [first, *_] = picture.globals
    less = {name: value for name, value in picture.globals.items() if name != first}
    with pytest.raises(WasmError, match=first):
        baking.bake(module, replace(picture, globals=less))


def test_a_function_in_the_table_that_nobody_knows_is_refused(module: Module, picture: Picture):
    with pytest.raises(WasmError, match=f"at {len(picture.table)}: ''"):
        baking.bake(module, replace(picture, table=[*picture.table, ""]))


def test_another_version_of_the_runtime_stops_the_build_with_what_repairs_it(
    bundle: Path, picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "other.wasm").write_bytes(b"another version")
    write_hot({1, 2, 3}, tmp_path / "other.wasm", tmp_path / "hot.txt")
    monkeypatch.setattr(baking, "read_hot", functools.partial(read_hot, file=tmp_path / "hot.txt"))
    # The picture of this version; it takes seconds to take another one.
    monkeypatch.setattr(baking, "take_picture", lambda *_: picture)
    monkeypatch.setattr(baking, "CACHE", tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    (wheel,) = bundle.glob("*.whl")
    monkeypatch.setattr(baking, "hash_of", lambda _: "0" * 64)
    with pytest.raises(
        BuildError, match=r"^this version of pyodide cannot be baked: .*`python -m tests\.wasm\.replay\."
    ):
        baking.bake_runtime(npm.find_node(), wheel, wheel, lambda _: None)
    assert list((tmp_path / "cache").iterdir()) == []
