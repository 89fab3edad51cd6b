"""Draws how long each variant takes to its first verdict: a row a scenario, a mark a variant, times by powers of ten.

The SVG says its colours for light and for dark pages and needs nothing from elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from .figures import Figures, median_of

_LEFT, _RIGHT, _TOP, _ROW, _BOTTOM, _WIDTH = 150, 30, 76, 46, 44, 860
_RADIUS = 7
_STYLE = """
  svg { font: 14px system-ui, sans-serif; background: #fff; }
  text { fill: #1f2328; } .soft { fill: #59636e; } .title { font-weight: 600; font-size: 16px; }
  .grid { stroke: #d1d9e0; } .span { stroke: #d1d9e0; stroke-width: 3; }
  .v0 { fill: #0969da; } .v1 { fill: #8250df; } .v2 { fill: #bc4c00; } .v3 { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; } text { fill: #f0f6fc; } .soft { fill: #9198a1; }
    .grid, .span { stroke: #3d444d; }
    .v0 { fill: #4493f8; } .v1 { fill: #ab7df8; } .v2 { fill: #f0883e; } .v3 { fill: #3fb950; }
  }
"""


def draw(title: str, engine: Figures, variants: Sequence[tuple[str, str]], scenarios: Mapping[str, str]) -> str:
    """Return an SVG of the medians.

    Args:
        title: of the picture.
        engine: one engine's figures.
        variants: name and title of each, in the order of the legend.
        scenarios: name to title, from top to bottom; those that were not measured are left out.

    Raises:
        ValueError: nothing was measured.
    """
    rows = {name: _times(engine, variants, name) for name in scenarios}
    rows = {name: times for name, times in rows.items() if times}
    if not rows:
        raise ValueError("There is nothing to draw: no start was measured.")
    scale = _Scale([time for times in rows.values() for time in times.values()])
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="16" y="26" class="title">{escape(title)}</text>',
        *_legend(variants),
        *_grid(scale, height),
    ]
    for at, (name, times) in enumerate(rows.items()):
        parts += _row(scenarios[name], times, scale, _TOP + _ROW * at + _ROW / 2)
    return "\n".join([*parts, "</svg>\n"])


class _Scale:
    """Places a time on the axis, whose ends are powers of ten."""

    def __init__(self, times: Sequence[float]) -> None:
        self.least = math.floor(math.log10(min(times)))
        self.most = max(math.ceil(math.log10(max(times))), self.least + 1)

    def x(self, time_ms: float) -> float:
        part = (math.log10(time_ms) - self.least) / (self.most - self.least)
        return round(_LEFT + part * (_WIDTH - _LEFT - _RIGHT), 1)


def _times(engine: Figures, variants: Sequence[tuple[str, str]], scenario: str) -> dict[int, float]:
    """Return the median of each variant that was measured, by its place among them."""
    medians = {at: median_of(engine, name, scenario) for at, (name, _title) in enumerate(variants)}
    return {at: time for at, time in medians.items() if time}


def _legend(variants: Sequence[tuple[str, str]]) -> list[str]:
    parts, x = [], 22
    for at, (_name, title) in enumerate(variants):
        parts.append(f'<circle cx="{x}" cy="47" r="{_RADIUS}" class="v{at}"/>')
        parts.append(f'<text x="{x + 12}" y="52">{escape(title)}</text>')
        x += 44 + 8 * len(title)
    return parts


def _grid(scale: _Scale, height: float) -> list[str]:
    parts = []
    for power in range(scale.least, scale.most + 1):
        x, bottom = scale.x(10**power), height - _BOTTOM + 6
        parts.append(f'<line x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{bottom}" class="grid"/>')
        label = f"{10**power:g} ms" if power < 3 else f"{10 ** (power - 3):g} s"
        parts.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle" class="soft">{label}</text>')
    return parts


def _row(title: str, times: Mapping[int, float], scale: _Scale, y: float) -> list[str]:
    least, most = scale.x(min(times.values())), scale.x(max(times.values()))
    parts = [
        f'<text x="16" y="{y + 5}">{escape(title)}</text>',
        f'<line x1="{least}" x2="{most}" y1="{y}" y2="{y}" class="span"/>',
    ]
    for at, time in times.items():
        said = f"<title>{time:.3g} ms</title>"
        parts.append(f'<circle cx="{scale.x(time)}" cy="{y}" r="{_RADIUS}" class="v{at}">{said}</circle>')
    return parts
