"""Names what the package needs, a requirement a line, so that it is installed before there is a wheel.

``python -m wasm.dependencies [EXTRA …]`` prints it.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable

from .workshop import ROOT


def dependencies(extras: Iterable[str]) -> list[str]:
    """Return the requirements of the package itself and of some of its extras, each once."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return list(dict.fromkeys(requirement for requirements in named for requirement in requirements))


if __name__ == "__main__":
    print("\n".join(dependencies(sys.argv[1:])))
