"""The license server's dashboard: one script, one style sheet and one page, out of the modules of ``web/dashboard/``.

It is no part of the web bundle, which is for apps, and needs nothing of the page's Python: it takes a second.
"""

from __future__ import annotations

from pathlib import Path

from .npm import npm_package
from .page_wheel import version
from .scripts import WEB
from .workshop import ROOT, BuildError, copy_file, hash_of, new_folder, run

SOURCE = WEB / "dashboard"
# Shared with the demo page: the design's tokens, the elements that both have, and the theme.
SHARED = WEB / "demo"
PAGE = "index.html"
# What engines since 2023 have, as the design's style sheet asks for.
_OPTIONS = (
    "--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning",
    "--entry-names=[name]-[hash]", "--loader:.svg=copy",
    # Where node_modules is a link, paths through it, not where it leads to, are what names and order are made of.
    "--preserve-symlinks",
)  # fmt: skip


def dashboard_files() -> list[Path]:
    """Name what decides how the dashboard comes out."""
    sources = [path for path in sorted(SOURCE.rglob("*")) if path.is_file()]
    return [*sources, *sorted(SHARED.glob("*.[cj]s*")), Path(__file__).resolve(), ROOT / "package-lock.json"]


def build_dashboard(out: Path, node: str) -> Path:
    """Build the dashboard into a folder, or leave it when it is up to date.

    Args:
        out: the folder; what an older build left there is replaced.
        node: the Node to run esbuild with.

    Returns:
        The folder.

    Raises:
        BuildError: the page does not name what it loads.
    """
    key = hash_of(dashboard_files())
    stamp = out / ".key"
    if stamp.is_file() and stamp.read_text() == key:
        return out
    with new_folder(out) as fresh:
        page = (SOURCE / PAGE).read_text()
        for name in ("main.js", "main.css"):
            made = _bundle(node, SOURCE / name, fresh)
            if page.count(f"/dashboard/{name}") != 1:
                raise BuildError(f"web/dashboard/{PAGE} must load /dashboard/{name}, once")
            page = page.replace(f"/dashboard/{name}", f"/dashboard/{made.name}")
        (fresh / PAGE).write_text(page)
        copy_file(SOURCE / "icons.svg", fresh / "icons.svg")
        copy_file(SOURCE / "favicon.svg", fresh / "favicon.svg")
        # Whose license asks for it.
        copy_file(npm_package("chart.js") / "LICENSE.md", fresh / "LICENSE.chart.js.md")
        (fresh / ".key").write_text(key)
    return out


def _bundle(node: str, entry: Path, out: Path) -> Path:
    banner = f"--banner:{entry.suffix[1:]}=/* dlt-web {version()} | Apache-2.0; with Chart.js | MIT */"
    run([node, str(npm_package("esbuild") / "bin" / "esbuild"), str(entry), *_OPTIONS, banner, f"--outdir={out}"])
    (made,) = out.glob(f"{entry.stem}-*{entry.suffix}")
    return made
