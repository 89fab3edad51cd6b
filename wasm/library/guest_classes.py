"""Runs inside Pyodide as its `sitecustomize`: compiles ahead what the making of classes compiles at each start.

`dataclasses` and `namedtuple` write functions as text and compile it, a millisecond for a class in a page; until our
package is imported there are a hundred. What they write depends on the class alone, so that code which was compiled
from just that text can run in its place.
"""

import builtins
import collections
import marshal
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import Any

# Python imports a module of this name when it starts, wherever one lies.
TEMPLATE = """
import builtins, collections, marshal
executed, evaluated = marshal.loads(%r)
def exec_known(source, *names):
    builtins.exec(executed.get(source, source), *names)
def eval_known(source, *names):
    return builtins.eval(evaluated.get(source, source), *names)
collections.eval = eval_known
import dataclasses
dataclasses.exec = exec_known
"""
# Of byte-code that belongs to no source file: hash-based, and not to be checked.
UNCHECKED, NO_HASH = (1).to_bytes(4, "little"), bytes(8)

executed: list[str] = []
evaluated: list[str] = []


def noting(sources: list[str], run: Callable[..., Any]) -> Callable[..., Any]:
    """Give what runs texts as a builtin does, and notes them."""

    def note(source: str, *names: dict[str, Any]) -> Any:
        sources.append(source)
        return run(source, *names)

    return note


def compiled(sources: list[str], mode: str) -> dict[str, CodeType]:
    """Compile texts as they would be where they are run."""
    return {source: compile(source, "<string>", mode, dont_inherit=True) for source in dict.fromkeys(sources)}


def module() -> bytes:
    """Give the module as byte-code; empty where one of the two has compiled nothing that was noted."""
    if not executed or not evaluated:
        return b""
    known = compiled(executed, "exec"), compiled(evaluated, "eval")
    code = compile(TEMPLATE % marshal.dumps(known), "sitecustomize.py", "exec")
    return MAGIC_NUMBER + UNCHECKED + NO_HASH + marshal.dumps(code)


collections.eval = noting(evaluated, builtins.eval)  # type: ignore[attr-defined]

import dataclasses  # noqa: E402 (it makes some by the former)

dataclasses.exec = noting(executed, builtins.exec)  # type: ignore[attr-defined]
