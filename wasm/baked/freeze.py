"""Imports what runs in the page, forgets what only importing needed, and says where the one function lies.

Runs in the Python whose picture is taken right after. No file can be read from then on, so whatever is ever imported
has to be imported here. ``/steps`` names what is done for the picture's size. This file imports nothing that the
package does not, since that would be in the picture.
"""

import gc
import re
import sys
import types
import zipimport
from typing import Any


class _SomeNode:
    """Any class of syntax nodes."""


def stand_in_for_introspection() -> list[types.ModuleType]:
    """Put two empty modules where `dataclasses` and `annotationlib` ask for `inspect` and `ast`.

    They ask while classes are made, for a class's docstring and for annotations of a kind that the package has not. The
    two, and what they import, would be a tenth of the picture. To ask them for anything else stops the build.
    """

    def signature(*_: object, **__: object) -> None:
        raise TypeError("nobody reads a signature in a page")

    inspect, ast = types.ModuleType("inspect"), types.ModuleType("ast")
    vars(inspect).update(signature=signature, unwrap=lambda function, **_: function)
    vars(ast).update(__getattr__=lambda name: _SomeNode)
    sys.modules.update(inspect=inspect, ast=ast)
    return [inspect, ast]


def forget_modules(forgotten: list[types.ModuleType]) -> None:
    """Take modules away from whoever imported them."""
    for module in [*sys.modules.values()]:
        for name, value in [*vars(module).items()]:
            if any(value is one for one in forgotten):
                delattr(module, name)
    for one in forgotten:
        del sys.modules[one.__name__]


def forget_line_numbers() -> None:
    """Drop the line tables of the standard library; those of the package say where an error was."""
    for function in [one for one in gc.get_objects() if isinstance(one, types.FunctionType)]:
        if not (function.__module__ or "").startswith("dlt_web"):
            function.__code__ = _without_line_numbers(function.__code__)


def _without_line_numbers(code: types.CodeType) -> types.CodeType:
    inner: list[Any] = [
        _without_line_numbers(one) if isinstance(one, types.CodeType) else one for one in code.co_consts
    ]
    return code.replace(co_linetable=b"", co_consts=tuple(inner))


def forget_what_was_cached() -> None:
    """Empty the caches that importing filled."""
    sys.path.clear()
    sys.path_importer_cache.clear()
    zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]
    if "linecache" in sys.modules:
        sys.modules["linecache"].clearcache()
    re.purge()
    sys._clear_internal_caches()  # type: ignore[attr-defined]


with open("/steps") as file:
    steps = file.read().split()
stand_ins = stand_in_for_introspection() if "stand-ins" in steps else []
sys.path.insert(0, "/dlt_web.whl")
import dlt_web.browser  # noqa: E402 (after what stands in for other modules)

forget_modules(stand_ins)
if "line-numbers" in steps:
    forget_line_numbers()
forget_what_was_cached()
print(f"handle {id(dlt_web.browser.handle)}")
sys.stdout.flush()
