"""The command line reference: Sphinx reads each command from click itself."""

from __future__ import annotations

PAGE = """# Command line reference

Every command with its arguments and options, read from the program itself. `--help` tells the same at each.

```{eval-rst}
.. click:: dlt_web.cli:cli
   :prog: dlt-web
   :nested: full
```
"""


def command_reference() -> str:
    """Return the page."""
    return PAGE
