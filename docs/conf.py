"""Sphinx's settings for the site; ``docs.generators.site`` lays out what it reads and runs it."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from docs.generators.look import STATIC_FOLDER, THEME_OPTIONS

project = "dlt-web"
copyright = "the dlt-web authors, Apache-2.0"  # noqa: A001 - what Sphinx calls it
version = release = version_of("dlt-web")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]

# Headings have the anchors that GitHub gives them, so that a link with one leads to the same place on both.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# A name in a docstring that is no thing of ours is an error; other projects' are not looked up, for want of a network.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!dlt_web).*")]
# What docstrings speak of and these references, which are of the public interface, do not have.
nitpick_ignore = [
    ("py:class", "dlt_web.browsers.FoundBrowser"),
    ("py:class", "dlt_web.host.parts.TrackerParts"),
    ("py:class", "dlt_web.testing.deadline.T"),
    ("py:data", "dlt_web.browsers.ENGINES"),
    ("py:mod", "dlt_web.license_state"),
]

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
add_module_names = False

html_theme = "furo"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_title = "dlt-web"
html_theme_options = THEME_OPTIONS
html_static_path = [str(STATIC_FOLDER)]
html_css_files = ["site.css"]
# Nothing that differs from run to run, and no copy of the sources.
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# Summaries below what is found are fetched, which browsers forbid a page of file://; titles and headings are found in
# the index, a script.
html_show_search_summary = False


# Who changes the code finds the section of the specification by it; readers of the site do not have that.
_SECTION = re.compile(r" \(spec §[^)]*\)| of spec §\d+(\.\d+)?")


def without_sections(_app: Sphinx, _what: str, _name: str, _thing: object, _options: object, lines: list[str]) -> None:
    """Take sections of the specification out of a docstring."""
    lines[:] = [_SECTION.sub("", line) for line in lines]


def setup(app: Sphinx) -> None:
    """Give content security policies a language of their own, which has no colours; and say what docstrings are."""
    app.add_lexer("csp", TextLexer)
    app.connect("autodoc-process-docstring", without_sections)
