"""One module made two: what runs in every page, and what hardly ever runs, which is fetched when it is first needed.

The first module stands alone. Where it would call a function of the second, it calls a stub of the same type, which
asks the page for the second module and then calls the function through the table. The second module shares the memory,
the tables and whatever can change; its functions take the place of their stubs in the table once it is there, and call
those of the first through the table as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from .binary import FUNCTION, GLOBAL, MEMORY, TABLE, TAG, Element, Export, Import, Module
from .encoding import CONST_I32, END, Reader, WasmError, memory_limits, signed, unsigned
from .instructions import CALL, CALL_INDIRECT, LOCAL_GET, Renumbering, calls
from .types import FunctionType, function_types

# What the second module imports from the first, and the first from the page.
HOT, COLD, LOAD = "hot", "cold", "load"


@dataclass(frozen=True, slots=True)
class Halves:
    """The two modules."""

    hot: Module
    cold: Module


def split(module: Module, hot: Set[int]) -> Halves:
    """Make two modules of one.

    Args:
        module: one that imports functions only.
        hot: numbers of the functions that stay in the first; what is exported stays as well.

    Raises:
        WasmError: the module is not what is known here.
    """
    if module.imports != module.imported(FUNCTION):
        raise WasmError("the module to split imports more than functions")
    plan = _Plan(module, hot)
    return Halves(_hot_module(module, plan), _cold_module(module, plan))


class _Plan:
    """Who goes where, and who calls whom across.

    Attributes:
        hot: numbers of the functions that stay.
        cold: numbers of those that go.
        called_by_hot: whom the former call.
        called_by_cold: whom the latter call.
        slots: where in the table a function lies.
        added: where a function is laid in the table because it is called across and did not lie there.
        table: the type of the table with the added places.
        globals: those that both need, what can change first.
        constants: those that stand for a number.
    """

    def __init__(self, module: Module, hot: Set[int]) -> None:
        self.module = module
        self.imported = len(module.imports)
        everything = range(self.imported, self.imported + len(module.functions))
        exported = {one.index for one in module.exports if one.kind == FUNCTION}
        self.hot = [number for number in everything if number in hot or number in exported]
        self.cold = sorted({*everything} - {*self.hot})
        self.called_by_hot = {called for number in self.hot for called in calls(self.body(number))}
        self.called_by_cold = {called for number in self.cold for called in calls(self.body(number))}
        self.slots = _slots(module.elements)
        crossing = (self.called_by_hot & {*self.cold}) | (self.called_by_cold & {*self.hot})
        listed = Reader(module.tables[0], 2).unsigned()
        self.added = {number: listed + at for at, number in enumerate(sorted(crossing - self.slots.keys()))}
        self.table = module.tables[0][:2] + unsigned(listed + len(self.added))
        changing = {at for at, one in enumerate(module.globals) if one.is_mutable}
        exported_globals = {one.index for one in module.exports if one.kind == GLOBAL}
        self.globals = [*sorted(changing), *sorted(exported_globals - changing)]
        self.constants = _constants(module)

    def body(self, number: int) -> bytes:
        return self.module.code[number - self.imported]

    def renamed(self, number: int, functions: Mapping[int, int]) -> bytes:
        """Give the code of a function for one of the two modules."""
        return Renumbering(functions, {at: new for new, at in enumerate(self.globals)}, self.constants).of(
            self.body(number)
        )

    def kind(self, number: int) -> int:
        """Give the number of a function's type."""
        return self.module.functions[number - self.imported]

    def places(self, number: int) -> list[int]:
        """Give where in the table a function lies in the end."""
        return [*self.slots.get(number, []), *([self.added[number]] if number in self.added else [])]

    def way_to(self, number: int, types: list[FunctionType], first: bytes = b"") -> bytes:
        """Write a function that does something first and then calls another one through the table."""
        kind = self.kind(number)
        given = [bytes([LOCAL_GET]) + unsigned(at) for at in range(len(types[kind].parameters))]
        place = bytes([CONST_I32]) + signed(self.places(number)[0])
        called = bytes([CALL_INDIRECT]) + unsigned(kind) + unsigned(0)
        return b"\0" + first + b"".join(given) + place + called + bytes([END])

    def shared(self) -> list[tuple[str, int, int, bytes]]:
        """Name what both modules have in common: its name, kind, number in the first, and type."""
        module = self.module
        if module.memory is None:
            raise WasmError("the module to split has no memory of its own")
        tables = [self.table, *module.tables[1:]]
        changing = [one for one in (module.globals[at] for at in self.globals) if one.is_mutable]
        reader = Reader(module.tags or b"\0")
        tags = [bytes([reader.byte()]) + unsigned(reader.unsigned()) for _ in range(reader.unsigned())]
        return [
            ("memory", MEMORY, 0, memory_limits(module.memory)),
            *((f"table{at}", TABLE, at, table) for at, table in enumerate(tables)),
            *((f"global{at}", GLOBAL, at, bytes([one.type, True])) for at, one in enumerate(changing)),
            *((f"tag{at}", TAG, at, tag) for at, tag in enumerate(tags)),
        ]


def _hot_module(module: Module, plan: _Plan) -> Module:
    types = function_types(module.types)
    nothing = FunctionType((), ())
    if nothing not in types:
        raise WasmError("the module has no type of a function that takes and gives nothing")
    imports = [at for at in range(plan.imported) if at in plan.slots or at in plan.called_by_hot]
    stubs = {*plan.cold} & (plan.called_by_hot | plan.slots.keys())
    # Stubs in the order of the table: then both lists count upwards, which takes hardly any room.
    own = [*sorted(stubs, key=lambda number: plan.places(number)[0]), *plan.hot]
    load = len(imports)
    numbers = {number: at for at, number in enumerate([*imports, -1, *own])}
    ask = bytes([CALL]) + unsigned(load)
    listed = {slot: numbers[number] for number, slots in plan.slots.items() for slot in slots}
    listed |= {slot: numbers[number] for number, slot in plan.added.items() if number not in stubs}
    exported = {one.name for one in module.exports}
    return replace(
        module,
        imports=[
            *(module.imports[at] for at in imports),
            Import(COLD, LOAD, FUNCTION, unsigned(types.index(nothing))),
        ],
        functions=[plan.kind(number) for number in own],
        tables=[plan.table, *module.tables[1:]],
        globals=[module.globals[at] for at in plan.globals],
        exports=[
            *(_renumbered(one, plan, numbers) for one in module.exports),
            *(Export(name, kind, at) for name, kind, at, _ in plan.shared() if name not in exported),
        ],
        elements=_elements(listed),
        code=[plan.way_to(one, types, ask) if one in stubs else plan.renamed(one, numbers) for one in own],
    )


def _cold_module(module: Module, plan: _Plan) -> Module:
    types = function_types(module.types)
    imports = [at for at in range(plan.imported) if at in plan.called_by_cold]
    ways_back = sorted({*plan.hot} & plan.called_by_cold)
    numbers = {number: at for at, number in enumerate([*imports, *plan.cold, *ways_back])}
    return Module(
        types=module.types,
        imports=[
            *(module.imports[at] for at in imports),
            *(Import(HOT, name, kind, what) for name, kind, _, what in plan.shared()),
        ],
        functions=[plan.kind(number) for number in [*plan.cold, *ways_back]],
        memory=None,
        elements=_elements({slot: numbers[number] for number in plan.cold for slot in plan.places(number)}),
        code=[
            *(plan.renamed(number, numbers) for number in plan.cold),
            *(plan.way_to(number, types) for number in ways_back),
        ],
    )


def _slots(elements: Iterable[Element]) -> dict[int, list[int]]:
    """Find where in the table each function lies."""
    slots: dict[int, list[int]] = {}
    for one in elements:
        for at, number in enumerate(one.functions):
            slots.setdefault(number, []).append(one.offset + at)
    return slots


def _elements(functions: Mapping[int, int]) -> list[Element]:
    """Give what lies in the table, by place, as runs."""
    runs: list[Element] = []
    for slot, number in sorted(functions.items()):
        if not runs or runs[-1].offset + len(runs[-1].functions) != slot:
            runs.append(Element(slot, []))
        runs[-1].functions.append(number)
    return runs


def _constants(module: Module) -> dict[int, bytes]:
    """Give the instruction that each global stands for that never changes."""
    constant = {at: one.value for at, one in enumerate(module.globals) if not one.is_mutable}
    if unknown := [at for at, value in constant.items() if value[0] != CONST_I32]:
        raise WasmError(f"the globals {unknown} never change and are no numbers")
    return {at: value.removesuffix(bytes([END])) for at, value in constant.items()}


def _renumbered(export: Export, plan: _Plan, functions: Mapping[int, int]) -> Export:
    if export.kind == GLOBAL:
        return Export(export.name, GLOBAL, plan.globals.index(export.index))
    return Export(export.name, FUNCTION, functions[export.index]) if export.kind == FUNCTION else export
