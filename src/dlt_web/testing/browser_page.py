"""What the harness asks of a browser, whatever the engine and whoever drives it.

The names are Playwright's, so its context and page are such a thing as they are; WebKitGTK, which Playwright cannot
drive, is made into one (``webkit.context``). :class:`~.windows.BrowserWindows` opens them by the engine's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

Files = str | Path | Sequence[str] | Sequence[Path]


class BrowserPage(Protocol):
    """One tab."""

    @property
    def url(self) -> str:
        """Address that is shown."""
        ...

    @property
    def context(self) -> BrowserWindow:
        """The window that it is a tab of; another tab is its ``new_page()``."""
        ...

    def goto(self, url: str, /) -> object:
        """Show an address and wait until it is loaded."""
        ...

    def reload(self) -> object:
        """Load the page anew."""
        ...

    def evaluate(self, expression: str, argument: Any = None, /) -> Any:
        """Return the value of an expression, or of the function that it is, called with ``argument``; JSON both."""
        ...

    def wait_for_selector(self, selector: str, /, *, state: Literal["attached", "visible"], timeout: float) -> object:
        """Wait until an element is there, or is shown; ``timeout`` in ms."""
        ...

    def click(self, selector: str, /) -> None:
        """Click an element."""
        ...

    def inner_text(self, selector: str, /) -> str:
        """Return the text that an element shows."""
        ...

    def set_input_files(self, selector: str, files: Files, /) -> None:
        """Choose files in a file input."""
        ...

    def screenshot(self, *, path: str | Path) -> object:
        """Write what the tab shows as PNG."""
        ...

    def is_closed(self) -> bool:
        """Tell whether it was closed."""
        ...

    def close(self) -> None:
        """Close the tab."""
        ...


class BrowserWindow(Protocol):
    """A running browser with storage of its own: a profile, or one of which nothing is kept."""

    @property
    def pages(self) -> Sequence[BrowserPage]:
        """Its open tabs."""
        ...

    def new_page(self) -> BrowserPage:
        """Open a tab."""
        ...

    def add_init_script(self, script: str, /) -> object:
        """Run a script in each page before its own."""
        ...

    def close(self) -> None:
        """End it."""
        ...
