"""The code of docs/npm.md, by the file that each block says it is."""

from __future__ import annotations

import json
import re
from typing import Any

from wasm.workshop import ROOT

DOC = (ROOT / "docs" / "npm.md").read_text()
_FILE = re.compile(r"```(?:jsx?|vue|html)\n(?:// |<!-- )(\S+\.\w+)(?: -->)?\n(.*?)```", re.DOTALL)
_SCRIPTS = re.compile(r"```json (\w+)\n(.*?)```", re.DOTALL)

FILES: dict[str, str] = dict(_FILE.findall(DOC))
SCRIPTS: dict[str, dict[str, Any]] = {name: json.loads(text)["scripts"] for name, text in _SCRIPTS.findall(DOC)}
(POLICY,) = re.findall(r"```\n(script-src .*?)\n```", DOC)
# What stands in the examples for the reader's own.
CODE, SERVER = "200001-demo", "https://lts.example"


def rows(first_cell: str) -> list[list[str]]:
    """Return the cells of the table whose first column has this head."""
    table = DOC.split(f"| {first_cell} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
