"""The picture of a Python that has just imported our package: its memory, and what else a WebAssembly instance is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from wasm.npm import lock_file_info, npm_package
from wasm.workshop import ROOT, BuildError, run

from .steps import ALL

HERE = Path(__file__).parent
# A repeatable picture: the order of sets, and with it every hash that lies in memory, must not change between builds.
ENVIRONMENT = {
    "HOME": "/home",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONINSPECT": "1",
    "PYTHONNODEBUGRANGES": "1",
}
# Of the steps, those that change what is seen. The others' names would lie in memory and move what comes after.
STEPS_SEEN = frozenset({"stand-ins", "line-numbers"})


@dataclass(frozen=True, slots=True)
class Picture:
    """What was seen.

    Attributes:
        memory: all of it.
        stack: where C's stack begins (``base``), ends (``end``) and stands (``current``); it grows downwards.
        globals: value of each global that the module imports.
        table: names of the exported functions in the function table; "" for another one, None for none.
        handle: address of the package's one function.
    """

    memory: bytes
    stack: dict[str, int]
    globals: dict[str, int]
    table: list[str | None]
    handle: int


def take_picture(
    node: str,
    stdlib: Path,
    wheel: Path,
    folder: Path,
    steps: Set[str] = ALL,
    more_environment: Mapping[str, str] = MappingProxyType({}),
) -> Picture:
    """Start the npm package's Python under Node, import our package in it, and look at it.

    Args:
        node: a Node.
        stdlib: the standard library as a zip.
        wheel: our package.
        folder: where the program leaves what it saw.
        steps: what is done for the picture's size.
        more_environment: variables that move things in memory, to see what depends on where they lie.

    Raises:
        BuildError: Python did not start, or the package could not be imported.
    """
    version = [int(part) for part in lock_file_info()["python"].split(".")]
    library = f"/lib/python{version[0]}{version[1]}.zip"
    (folder / "steps").write_text(" ".join(sorted(steps & STEPS_SEEN)))
    job = {
        "pyodide": str(npm_package("pyodide")),
        "version": version,
        "files": {
            library: str(stdlib),
            "/dlt_web.whl": str(wheel),
            "/freeze.py": str(HERE / "freeze.py"),
            "/steps": str(folder / "steps"),
        },
        "env": {**ENVIRONMENT, **more_environment},
        "program": "/freeze.py",
        "out": str(folder / "picture"),
    }
    run([node, str(HERE / "image.mjs"), json.dumps(job)])
    seen = json.loads((folder / "picture.json").read_text())
    words = seen["printed"][-1].split() if seen["printed"] else []
    if len(words) != 2 or words[0] != "handle":
        raise BuildError(
            f"{(HERE / 'freeze.py').relative_to(ROOT)} did not say where the function lies: {seen['printed']}"
        )
    memory = (folder / "picture.bin").read_bytes()
    return Picture(memory, seen["stack"], seen["globals"], seen["table"], int(words[1]))
