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
        self._client: asyncio.Task[httpx.AsyncClient] | None = None

    async def send(self, command: SendHttp) -> HttpAnswered | HttpFailed:
        """Send a request; never raises but for cancellation."""
        try:
            async with asyncio.timeout(command.timeout_ms / 1000):
                if self._client is None:
                    # To read the certificates takes some 50 ms, in which scans are counted.
                    self._client = asyncio.create_task(asyncio.to_thread(_make_client))
                return await self._send(await asyncio.shield(self._client), command)
        except TimeoutError:
            return HttpFailed(command.request, f"no answer within {command.timeout_ms} ms")
        # Whatever a name, an address, a certificate or the end of the interpreter makes fail: it is no answer.
        except Exception as error:
            return HttpFailed(command.request, str(error) or type(error).__name__)

    async def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            (client,) = await asyncio.gather(self._client, return_exceptions=True)
            if isinstance(client, httpx.AsyncClient):
                await client.aclose()

    async def _send(self, client: httpx.AsyncClient, command: SendHttp) -> HttpAnswered | HttpFailed:
        body = {} if command.body is None else {"json": command.body}
        async with client.stream(command.method, command.url, **body) as answer:
            read = bytearray()
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > MAX_ANSWER_BYTES:
                    return HttpFailed(command.request, f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
            text = read.decode("utf-8", "replace")
            return HttpAnswered(command.request, answer.status_code, answer.headers.get("retry-after"), text)


def _make_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        # The system's store: a company's own authority is there, and not in one that a package brings.
        verify=ssl.create_default_context(),
        follow_redirects=False,
        timeout=None,  # each request has one of its own, from begin to end
        headers={"User-Agent": f"dlt-web/{__version__}"},
    )
