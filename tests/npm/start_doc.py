"""The code of docs/start.md, by the file that each block says it is."""

from __future__ import annotations

import json
import re
from typing import Any

from wasm.workshop import ROOT

DOC = (ROOT / "docs" / "start.md").read_text()
_FILE = re.compile(r"```(?:jsx?|html|python)\n(?:// |<!-- |# )(\S+\.\w+)(?: -->)?\n(.*?)```", re.DOTALL)

FILES: dict[str, str] = dict(_FILE.findall(DOC))
(_PACKAGE,) = re.findall(r"```json vite\n(.*?)```", DOC, re.DOTALL)
SCRIPTS: dict[str, Any] = json.loads(_PACKAGE)["scripts"]
COMMANDS: list[str] = [line for block in re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL) for line in block.splitlines()]
# What stands in the examples for the reader's own.
CODE, SERVER = "200001-shop", "http://127.0.0.1:8010"
(_SAID,) = re.findall(r"`python count\.py` prints (.*?)\.", DOC)
PRINTED = "".join(f"{line}\n" for line in re.findall(r"`([^`]+)`", _SAID))
