"""Still images, or single frames: what counts among the barcodes of one picture."""

from __future__ import annotations

from collections.abc import Sequence

from dlt_web.dedupe import DuplicateFilter

from .canvas import LINE, WIDTH, Canvas, scans
from .timelines import Vector

_CARD, _GAP, _LEFT = 150, 12, 16


def draw(title: str, vectors: Sequence[Vector]) -> str:
    """Return a picture with a row for each vector of one frame."""
    canvas = Canvas()
    canvas.y = LINE
    descriptions = []
    for vector in vectors:
        (frame,) = vector["frames"]
        barcodes = [tuple(barcode) for barcode in frame["barcodes"]]
        verdicts = DuplicateFilter.image(barcodes)
        canvas.text(16, canvas.y + 8, _sentence(vector["name"]), "ink strong")
        canvas.text(WIDTH - 16, canvas.y + 8, scans(sum(verdicts)), "ink strong", "end")
        canvas.y += 24
        for at, (barcode, is_scan) in enumerate(zip(barcodes, verdicts, strict=True)):
            _card(canvas, _LEFT + at * (_CARD + _GAP), barcode, is_scan)
        canvas.y += 76
        said = [
            f"{name} {text} {'counted' if is_scan else 'duplicate'}"
            for (name, text), is_scan in zip(barcodes, verdicts, strict=True)
        ]
        descriptions.append(f"{_sentence(vector['name'])}: {', '.join(said)}; {scans(sum(verdicts))}.")
    return canvas.drawn(title, " ".join(descriptions))


def _card(canvas: Canvas, x: float, barcode: tuple[str, str], is_scan: bool) -> None:
    symbology, text = barcode
    canvas.mark("rect", x=x, y=canvas.y, width=_CARD, height=56, rx=8, classes="card")
    canvas.text(x + 12, canvas.y + 23, text, "ink strong")
    canvas.text(x + 12, canvas.y + 43, symbology, "soft small")
    middle = x + _CARD - 34
    canvas.mark("circle", cx=middle, cy=canvas.y + 19, r=10, classes="counted" if is_scan else "seen")
    if is_scan:
        canvas.text(middle, canvas.y + 23.5, "+1", "on small", "middle")
    words = "counted" if is_scan else "duplicate"
    canvas.text(middle, canvas.y + 47, words, "ink small" if is_scan else "pencil small", "middle")


def _sentence(name: str) -> str:
    return name[0].upper() + name[1:]
