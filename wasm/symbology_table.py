"""The page's copy of the rules that make two readings of one symbol the same barcode.

    python -m wasm.symbology_table

writes it anew from ``dlt_web.symbology``, where the rules are. It is kept among the sources, since the page's modules
run from there too; a test holds it against the rules.
"""

from __future__ import annotations

import json

from dlt_web.symbology import GS1_IDENTIFIERS, GS1_SYMBOLOGIES, PREFIXES, REWRITES, aliases_of

from .workshop import ROOT

TABLE_FILE = ROOT / "web" / "page" / "symbology-table.js"
_HEAD = """\
/** @file Made by `python -m wasm.symbology_table` out of src/dlt_web/symbology.py, where the rules are. */

/** @type {import("./barcode-key.js").Table} */
export const TABLE = """


def table_text() -> str:
    """Return the file's content: what :data:`~dlt_web.symbology.REWRITES` says, and of names only what it asks for."""
    ruled = sorted({*GS1_SYMBOLOGIES, *(name for rewrite in REWRITES for name in rewrite.symbologies)})
    table = {
        "names": {alias: canonical for canonical in ruled for alias in aliases_of(canonical)},
        "prefixes": PREFIXES,
        "gs1Identifiers": GS1_IDENTIFIERS,
        "gs1Symbologies": GS1_SYMBOLOGIES,
        "rewrites": [
            {
                "symbologies": rewrite.symbologies,
                "isForGs1Text": rewrite.is_for_gs1_text,
                "pattern": rewrite.pattern,
                "parts": rewrite.parts,
                "digitCount": rewrite.digit_count,
            }
            for rewrite in REWRITES
        ],
    }
    return f"{_HEAD}{json.dumps(table, indent=1)};\n"


if __name__ == "__main__":
    TABLE_FILE.write_text(table_text())
