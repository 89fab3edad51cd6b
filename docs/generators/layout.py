"""Lays out what Sphinx reads: the pages of docs/, README and CHANGELOG among them, and the references."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from wasm.workshop import ROOT

from .commands import command_reference
from .errors import error_reference
from .http import http_reference
from .javascript import javascript_reference
from .python import python_reference

DOCS = ROOT / "docs"
# Made at each build, hence named and not linked in docs/index.md: name -> (title in the navigation, what makes it).
REFERENCES: dict[str, tuple[str, Callable[[], str]]] = {
    "javascript": ("JavaScript", javascript_reference),
    "python": ("Python", python_reference),
    "http": ("HTTP", http_reference),
    "commands": ("Command line", command_reference),
    "errors": ("Errors", error_reference),
}
# Files of the checkout's root that are pages of the site, too.
FROM_ROOT = {"README.md": "readme.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def lay_out(folder: Path) -> None:
    """Fill a new folder with the sources of the site."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "reference").mkdir(parents=True)
    for path in DOCS.glob("*.md"):
        (folder / path.name).write_text(as_page(path.read_text()))
    for name, page in FROM_ROOT.items():
        text = as_page((ROOT / name).read_text(), "docs/")
        # The front page has the project's name for its title.
        (folder / page).write_text(text.replace("# dlt-web\n", "# README: all on one page\n", 1))
    shutil.copytree(DOCS / "images", folder / "images")
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")
    for name, (_title, make) in REFERENCES.items():
        (folder / "reference" / f"{name}.md").write_text(make())
    (folder / "index.md").write_text(with_navigation(as_page((DOCS / "index.md").read_text())))


def as_page(text: str, folder: str = "") -> str:
    """Return a page with its links as they are on the site, where pages of docs/ and of the root lie side by side.

    What is no page of the site, such as a folder of the checkout, is named and no link.

    Args:
        text: the page's.
        folder: ``docs/`` for a page of the root, which names the others so.
    """

    def moved(found: re.Match[str]) -> str:
        picture, words, address = found.groups()
        if re.match(r"[a-z]+:|#", address):
            return found[0]
        path, mark, anchor = address.partition("#")
        path = path.removeprefix(folder).removeprefix("../")
        if path not in FROM_ROOT and path != "LICENSE" and not (DOCS / path).is_file():
            return words
        return f"{picture}[{words}]({FROM_ROOT.get(path, path)}{mark}{anchor})"

    return LINK.sub(moved, _without_flow(text))


def _without_flow(text: str) -> str:
    """Return a text without pictures that GitHub alone draws; what they show is told in words and other pictures."""
    return re.sub(r"```mermaid\n.*?```\n\n?", "", text, flags=re.DOTALL)


def with_navigation(index: str) -> str:
    """Return the front page with the site's navigation: a group for each of its headings, with the pages listed there.

    So the list that people read, here and on GitHub, is the only one that is kept.
    """
    trees = []
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title, _newline, body = section.partition("\n")
        pages = re.findall(r"^- \[[^\]]+\]\(([\w-]+\.md)\)", body, re.MULTILINE)
        if pages:
            trees.append(_tree(title, pages))
    listed = "\n".join(f"- [{title}](reference/{name}.md)" for name, (title, _make) in REFERENCES.items())
    index = index.replace("\n<!-- references -->\n", f"\n{listed}\n")
    trees.append(_tree("References", [f"{title} <reference/{name}.md>" for name, (title, _) in REFERENCES.items()]))
    return "\n".join([index, *trees])


def _tree(caption: str, pages: list[str]) -> str:
    lines = "\n".join(pages)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"
