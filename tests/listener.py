"""What pages in a browser say, for the tests that visit them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage

Notes = dict[str, Callable[[], str]]


@dataclass
class Listener:
    """Hears what the pages of a context say, and what they have to complain about."""

    console: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        """Listens to every page of the context."""
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _hear(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.complaints.append(message.text)

    @contextmanager
    def noted(self, notes: Notes) -> Iterator[None]:
        """Shows what the pages say meanwhile beside a test that fails; none of them may complain meanwhile."""
        begin = len(self.console)
        notes["Console"] = lambda: "\n".join(self.console[begin:])
        self.complaints.clear()
        yield
        assert self.complaints == []
