"""The page's copy of the shapes of readers' results.

    python -m wasm.reader_table

writes it anew from ``dlt_web.reader_shapes``. It is kept among the sources, since the page's modules run from there
too; a test holds it against the shapes.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from dlt_web.reader_shapes import CONTAINERS, SHAPES

from .workshop import ROOT

TABLE_FILE = ROOT / "web" / "page" / "reader-shapes.js"
_HEAD = """\
/** @file Made by `python -m wasm.reader_table` out of src/dlt_web/reader_shapes.py, where the shapes are. */

"""


def table_text() -> str:
    """Return the file's content: what a shape does not say is left out."""
    shapes = [{_camel(name): value for name, value in asdict(shape).items() if value} for shape in SHAPES]
    containers = [asdict(container) for container in CONTAINERS]
    return (
        f"{_HEAD}/** @type {{import('../readers.js').Container[]}} */\nexport const CONTAINERS = "
        f"{json.dumps(containers, indent=1)};\n\n"
        f"/** @type {{import('../readers.js').Shape[]}} */\nexport const SHAPES = {json.dumps(shapes, indent=1)};\n"
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


if __name__ == "__main__":
    TABLE_FILE.write_text(table_text())
