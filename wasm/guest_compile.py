"""Runs inside Pyodide: pyodide-build's ``py-compile`` of one zip file in place, stored, not deflated.

Argument: ZIP. Stored, because a web server compresses the whole file better than zip compresses its parts.
"""

import sys

SITE = "/site"  # where build_wasm.py mounts pyodide-build

if __name__ == "__main__":
    sys.path.insert(0, SITE)
    from pyodide_build.cli import py_compile

    py_compile.main([sys.argv[1], "--silent", "--compression-level", "0"], standalone_mode=False)
