"""Symbols whose content is known: what is printed, and which barcode every reader has to take it for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image

F = zxingcpp.BarcodeFormat
# The smallest module that every reader still finds, in pixels.
SCALE = 4


@dataclass(frozen=True, slots=True)
class Printed:
    """A symbol to print.

    Attributes:
        name: of the symbology as it is printed; two of one canonical name may look quite different.
        format: the writer's.
        content: what is encoded.
        symbologies: canonical names under which it may be counted: with one reader always the same.
        key: what is compared.
        is_gs1: the content is GS1 data, its identifiers in parentheses.
    """

    name: str
    format: zxingcpp.BarcodeFormat
    content: str | bytes
    symbologies: tuple[str, ...]
    key: str
    is_gs1: bool = False

    def save(self, folder: Path) -> str:
        """Draw it, black on white with its quiet zone; returns the file's name."""
        written = zxingcpp.create_barcode(self.content, self.format, **({"gs1": True} if self.is_gs1 else {}))
        pixels = np.array(zxingcpp.write_barcode_to_image(written, scale=SCALE, add_quiet_zones=True))
        file = f"{self.name.replace(' ', '-')}.png"
        Image.fromarray(pixels).convert("L").save(folder / file)
        return file


def _same(name: str, kind: zxingcpp.BarcodeFormat, content: str, symbology: str) -> Printed:
    return Printed(name, kind, content, (symbology,), content)


_GS1 = "(10)ABC(21)123"
_GS1_KEY = "10ABC21123"
_DATABAR = "24012345678905"
_EXPANDED = "[01]90012345678908[3103]001750"
_EXPANDED_KEY = "01900123456789083103001750"

PRINTED = [
    _same("EAN-13", F.EAN13, "4006381333931", "ean_13"),
    _same("ISBN", F.ISBN, "9780201379624", "ean_13"),
    Printed("UPC-A", F.UPCA, "036000291452", ("ean_13",), "0036000291452"),
    Printed("UPC-E", F.UPCE, "01234565", ("upc_e", "ean_13"), "0012345000065"),
    _same("EAN-8", F.EAN8, "96385074", "ean_8"),
    _same("Code 128", F.Code128, "Code 128 abc", "code_128"),
    Printed("GS1-128", F.Code128, _GS1, ("code_128",), _GS1_KEY, is_gs1=True),
    Printed("GS1 Data Matrix", F.DataMatrix, _GS1, ("data_matrix",), _GS1_KEY, is_gs1=True),
    Printed("GS1 QR Code", F.QRCode, _GS1, ("qr_code",), _GS1_KEY, is_gs1=True),
    _same("Code 39", F.Code39, "ABC-123", "code_39"),
    Printed("Code 39 extended", F.Code39Ext, "abc/1", ("code_39",), "+A+B+C/O1"),
    Printed("Code 32", F.Code32, "01234567", ("code_39",), "0CSSBD"),
    Printed("PZN", F.PZN, "01234562", ("code_39",), "-01234562"),
    _same("Code 93", F.Code93, "CODE93", "code_93"),
    _same("ITF", F.ITF, "1234567890", "itf"),
    _same("ITF-14", F.ITF14, "15400141288763", "itf"),
    Printed("Codabar", F.Codabar, "A123456B", ("codabar",), "123456"),
    _same("DataBar omni", F.DataBarOmni, _DATABAR, "databar"),
    _same("DataBar stacked", F.DataBarStk, _DATABAR, "databar"),
    _same("DataBar stacked omni", F.DataBarStkOmni, _DATABAR, "databar"),
    _same("DataBar limited", F.DataBarLtd, "15012345678907", "databar_limited"),
    Printed("DataBar expanded", F.DataBarExp, _EXPANDED, ("databar_expanded",), _EXPANDED_KEY),
    Printed("DataBar expanded stacked", F.DataBarExpStk, _EXPANDED, ("databar_expanded",), _EXPANDED_KEY),
    _same("QR Code", F.QRCode, "https://example.com/a", "qr_code"),
    Printed("QR Code of bytes", F.QRCode, b"\xe9\xe0", ("qr_code",), "éà"),
    _same("Micro QR Code", F.MicroQRCode, "12345", "micro_qr_code"),
    _same("rMQR Code", F.RMQRCode, "rmqr text", "rm_qr_code"),
    _same("Data Matrix", F.DataMatrix, "dm text", "data_matrix"),
    _same("PDF417", F.PDF417, "pdf text", "pdf417"),
    _same("Compact PDF417", F.CompactPDF417, "compact pdf", "pdf417"),
    _same("MicroPDF417", F.MicroPDF417, "micro pdf", "micro_pdf417"),
    _same("Aztec", F.Aztec, "aztec text", "aztec"),
    Printed("Aztec rune", F.AztecRune, "25", ("aztec",), "025"),
    _same("MaxiCode", F.MaxiCode, "maxi text", "maxicode"),
    _same("Telepen", F.TelepenAlpha, "Telepen", "telepen"),
    _same("DX film edge", F.DXFilmEdge, "115-9/0A", "dx_film_edge"),
]
