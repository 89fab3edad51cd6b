"""A small canvas for SVG: design tokens of the demo page, light and dark, and a title and a description for all."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKENS = ROOT / "web" / "demo" / "tokens.css"
# Half a text column: at 360 px of screen a line of 14 px is still 9 px high.
WIDTH = 560
LINE = 20

# Class -> what it paints, and with which token.
_PAINTS = {
    "page": {"fill": "surface"},
    "ink": {"fill": "ink"},
    "soft": {"fill": "muted"},
    "counted": {"fill": "accent"},
    "on": {"fill": "on-accent"},
    "memory": {"fill": "accent-soft"},
    "pencil": {"fill": "pencil"},
    "seen": {"fill": "surface", "stroke": "pencil"},
    "line": {"stroke": "edge"},
    "card": {"fill": "sunken"},
    "refused": {"fill": "surface", "stroke": "bad"},
    "bad": {"fill": "bad"},
}
_SHAPES = """
text { font: 14px -apple-system, "Segoe UI", Roboto, "Liberation Sans", system-ui, sans-serif; font-variant-numeric: tabular-nums }
.strong { font-weight: 600 }
.small { font-size: 13px }
.seen { stroke-width: 2; stroke-dasharray: 3 2.5 }
.refused { stroke-width: 2 }
.line { stroke-width: 1.5; fill: none }
"""  # noqa: E501 - a font list is one line


def tokens() -> dict[str, tuple[str, str]]:
    """Return the color of each token of the demo page, for light and for dark."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", TOKENS.read_text())
    return {name: (light, dark) for name, light, dark in found}


def _style() -> str:
    colors = tokens()
    light, dark = (
        "\n".join(
            f".{name} {{ {'; '.join(f'{what}: {colors[token][at]}' for what, token in paint.items())} }}"
            for name, paint in _PAINTS.items()
        )
        for at in (0, 1)
    )
    return f"{_SHAPES}{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


class Canvas:
    """Takes marks and texts from top to bottom; ``y`` is where the next one goes, in px."""

    def __init__(self) -> None:
        self.y = 0.0
        self._marks: list[ElementTree.Element] = []

    def text(self, x: float, y: float, words: str, classes: str = "ink", anchor: str = "start") -> None:
        """Write a line whose baseline lies at ``y``; ``anchor`` is start, middle or end."""
        self.mark("text", x=x, y=y, text_anchor=anchor, classes=classes).text = words

    def mark(self, tag: str, *, classes: str, **attributes: str | float) -> ElementTree.Element:
        """Add an element; numbers are rounded to tenths of a px."""
        given = {name.replace("_", "-"): _written(value) for name, value in attributes.items()}
        element = ElementTree.Element(tag, given | {"class": classes})
        self._marks.append(element)
        return element

    def drawn(self, title: str, description: str) -> str:
        """Return the SVG, high enough for all that was taken.

        Args:
            title: what it is a picture of.
            description: all that it shows, for whoever does not see it.
        """
        height = _written(self.y)
        size = {"viewBox": f"0 0 {WIDTH} {height}", "width": str(WIDTH), "height": height}
        named = {"role": "img", "aria-labelledby": "title description"}
        svg = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **named})
        for tag, words in (("title", title), ("desc", description)):
            ElementTree.SubElement(svg, tag, {"id": "title" if tag == "title" else "description"}).text = words
        ElementTree.SubElement(svg, "style").text = _style()
        ElementTree.SubElement(svg, "rect", {"width": "100%", "height": "100%", "rx": "12", "class": "page"})
        svg.extend(self._marks)
        ElementTree.indent(svg, " ")
        return ElementTree.tostring(svg, "unicode") + "\n"


def number(value: float) -> str:
    """Return a number as the pictures write it: ``2,900``."""
    return f"{value:,}"


def scans(count: int) -> str:
    """Return ``1 scan``, ``2 scans``."""
    return f"{count} scan{'' if count == 1 else 's'}"


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{round(value, 1):g}"
