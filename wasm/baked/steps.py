"""What is done so that the page's Python is small: each step can be left out, to see by measuring what it is worth."""

from __future__ import annotations

from typing import Final

from wasm.workshop import BuildError

STEPS: Final = {
    "docstrings": "no docstrings in the byte-code",
    "stand-ins": "no `inspect` and `ast`, nor what they import: only the making of classes asks for them",
    "line-numbers": "no line tables of the standard library",
    "dead-heap": "zeros where the heap is free",
    "split": "functions that hardly ever run in a second file, which is fetched when it is needed",
    "cold-tables": "what only those functions read in the second file, too",
    "library": "of the standard library of the runtime in reserve only what a page imports",
    "classes": "what the making of classes compiles at each start of that runtime, compiled ahead",
    "packed": "both files also compressed in themselves, for hosts that compress nothing",
}
ALL: Final = frozenset(STEPS)


def all_but(names: list[str]) -> frozenset[str]:
    """Give the steps without some.

    Raises:
        BuildError: there is no such step.
    """
    if unknown := set(names) - ALL:
        raise BuildError(f"there is no step {', '.join(sorted(unknown))}; the steps are {', '.join(STEPS)}")
    return ALL - set(names)
