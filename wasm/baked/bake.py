"""Bakes the picture of a started Python into the runtime's WebAssembly: a module that begins where the picture ends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Set
from dataclasses import replace
from pathlib import Path

from wasm.npm import npm_package
from wasm.workshop import CACHE, BuildError, Say, hash_of, new_folder

from .binary import FUNCTION, GLOBAL, Element, Export, Global, Module, Segment, read_module, write_module
from .encoding import END, GLOBAL_GET, I32, Reader, WasmError, const_i32, unsigned
from .heap import without_dead_chunks
from .hot import read_hot, with_short_ones
from .pack import pack
from .picture import Picture, take_picture
from .split import split
from .steps import ALL
from .tables import movable

FILE = "python.wasm"
COLD_FILE = "python-cold.wasm"
PACKED_FILE = "python.packed"
COLD_PACKED_FILE = "python-cold.packed"
PACKED = {FILE: PACKED_FILE, COLD_FILE: COLD_PACKED_FILE}
HANDLE = "dlt_web_handle"

PAGE = 65_536
MAX_PAGES = 65_536
KEPT_EXPORTS = frozenset({
    "memory", "__indirect_function_table", "PyUnicode_FromStringAndSize", "PyObject_CallOneArg",
    "PyUnicode_AsUTF8AndSize", "malloc", "free", "PyErr_Print", "Py_DecRef",
})  # fmt: skip
# Shorter runs of zeros cost less inside a segment than the head of another one.
SHORTEST_GAP = 16


def bake_runtime(node: str, stdlib: Path, wheel: Path, say: Say, steps: Set[str] = ALL) -> list[Path]:
    """Make ``python.wasm`` and what belongs to it, once for each standard library, wheel and Pyodide.

    Args:
        node: a Node.
        stdlib: the standard library as a zip.
        wheel: our package.
        say: gets a line when there is something to do.
        steps: what is done for the size.

    Raises:
        BuildError: this Pyodide is not what baking knows; says what was found.
    """
    runtime = npm_package("pyodide") / "pyodide.asm.wasm"
    sources = [stdlib, wheel, runtime, *sorted(Path(__file__).parent.glob("*.*"))]
    left_out = "".join(f"-no-{name}" for name in sorted(ALL - steps))
    folder = CACHE / f"baked{left_out}-{hash_of(sources)[:16]}"
    if not folder.is_dir():
        say("Baking the page's Python")
        for old in CACHE.glob(f"baked{left_out}-{'[0-9a-f]' * 16}"):
            shutil.rmtree(old)
        with new_folder(folder) as fresh, tempfile.TemporaryDirectory() as scratch:
            picture = take_picture(node, stdlib, wheel, Path(scratch), steps)
            try:
                whole = read_module(runtime.read_bytes())
                module = bake(whole, picture, steps)
                files = divided(
                    module,
                    with_short_ones(whole, read_hot(runtime)) if "split" in steps else None,
                    picture.stack["end"] if "cold-tables" in steps else None,
                )
            except WasmError as error:
                raise BuildError(f"this version of pyodide cannot be baked: {error}") from error
            for name, part in files.items():
                content = write_module(part)
                (fresh / name).write_bytes(content)
                if "packed" in steps:
                    (fresh / PACKED[name]).write_bytes(pack(content))
    return sorted(folder.iterdir())


def divided(module: Module, hot: Set[int] | None, end_of_constants: int | None = None) -> dict[str, Module]:
    """Make what a page fetches of the whole module, by the names of the files.

    Args:
        module: the baked one.
        hot: numbers of the functions that are fetched at once; None for all in one file.
        end_of_constants: where in memory what C laid down ends, for data that only other functions read to be fetched
            with those.

    Raises:
        WasmError: the module is not what is known here; says what was found.
    """
    if hot is None:
        return {FILE: module}
    halves = split(module, hot)
    if end_of_constants is None:
        return {FILE: halves.hot, COLD_FILE: halves.cold}
    memory = laid_down(module.data)
    exported = {one.index for one in module.exports if one.kind == FUNCTION}
    moved = movable(bytes(memory), end_of_constants, module, hot | exported)
    segments = [Segment(one.start, bytes(memory[one.start : one.end])) for one in moved]
    for one in moved:
        memory[one.start : one.end] = bytes(one.end - one.start)
    return {FILE: replace(halves.hot, data=runs(bytes(memory))), COLD_FILE: replace(halves.cold, data=joined(segments))}


def bake(module: Module, picture: Picture, steps: Set[str] = ALL, kept_exports: Set[str] = KEPT_EXPORTS) -> Module:
    """Make the module that begins where the picture was taken.

    Args:
        module: the runtime's own.
        picture: an instance of it.
        steps: what is done for the size.
        kept_exports: what can be called from outside.

    Raises:
        WasmError: the module or the picture is not what is known here; says what was found.
    """
    imported = module.imported(GLOBAL)
    own = list(module.globals)
    stack = {name: _global_behind(module, f"emscripten_stack_get_{name}") for name in ("base", "end", "current")}
    for name, index in stack.items():
        own[index - len(imported)] = Global(I32, True, const_i32(picture.stack[name]))
    # The upper half of a 64-bit number on its way to JavaScript: nothing lives in it between two calls.
    known = {**stack, "passing": _global_behind(module, "getTempRet0")}
    changing = {len(imported) + at for at, one in enumerate(own) if one.is_mutable}
    if changing != set(known.values()):
        raise WasmError(f"the globals {sorted(changing)} can change, and known of them are {known}")
    constants = [Global(I32, False, const_i32(_value_of(picture, one.name))) for one in imported]
    handle = Export(HANDLE, GLOBAL, len(constants) + len(own))
    return replace(
        module,
        imports=[one for one in module.imports if one.kind == FUNCTION],
        tables=[_resized(module.tables[0], len(picture.table)), *module.tables[1:]],
        memory=(len(picture.memory) // PAGE, MAX_PAGES),
        globals=[*constants, *own, Global(I32, False, const_i32(picture.handle))],
        exports=[*_kept_exports(module, kept_exports), handle],
        elements=[*module.elements, *_added_elements(module, picture)],
        data=runs(_living_memory(picture, steps)),
    )


def _kept_exports(module: Module, names: Set[str]) -> list[Export]:
    kept = [one for one in module.exports if one.name in names]
    missing = names - {one.name for one in kept}
    if missing:
        raise WasmError(f"the module does not export {sorted(missing)}")
    return kept


def _living_memory(picture: Picture, steps: Set[str]) -> bytes:
    """Give the memory without what calls that have ended left on the stack, and without what is free in the heap."""
    end, current = picture.stack["end"], picture.stack["current"]
    memory = picture.memory[:end] + bytes(current - end) + picture.memory[current:]
    # The heap begins where the stack does, which grows away from it.
    return without_dead_chunks(memory, picture.stack["base"]) if "dead-heap" in steps else memory


def runs(memory: bytes) -> list[Segment]:
    """Give what of a memory is not zero, as segments."""
    segments: list[Segment] = []
    start, size = 0, len(memory)
    gap = bytes(SHORTEST_GAP)
    while start < size:
        while start < size and memory[start : start + PAGE] == bytes(min(PAGE, size - start)):
            start += PAGE
        while start < size and not memory[start]:
            start += 1
        if start >= size:
            break
        end = memory.find(gap, start)
        end = size if end < 0 else end
        segments.append(Segment(start, memory[start:end]))
        start = end
    return segments


def laid_down(segments: list[Segment]) -> bytearray:
    """Give the memory that segments lie in."""
    memory = bytearray(max(one.offset + len(one.content) for one in segments))
    for one in segments:
        memory[one.offset : one.offset + len(one.content)] = one.content
    return memory


def joined(segments: list[Segment]) -> list[Segment]:
    """Give segments with those that follow each other as one."""
    out: list[Segment] = []
    for one in segments:
        if out and out[-1].offset + len(out[-1].content) == one.offset:
            out[-1] = Segment(out[-1].offset, out[-1].content + one.content)
        else:
            out.append(one)
    return out


def _global_behind(module: Module, name: str) -> int:
    """Find the global that a function does nothing but return."""
    body = Reader(module.body_of(name))
    if body.byte() != 0 or body.byte() != GLOBAL_GET:
        raise WasmError(f"{name} does not just return a global")
    index = body.unsigned()
    if body.byte() != END:
        raise WasmError(f"{name} does more than to return a global")
    return index


def _value_of(picture: Picture, name: str) -> int:
    if name not in picture.globals:
        raise WasmError(f"the picture knows no value of the imported global {name}")
    return picture.globals[name]


def _resized(table: bytes, length: int) -> bytes:
    return table[:1] + b"\0" + unsigned(length)


def _added_elements(module: Module, picture: Picture) -> list[Element]:
    """Find what lies in the table that the module did not put there itself: what is linked at the start."""
    own = {one.offset + at for one in module.elements for at in range(len(one.functions))}
    exported = module.exported(FUNCTION)
    imported = {one.name: at for at, one in enumerate(module.imported(FUNCTION))}
    linked = {value: name for name, value in picture.globals.items()}
    elements: list[Element] = []
    for at, entry in enumerate(picture.table):
        if at in own or entry is None:
            continue
        # A function of JavaScript's lies there wrapped: its name is that of the global that holds its place.
        name = entry or linked.get(at, "")
        index = exported.get(name, imported.get(name))
        if index is not None:
            elements.append(Element(at, [index]))
        elif not name.startswith("emscripten_"):
            # Those are functions for graphics and consoles, which Python never calls.
            raise WasmError(f"the function table holds something unknown at {at}: {name!r}")
    return elements
