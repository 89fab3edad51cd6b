"""The command line reference: Sphinx reads each command from click itself."""

from __future__ import annotations

from dlt_web.cli import LazyGroup

from .text import block

INTRODUCTION = """# Command line reference

Every command with its arguments and options, read from the program itself; `--help` tells the same at each.
"""


def command_reference() -> str:
    """Return the page; what the program imports only when it is called is a part of its own."""
    lazy = [
        (f"{module}:{attribute}", f"dlt-web {name}") for name, (module, attribute, _) in LazyGroup.lazy_commands.items()
    ]
    return "\n".join([INTRODUCTION, *(_part(*one) for one in [("dlt_web.cli:cli", "dlt-web"), *lazy])])


def _part(where: str, program: str) -> str:
    return block("{eval-rst}", f".. click:: {where}\n   :prog: {program}\n   :nested: full")
