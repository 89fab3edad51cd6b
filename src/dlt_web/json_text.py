"""Reads JSON that somebody else wrote, without letting its nesting exhaust the stack.

CPython answers 100 000 nested brackets with a RecursionError. In WebAssembly the stack is the browser's: there the same
text ends the interpreter for good, and with it the tracker of the page. So depth is counted before anything is parsed.
"""

from __future__ import annotations

import json
import re
from typing import Any

# The deepest message of the protocol has 5 levels (reports[n].counts inside a request of the page).
MAX_DEPTH = 32

# A string with its escapes, closed or not, or one bracket. Possessive: no text makes it go back and try again.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: it is no JSON, or nested deeper than :data:`MAX_DEPTH`.
    """
    if isinstance(text, bytes):
        text = text.decode()
    if is_too_deep(text):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return json.loads(text)


def is_too_deep(text: str) -> bool:
    """Tell whether a JSON text is nested deeper than :data:`MAX_DEPTH`; brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        depth += _STEPS.get(found.group()[0], 0)
        if depth > MAX_DEPTH:
            return True
    return False
