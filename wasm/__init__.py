"""The steps of build_wasm.py, each in its own room, and the programs that run inside Pyodide for them.

``workshop`` is what the steps share; ``npm`` Node and its packages; ``guest`` the Python inside Pyodide under Node,
which runs the ``guest_*.py``; ``page_wheel`` our wheel for the page; ``assembly`` the bundle's folder. Each imports
only those named before it.
"""
