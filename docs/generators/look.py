"""How the site looks: the colours and typefaces of the demo page and the dashboard, as the theme takes them."""

from __future__ import annotations

import re
from pathlib import Path

STATIC_FOLDER = Path(__file__).with_name("static")

# The theme's variable -> (light, dark).
COLOURS = {
    "color-background-primary": ("#ffffff", "#1a1d22"),
    "color-background-secondary": ("#f5f4ef", "#111316"),
    "color-background-hover": ("#eceae2", "#23272e"),
    "color-background-border": ("#dad7cc", "#30353d"),
    "color-background-item": ("#dad7cc", "#30353d"),
    "color-foreground-primary": ("#16181d", "#ecebe6"),
    "color-foreground-secondary": ("#4f555f", "#abb1bb"),
    "color-foreground-muted": ("#4f555f", "#abb1bb"),
    "color-foreground-border": ("#83837a", "#767e8a"),
    "color-brand-primary": ("#2446c6", "#93abff"),
    "color-brand-content": ("#2446c6", "#93abff"),
    "color-brand-visited": ("#2446c6", "#93abff"),
    "color-link": ("#2446c6", "#93abff"),
    "color-link--hover": ("#2446c6", "#93abff"),
    "color-inline-code-background": ("#f5f4ef", "#23272e"),
    "color-code-background": ("#f5f4ef", "#111316"),
    "color-api-name": ("#2446c6", "#93abff"),
    "color-api-pre-name": ("#4f555f", "#abb1bb"),
    "color-highlight-on-target": ("#e6ebfc", "#252f52"),
}
TYPEFACES = {
    "font-stack": '-apple-system, "Segoe UI", Roboto, "Liberation Sans", system-ui, sans-serif',
    "font-stack--monospace": 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
}
THEME_OPTIONS = {
    "light_css_variables": {**TYPEFACES, **{name: light for name, (light, _dark) in COLOURS.items()}},
    "dark_css_variables": {name: dark for name, (_light, dark) in COLOURS.items()},
    "navigation_with_keys": False,
}

# What the theme's templates leave out for whoever hears a page, or has no mouse: headings have levels, landmarks names,
# what scrolls takes the focus, and the empty corner of a table heads nothing.
_SPOKEN = {
    ' role="heading">': ' role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
    '<th class="head"><p></p></th>': "<td></td>",
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}
# A wide table scrolls; a link in it takes the focus already.
_TABLE = re.compile(r'<div (class="table-wrapper[^>]*>.*?</table>)', re.DOTALL)


def spoken(page: str) -> str:
    """Return a built page with what axe asks for."""
    for given, wanted in _SPOKEN.items():
        page = page.replace(given, wanted)
    return _TABLE.sub(lambda found: found[0] if "<a " in found[0] else f'<div tabindex="0" {found[1]}', page)
