"""Every link leads somewhere: on GitHub, within the built site, and out of it."""

from __future__ import annotations

import functools
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links

# Where links may lead that nothing here can follow, as no test asks the network: somebody has looked at each of these.
KNOWN_HOSTS = {
    "keepachangelog.com",
    "playwright.dev",
    "semver.org",
    "www.standardwebhooks.com",
}
# Written by the theme and the generator into each page.
OF_THE_SITE = {"github.com", "pradyunsg.me", "www.sphinx-doc.org"}
ATTRIBUTES = {"href", "src"}


class Page(HTMLParser):
    """What a page of the site links to, and the names in it that links may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name, value in given.items() if name in ATTRIBUTES and value is not None]
        self.names |= {value for name, value in given.items() if name in ("id", "name") and value is not None}


def outward(address: str, known: set[str]) -> str | None:
    """Tell what is wrong with a link that leaves; None for a good one."""
    parts = urlsplit(address)
    if parts.scheme != "https":
        return f"{address}: links that leave are https"
    if parts.hostname not in known or " " in address:
        return f"{address}: no known host; look at it, then add it to KNOWN_HOSTS"
    return None


def missing_on_github(page: Path, address: str) -> str | None:
    """Tell what is wrong with a link of a Markdown page; None for a good one."""
    parts = urlsplit(address)
    if parts.scheme:
        return outward(address, KNOWN_HOSTS)
    target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if not target.exists() or not target.is_relative_to(ROOT):
        return f"{address}: there is no such file"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in anchors(target):
        return f"{address}: no heading has this anchor; there are {sorted(anchors(target))}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_of_a_page_leads_somewhere_on_github(page: Path) -> None:
    assert [wrong for address in links(page) if (wrong := missing_on_github(page, address))] == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("docs/nothing.md", "no such file"),
        ("docs/npm.md#nothing", "no heading"),
        ("#nothing", "no heading"),
        ("../outside.md", "no such file"),
        ("http://semver.org", "https"),
        ("https://nobody-looked.example/", "no known host"),
    ],
)
def test_a_link_to_nothing_is_seen(address: str, why: str) -> None:
    assert why in (missing_on_github(ROOT / "README.md", address) or "")


@functools.cache
def parsed(path: Path) -> Page:
    return Page(path.read_text())


def missing_in_site(site: Path, page: Path, address: str) -> str | None:
    """Tell what is wrong with a link of a built page; None for a good one."""
    parts = urlsplit(address)
    if parts.scheme == "data":
        return None
    if parts.scheme or address.startswith("//"):
        return outward(address, KNOWN_HOSTS | OF_THE_SITE)
    target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if not target.is_file() or not target.is_relative_to(site):
        return f"{page.name}: {address}: there is no such file"
    if parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in parsed(target).names:
        return f"{page.name}: {address}: nothing there has this name"
    return None


def test_each_link_of_the_site_leads_to_a_file_and_a_name_of_it(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(PAGES)
    found = [(page, address) for page in pages for address in parsed(page).links]
    assert len(found) > 5000
    wrong = {text for page, address in found if (text := missing_in_site(site, page, address))}
    assert wrong == set()


def test_a_link_to_nothing_within_the_site_is_seen(site: Path) -> None:
    page = site / "npm.html"
    for address in ("nothing.html", "qa.html#nothing", "../outside.html", "https://nobody-looked.example/"):
        assert missing_in_site(site, page, address)
    assert missing_in_site(site, page, "reference/http.html#http-authorize") is None


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["'](https?:)?//""")
    assert [page.name for page in site.rglob("*.html") if loaded.search(page.read_text())] == []
    imported = re.compile(r"""(?:@import|url\()\s*["']?(https?:)?//""")
    assert [style.name for style in site.rglob("*.css") if imported.search(style.read_text())] == []
