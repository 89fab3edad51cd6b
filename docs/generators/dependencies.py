"""Draws the pictures of docs/architecture.md from the real imports: ``python -m docs.generators.dependencies``.

They lie in docs/images, where GitHub shows them; a test draws them again and fails where the imports have changed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from wasm import npm
from wasm.workshop import ROOT

from .imports import core_graph, part_graph

IMAGES = ROOT / "docs" / "images"
# The colours of docs/generators/look.py, by whichever theme the reader's machine has.
STYLE = """<style>
.graph > polygon { fill: #ffffff; stroke: none }
.node path { fill: #f5f4ef; stroke: #83837a }
.node text { fill: #16181d; font-family: -apple-system, "Segoe UI", Roboto, "Liberation Sans", system-ui, sans-serif }
.node.marked path { fill: #e6ebfc; stroke: #2446c6 }
.edge path { stroke: #83837a }
.edge polygon { fill: #83837a; stroke: #83837a }
@media (prefers-color-scheme: dark) {
  .graph > polygon { fill: #1a1d22 }
  .node path { fill: #23272e; stroke: #767e8a }
  .node text { fill: #ecebe6 }
  .node.marked path { fill: #252f52; stroke: #93abff }
  .edge path { stroke: #767e8a }
  .edge polygon { fill: #767e8a; stroke: #767e8a }
}
</style>
"""
Graph = Mapping[str, Iterable[str]]


def pictures() -> dict[str, str]:
    """Return the pictures by their files' names."""
    graph = core_graph()
    core = {name: targets & graph.keys() for name, targets in graph.items()}
    return {
        "architecture-parts.svg": draw(part_graph(), {"core"}, "Parts of the package, each above what it imports"),
        "architecture-core.svg": draw(
            without_shortcuts(core), {"tracker", "model", "errors"}, "Modules of the core, each above what it imports"
        ),
    }


def without_shortcuts(graph: Graph) -> dict[str, set[str]]:
    """Leave out what a module reaches through another that it imports, too; the graph has no circles."""
    direct = {name: set(targets) for name, targets in graph.items()}

    def reached(name: str) -> set[str]:
        return direct[name].union(*map(reached, direct[name]))

    return {name: targets - set().union(*map(reached, targets)) for name, targets in direct.items()}


def draw(graph: Graph, marked: set[str], title: str) -> str:
    """Return a graph as SVG with a light and a dark face.

    Args:
        graph: names, each with those that its arrows lead to.
        marked: names that stand out.
        title: told to whoever does not see it.
    """
    lines = ["digraph {", 'node [shape=box style="rounded" height=0.3 margin="0.09,0.04" fontname=Arial fontsize=12]']
    lines += ["edge [arrowsize=0.6]", "ranksep=0.4", "nodesep=0.15"]
    for name in sorted(graph):
        lines.append(f'"{name}" [class="{"marked" if name in marked else "plain"}"]')
        lines += [f'"{name}" -> "{target}"' for target in sorted(graph[name])]
    command = [npm.find_node(), str(Path(__file__).with_name("dot.mjs"))]
    dot = "\n".join([*lines, "}"])
    done = subprocess.run(command, input=dot, capture_output=True, text=True, check=True, cwd=ROOT)
    svg = re.sub(r"<\?xml.*?(?=<svg)", "", done.stdout, flags=re.DOTALL)
    # The names of arrows, shown when a mouse rests on them, say what the eye sees.
    svg = re.sub(r"<title>%\d+</title>", "", re.sub(r"<!--.*?-->\n?", "", svg))
    return re.sub(r"(<svg[^>]*>)", rf"\1\n<title>{title}</title>\n{STYLE}", svg, count=1)


def main() -> None:
    """Write the pictures."""
    for name, svg in pictures().items():
        (IMAGES / name).write_text(svg)


if __name__ == "__main__":
    main()
