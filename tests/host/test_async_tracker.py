"""The tracker to await does what the blocking one does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dlt_web.host import (
    AsyncHostTracker,
    ClosedError,
    ScanError,
)
from dlt_web.testing.lts_process import LtsProcess
from tests.host.devices import FILE, NOWHERE, qr


class TestAsync:
    def test_it_does_the_same_awaited(self, lts: LtsProcess, tmp_path: Path):
        code = lts.add_code()
        heard: list[Any] = []

        async def use() -> None:
            given: Any = {"handshake_code": code, "license_server": lts.url, "store": tmp_path / FILE}
            async with AsyncHostTracker(**given) as tracker:
                tracker.on("scan", lambda detail: heard.append((asyncio.get_running_loop(), detail["scans"])))
                answers = await asyncio.gather(*(tracker.scan(qr(str(n))) for n in range(20)))
                assert sum(answer.scans for answer in answers) == 20
                await tracker.wait_until_ready()
                assert (await tracker.flush()).pending_scans == 0
                assert (await tracker.explain())["device"]["uuid"] == tracker.device_uuid
                assert (await tracker.explain_scan(qr("A")))[0]["symbology"] == "qr_code"
                with pytest.raises(ScanError):
                    await tracker.scan(7)
            with pytest.raises(ClosedError):
                await tracker.scan(qr("B"))
            assert heard == [(asyncio.get_running_loop(), 1)] * 20

        asyncio.run(use())
        assert lts.usage(code).scans == 20

    def test_who_stops_waiting_for_a_scan_has_it_counted_all_the_same(self, tmp_path: Path):
        async def use() -> None:
            tracker = AsyncHostTracker(handshake_code="code", license_server=NOWHERE, store=tmp_path / FILE)
            waiting = asyncio.ensure_future(tracker.scan(qr("A")))
            await asyncio.sleep(0)
            waiting.cancel()
            await tracker.scan(qr("B"))
            assert tracker.pending.scans == 2
            await tracker.close(0.1)

        asyncio.run(use())

    def test_it_is_made_in_a_running_loop(self):
        with pytest.raises(RuntimeError, match="no running event loop"):
            AsyncHostTracker(handshake_code="code", license_server=NOWHERE)
