"""Lets whatever compiles inside Pyodide leave docstrings out; assertions stay, unlike with ``python -OO``.

Nobody reads a docstring in a page, and they are a seventh of the byte-code; an assertion of the core is the last thing
between a mistake and a wrong count.
"""

import ast
import importlib.machinery
from typing import Any


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Take the docstrings out of a module's syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A bare string after it would be the docstring next.
            while ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
            if not isinstance(node, ast.Module) and not node.body:
                node.body.append(ast.Pass())
    return ast.fix_missing_locations(tree)


class _UndocumentedLoader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data: Any, path: Any, **options: Any) -> Any:  # type: ignore[override]
        return super().source_to_code(without_docstrings(ast.parse(data, path)), path, **options)


def leave_docstrings_out() -> None:
    """Let ``py_compile``, which asks for the loader by this name at each file, compile without docstrings."""
    importlib.machinery.SourceFileLoader = _UndocumentedLoader  # type: ignore[misc]
