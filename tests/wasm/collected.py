"""How many tests the core has."""

import functools
import subprocess
import sys

from wasm import workshop


@functools.cache
def count_on_cpython() -> int:
    """Count what this interpreter collects from the core's test files."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--color=no", "tests/core"]
    listing = subprocess.run(command, cwd=workshop.ROOT, capture_output=True, text=True, check=True).stdout
    return sum("::" in line for line in listing.splitlines())
