"""The page's copy of the rules that make two readings of one symbol the same barcode.

    python -m wasm.symbology_table

writes it anew from ``dlt_web.symbology`` and ``dlt_web.payload_rules``, where the rules are. It is kept among the
sources, since the page's modules run from there too; a test holds it against the rules.
"""

from __future__ import annotations

import json

from dlt_web.payload_rules import CODE_39_PAIRS, REWRITES, RULES_VERSION
from dlt_web.symbology import PREFIXES, aliases_of, canonical_name

from .workshop import ROOT

TABLE_FILE = ROOT / "web" / "page" / "symbology-table.js"
_HEAD = """\
/** @file Made by `python -m wasm.symbology_table` out of src/dlt_web/payload_rules.py, where the rules are. */

/** @type {import("./barcode-key.js").Table} */
export const TABLE = """


def table_text() -> str:
    """Return the file's content: what :data:`~dlt_web.payload_rules.REWRITES` says, and the names that it asks for."""
    ruled = sorted({name for rewrite in REWRITES for name in rewrite.symbologies})
    names = {alias: canonical for canonical in ruled for alias in aliases_of(canonical)}
    names |= {name: canonical_name(name) for rewrite in REWRITES for name in rewrite.names}
    table = {
        "version": RULES_VERSION,
        "names": names,
        "prefixes": PREFIXES,
        "rewrites": [
            {
                "symbologies": rewrite.symbologies,
                "names": rewrite.names,
                "identifiers": rewrite.identifiers,
                "isForText": rewrite.is_for_text,
                "pattern": rewrite.pattern,
                "how": rewrite.how,
                "parts": rewrite.parts,
                "digitCount": rewrite.digit_count,
            }
            for rewrite in REWRITES
        ],
        "code39Pairs": [CODE_39_PAIRS[byte].decode() for byte in range(128)],
    }
    return f"{_HEAD}{json.dumps(table, indent=1)};\n"


if __name__ == "__main__":
    TABLE_FILE.write_text(table_text())
