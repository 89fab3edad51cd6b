"""The Markdown pages that GitHub shows: README, CHANGELOG and docs/, with their headings, links and fenced blocks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code.

    Attributes:
        page: its file, from the checkout's root.
        line: of its fence, from 1.
        language: the first word behind the fence; empty where there is none.
        tag: the words after it.
        text: what stands in it.
    """

    page: str
    line: int
    language: str
    tag: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def tokens(page: Path) -> Iterator[Token]:
    """Give the tokens of a page, those within lines too."""
    for token in MARKDOWN.parse(page.read_text()):
        yield token
        yield from token.children or []


def blocks() -> list[Block]:
    """Return the fenced blocks of all pages."""
    found = []
    for page in PAGES:
        for token in tokens(page):
            if token.type == "fence":
                language, _space, tag = token.info.strip().partition(" ")
                line = (token.map or [0])[0] + 1
                found.append(Block(str(page.relative_to(ROOT)), line, language, tag, token.content))
    return found


def links(page: Path) -> list[str]:
    """Return the addresses that a page links to or shows."""
    given = [token.attrs.get("href", token.attrs.get("src")) for token in tokens(page)]
    return [str(address) for address in given if address is not None]


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    found: dict[str, int] = {}
    listed = MARKDOWN.parse(page.read_text())
    for opened, inline in itertools.pairwise(listed):
        if opened.type == "heading_open":
            text = "".join(child.content for child in inline.children or [] if child.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            count = found.get(slug, 0)
            found[slug] = count + 1
            if count:
                found[f"{slug}-{count}"] = 1
    return set(found)
