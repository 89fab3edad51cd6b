"""Carries one HTTP request out and says what came of it; decides nothing about it."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from .. import __version__
from ..messages import HttpAnswered, HttpFailed, SendHttp

# Our own server answers with a few kB; whatever is longer comes from something else and is not read.
MAX_ANSWER_BYTES = 1024 * 1024


class Transport:
    """The way to the license servers, with the system's certificates and proxies (``HTTPS_PROXY``, ``NO_PROXY``)."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            # The system's store: a company's own authority is there, and not in one that a package brings.
            verify=ssl.create_default_context(),
            follow_redirects=False,
            timeout=None,  # each request has one of its own, from begin to end
            headers={"User-Agent": f"dlt-web/{__version__}"},
        )

    async def send(self, command: SendHttp) -> HttpAnswered | HttpFailed:
        """Send a request; never raises but for cancellation."""
        try:
            async with asyncio.timeout(command.timeout_ms / 1000):
                return await self._send(command)
        except TimeoutError:
            return HttpFailed(command.request, f"no answer within {command.timeout_ms} ms")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return HttpFailed(command.request, str(error) or type(error).__name__)

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def _send(self, command: SendHttp) -> HttpAnswered | HttpFailed:
        body = {} if command.body is None else {"json": command.body}
        async with self._client.stream(command.method, command.url, **body) as answer:
            read = bytearray()
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > MAX_ANSWER_BYTES:
                    return HttpFailed(command.request, f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
            text = read.decode("utf-8", "replace")
            return HttpAnswered(command.request, answer.status_code, answer.headers.get("retry-after"), text)
