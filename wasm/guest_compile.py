"""Runs inside Pyodide: pyodide-build's ``py-compile`` of one zip file in place, stored, not deflated.

Arguments: ZIP DOCSTRINGS, where DOCSTRINGS is ``with`` or ``without``. Stored, because a web server compresses the
whole file better than zip compresses its parts.
"""

import sys
from importlib import import_module

SITE = "/site"  # where build_wasm.py mounts pyodide-build
OWN = "/wasm"  # this folder

if __name__ == "__main__":
    sys.path[:0] = [SITE, OWN]
    from pyodide_build.cli import py_compile

    if sys.argv[2] == "without":
        import_module("guest_undocumented").leave_docstrings_out()
    py_compile.main([sys.argv[1], "--silent", "--compression-level", "0"], standalone_mode=False)
