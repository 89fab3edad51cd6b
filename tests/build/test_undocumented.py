"""Byte-code without docstrings: what a program does stays, assertions too."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path
from typing import Any

import pytest

from wasm.guest_undocumented import without_docstrings

SOURCE = '''
"""Of the module."""

class Counter:
    """Of the class."""

    count = "not a docstring"
    def __init__(self):
        """Only this."""
    def add(self, number):
        """Of the method."""
        "nor is this"
        assert number > 0, "a count only grows"
        def inner():
            """Of the inner one."""
            return number
        return inner

async def later():
    """Of the coroutine."""
'''


def test_all_docstrings_are_gone_and_nothing_else():
    names: dict[str, Any] = {}
    exec(compile(without_docstrings(ast.parse(SOURCE)), "counter.py", "exec"), names)
    counter = names["Counter"]()
    documented = [names["Counter"], counter.add, counter.__init__, counter.add(1), names["later"]]
    assert [one.__doc__ for one in documented] == [None] * 5
    assert names.get("__doc__") is None
    assert (counter.count, counter.add(3)()) == ("not a docstring", 3)
    with pytest.raises(AssertionError, match="a count only grows"):
        counter.add(0)


def test_lines_keep_their_numbers():
    tree = without_docstrings(ast.parse(SOURCE))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == [13]


@pytest.mark.parametrize(
    ("archive", "text"),
    [
        pytest.param("*.whl", b"Feed one input to one tracker of the page.", id="the package"),
        pytest.param("python_stdlib.zip", b"Serialize ``obj`` to a JSON formatted ``str``", id="the standard library"),
    ],
)
def test_the_bundles_byte_code_has_none(bundle: Path, archive: str, text: bytes):
    (file,) = bundle.glob(archive)
    with zipfile.ZipFile(file) as opened:
        code = {name: opened.read(name) for name in opened.namelist() if name.endswith(".pyc")}
    assert [name for name, content in code.items() if text in content] == []


def test_the_pages_package_keeps_its_assertions(bundle: Path):
    (wheel,) = bundle.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        assert b"a shell answers each Commit once" in opened.read("dlt_web/ledger.pyc")
