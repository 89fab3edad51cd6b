"""Who imports whom in the package, read from its source: for tests/test_architecture.py and the pictures of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "dlt_web"

# They lie beside the core for the command line's sake and belong to no layer below it.
AT_HOME = {
    "cli", "bundle", "browsers", "demo", "disclosure", "error_codes", "explain_scan", "integrity", "reader_shapes",
    "standard_error",
}  # fmt: skip
LAYERS = ("browser", "host", "lts", "testing")


@dataclass(frozen=True)
class Import:
    """One imported module; ``module`` is absolute."""

    module: str
    line: int

    @property
    def top(self) -> str:
        """The outermost package of it."""
        return self.module.split(".")[0]


def imports_of(source: str, module: str, *, is_package: bool = False) -> Iterator[Import]:
    """Give every import of a module, also those inside functions, with relative ones made absolute."""
    parts = module.split(".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = parts[: len(parts) - node.level + is_package]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            # `from . import x` names a module or a thing in one: both are told by the longest name.
            names = (
                [f"{base}.{alias.name}" for alias in node.names] if base.count(".") < 1 or not node.module else [base]
            )
            yield from (Import(name, node.lineno) for name in names)


def is_core(module: str) -> bool:
    """Tell whether a module is of the core, which lies flat in the package."""
    parts = module.split(".")
    return parts[0] == "dlt_web" and (len(parts) == 1 or parts[1] not in {*LAYERS, *AT_HOME})


def own_part(imported: Import) -> str | None:
    """Give the part of the package that is imported: `wire`, `lts`, …; None for other packages."""
    parts = imported.module.split(".")
    return (parts[1] if len(parts) > 1 else "") if parts[0] == "dlt_web" else None


def modules() -> list[tuple[str, Path]]:
    """Return each module of the package by its name, with its file."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ["dlt_web", *path.relative_to(PACKAGE).with_suffix("").parts]
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def core_graph() -> dict[str, set[str]]:
    """Return what each module of the core imports of the package."""
    graph = {}
    for name, path in modules():
        if is_core(name) and name != "dlt_web":
            imported = imports_of(path.read_text(), name)
            graph[name.removeprefix("dlt_web.")] = {part for one in imported if (part := own_part(one))}
    return graph


def part_graph() -> dict[str, set[str]]:
    """Return which parts each part of the package imports: ``core``, and what lies beside and above it by name."""
    graph: dict[str, set[str]] = {}
    for name, path in modules():
        part = _part_of(name)
        imported = imports_of(path.read_text(), name, is_package=path.name == "__init__.py")
        ours = {_part_of(one.module) for one in imported if one.top == "dlt_web"}
        graph.setdefault(part, set()).update(ours - {part})
    return graph


def _part_of(module: str) -> str:
    return "core" if is_core(module) else module.split(".")[1]
