"""Which vectors are in which picture."""

from __future__ import annotations

import json
from typing import Any

from . import images, reports, timelines
from .canvas import ROOT

IMAGES = ROOT / "docs" / "images"
VECTORS = ROOT / "tests" / "vectors"

OF_ONE_PICTURE = (
    "two equal barcodes in one image count once",
    "two different barcodes in one image count twice",
    "equal text in two symbologies counts twice",
)
OF_A_STREAM = (
    "a duplicate refreshes the time",
    "exactly the forget time later is new",
    "each barcode has its own clock",
)
OF_TWO_MODES = "fixed: a duplicate does not refresh"
OF_REPORTS = (
    "the same again changes nothing",
    "a higher version adds the difference",
    "an older version arriving late changes nothing",
    "a prefix with what is known and what is new",
    "another id under the same number is a conflict",
)


def pictures() -> dict[str, str]:
    """Return the text of each picture by its file's name."""
    seen, sent = _vectors("dedupe"), _vectors("reports")
    stream = [(_sentence(name), timelines.watch(seen[name])) for name in OF_A_STREAM]
    modes = [(f"Mode {mode}", timelines.watch(seen[OF_TWO_MODES], mode)) for mode in ("sliding", "fixed")]
    return {
        "counting-picture.svg": images.draw("Barcodes in one picture", [seen[name] for name in OF_ONE_PICTURE]),
        "counting-window.svg": timelines.draw("A barcode seen again on a video stream, mode sliding, 3,000 ms", stream),
        "counting-modes.svg": timelines.draw("The same sightings in two modes, 3,000 ms", modes),
        "counting-reports.svg": reports.draw(
            "Reports that arrive twice, late or altered", [sent[name] for name in OF_REPORTS]
        ),
    }


def _vectors(name: str) -> dict[str, dict[str, Any]]:
    return {vector["name"]: vector for vector in json.loads((VECTORS / f"{name}.json").read_text())}


def _sentence(name: str) -> str:
    return name[0].upper() + name[1:]
