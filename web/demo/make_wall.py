"""Draws the codes of the demo page's wall of test codes: one of each kind that the page's readers know.

Run by hand when a code changes; its result ``wall.json`` is kept in the repository::

    python web/demo/make_wall.py            # needs zxing-cpp, and dlt_web on the path

Each code is kept as the outline of its black parts, in modules, so that the page can draw all of them into one picture,
and print each as large as wanted. What the license server will count of them is told by the rules of counting
themselves: two codes of one identity and key are one barcode.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path

import zxingcpp

from dlt_web.symbology import read

F = zxingcpp.BarcodeFormat
WALL = Path(__file__).with_name("wall.json")
_SVG_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_SVG_PATH = re.compile(r'<path d="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the wall.

    Attributes:
        name: of its kind, for people.
        format: the writer's.
        content: what it says; of GS1 data with the identifiers in parentheses.
        is_gs1: whether that is GS1 data.
    """

    name: str
    format: zxingcpp.BarcodeFormat
    content: str
    is_gs1: bool = False


# Beside each other stand codes that no reader takes for one: two of PDF417 in a row, say, hide each other.
CODES = (
    Code("EAN-8", F.EAN8, "73513537"),
    Code("Code 93", F.Code93, "WALL93"),
    Code("Data Matrix", F.DataMatrix, "wall data matrix"),
    Code("Code 128", F.Code128, "Wall-128"),
    Code("ISBN", F.ISBN, "9783161484100"),
    Code("Aztec", F.Aztec, "wall aztec"),
    Code("Code 32", F.Code32, "02608901"),
    Code("DataBar stacked", F.DataBarStkOmni, "04012345678901"),
    Code("PDF417", F.PDF417, "wall pdf417"),
    Code("DataBar limited", F.DataBarLtd, "09521234543213"),
    Code("UPC-A", F.UPCA, "614141007349"),
    Code("Micro QR code", F.MicroQRCode, "WALL"),
    Code("UPC-A as EAN-13", F.EAN13, "0614141007349"),
    Code("Telepen", F.TelepenAlpha, "Wall"),
    Code("Compact PDF417", F.CompactPDF417, "wall compact"),
    Code("Codabar", F.Codabar, "A40156B"),
    Code("UPC-E", F.UPCE, "04252614"),
    Code("GS1 QR code", F.QRCode, "(01)09521234543213(21)7", is_gs1=True),
    Code("ITF-14", F.ITF14, "10012345678902"),
    Code("GS1-128", F.Code128, "(10)LOT7(21)42", is_gs1=True),
    Code("GS1 Data Matrix", F.DataMatrix, "(01)09521234543213(21)7", is_gs1=True),
    Code("PZN", F.PZN, "27580899"),
    Code("EAN-13", F.EAN13, "4012345678901"),
    Code("QR code", F.QRCode, "https://example.com/wall"),
    Code("DataBar", F.DataBarOmni, "09521234543213"),
    Code("ITF", F.ITF, "0123456789"),
    Code("rMQR code", F.RMQRCode, "wall rmqr"),
    Code("Code 39", F.Code39, "WALL 39"),
    Code("DataBar expanded", F.DataBarExp, "[01]09521234543213[10]7"),
    Code("MicroPDF417", F.MicroPDF417, "wall micro"),
)


def drawn(code: Code) -> tuple[int, int, str]:
    """Gives width and height in modules, quiet zones included, and the outline of what is black, as SVG has it."""
    written = zxingcpp.create_barcode(code.content, code.format, **({"gs1": True} if code.is_gs1 else {}))
    svg = written.to_svg(scale=1, add_hrt=False, add_quiet_zones=True)
    size, path = _SVG_SIZE.search(svg), _SVG_PATH.search(svg)
    assert size, svg
    assert path, svg
    return int(size[1]), int(size[2]), path[1]


def barcode_of(code: Code) -> dict[str, str]:
    """Tells which barcode a code is: what zxing-cpp reads in it, by the rules of counting."""
    written = zxingcpp.create_barcode(code.content, code.format, **({"gs1": True} if code.is_gs1 else {}))
    [found] = zxingcpp.read_barcodes(written.to_image(scale=4, add_quiet_zones=True))
    reading = read({"format": found.format.name, "text": found.text, "identifier": found.symbology_identifier})
    identity, key = reading.identity
    return {"symbology": reading.barcode.symbology, "identity": identity, "keyHex": key.hex()}


def wall() -> list[dict[str, str | int]]:
    """Makes all codes of the wall, in their order."""
    codes: list[dict[str, str | int]] = []
    for code in CODES:
        width, height, path = drawn(code)
        codes.append({"name": code.name, **barcode_of(code), "width": width, "height": height, "path": path})
    return codes


def wall_text() -> str:
    """Makes ``wall.json``, formatted as the linter wants it."""
    return json.dumps(wall(), indent=2) + "\n"


def main() -> None:
    """Writes the codes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WALL)
    path: Path = parser.parse_args().out
    path.write_text(wall_text())
    print(f"{path}: {path.stat().st_size} bytes, {len(CODES)} codes")


if __name__ == "__main__":
    main()
