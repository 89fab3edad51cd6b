"""Collects the commands of one ``feed`` and remembers who waits for which HTTP answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .messages import Command, HttpAnswered, HttpFailed, Json, SendHttp

HttpResult = HttpAnswered | HttpFailed


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no usable answer came from a server.

    Attributes:
        code: ``SERVER_UNREACHABLE``, ``SERVER_ANSWER_INVALID``, ``TOKEN_INVALID``, ``STORE_MISMATCH`` or the server's
            own problem code.
        message: what was asked, what came, what repairs it.
    """

    code: str
    message: str


class Outbox:
    """The commands that a feed returns, in order."""

    def __init__(self) -> None:
        self._commands: list[Command] = []
        self._waiting: dict[int, Callable[[HttpResult], None]] = {}
        self._last_request = 0

    def emit(self, command: Command) -> None:
        """Add a command."""
        self._commands.append(command)

    def drain(self) -> list[Command]:
        """Return what was added since the last time."""
        commands, self._commands = self._commands, []
        return commands

    def send(
        self,
        method: Literal["GET", "POST"],
        url: str,
        body: Json,
        *,
        timeout_ms: int,
        then: Callable[[HttpResult], None],
    ) -> None:
        """Send a request and have ``then`` called with its answer in a later feed."""
        self._last_request += 1
        self._waiting[self._last_request] = then
        self.emit(SendHttp(self._last_request, method, url, body, timeout_ms))

    def deliver(self, result: HttpResult) -> None:
        """Hand an answer to whoever waits for it; one that nobody waits for changes nothing."""
        then = self._waiting.pop(result.request, None)
        if then is not None:
            then(result)
