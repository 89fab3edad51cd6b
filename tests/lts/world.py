"""A license tracking server in this process: the real application over a real store, and a clock that stands still."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.app import create_app
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.reads import Reads
from dlt_web.lts.records import Handshake
from dlt_web.lts.service import Service
from dlt_web.lts.store import Store
from dlt_web.slots import SLOT_MS, format_time

T = TypeVar("T")

# 2026-11-24T10:03:00Z, the start of a slot.
T0_MS = 1_795_514_580_000
SLOT_0 = T0_MS // SLOT_MS
CODE = "200001-demo"
SHOP = "https://shop.example"


def uuid(number: int, group: str = "4000") -> str:
    """Return a UUID text that shows a small number."""
    return f"00000000-0000-{group}-8000-{number:012x}"


def report(seq: int, qr: int = 1, *, version: int = 1, slot: int = 0, **more: Any) -> dict[str, Any]:
    """Return a report whose id follows from its number; ``slot`` counts from :data:`SLOT_0`."""
    body = {
        "id": uuid(seq, "4bad"),
        "seq": seq,
        "version": version,
        "slot": format_time((SLOT_0 + slot) * SLOT_MS),
        "counts": {"qr_code": qr} if qr else {},
        "lost": {},
    }
    return body | more


@contextmanager
def world_over(store: Store) -> Iterator[World]:
    """Give a world over a store; at the end its counters are held against their rows, and the store is closed."""
    world = World(store)
    yield world
    world.close()
    store.close()


class World:
    """Speaks to the server over HTTP and to the operator's side directly."""

    def __init__(self, store: Store, now_ms: int = T0_MS) -> None:
        self.store = store
        self.clock = StandingClock(now_ms)
        self.admin = Administration(store, self.clock, "test")
        self.reads = Reads(store, self.clock)
        self.service = Service(store, self.clock)
        self.app = create_app(self.service)
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://lts")
        self.tokens: dict[tuple[str, int], str] = {}

    def close(self) -> None:
        """Check the counters once more and let go."""
        self.check_counters()
        self._runner.run(self.client.aclose())
        self._runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the world's loop."""
        return self._runner.run(work)

    # -- operator

    def license(self, license_id: str = "L", charge_way: Any = "per_device", quota: int = 100, **more: Any) -> str:
        """Add a license item and return its id."""
        return self.admin.add_license(LicenseSettings(charge_way, quota, id=license_id, **more)).id

    def handshake(self, *license_ids: str, code: str = CODE, password: str | None = None, **more: Any) -> None:
        """Add a handshake code."""
        self.admin.add_handshake(Handshake(code, license_ids or ("L",), **more), password)

    def usage(self, code: str = CODE) -> Any:
        """Return the usage of a code."""
        return self.reads.usage(code)

    def used(self, license_id: str = "L") -> tuple[int, int]:
        """Return seats and scans that an item has counted."""
        item = self.reads.license(license_id)
        return item.seats, item.scans

    def seated(self, code: str = CODE) -> list[int]:
        """Return the numbers of the devices that hold a seat."""
        devices = self.reads.devices(code)
        return [int(device.device_uuid[-12:], 16) for device in devices if device.license_id is not None]

    def check_counters(self) -> None:
        """Hold every counter against the rows that it stands for."""
        assert self.store.read(lambda rows: rows.faults()).result() == []

    # -- device

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request."""
        return self.run(self.client.request(method, path, **more))

    def authorize(
        self, device: int = 1, *, code: str = CODE, origin: str | None = SHOP, **fields: Any
    ) -> httpx.Response:
        """Ask for a token, and keep the report token that comes with the answer."""
        body = {"handshakeCode": code, "deviceUuid": uuid(device)} | fields
        response = self.call("POST", "/v1/authorizations", json=body, headers=_origin(origin))
        if "reportToken" in response.json():
            self.tokens[code, device] = response.json()["reportToken"]
        return response

    def report(
        self,
        device: int = 1,
        reports: Sequence[Mapping[str, Any]] = (),
        *,
        code: str = CODE,
        origin: str | None = SHOP,
        **fields: Any,
    ) -> httpx.Response:
        """Report usage, with the report token that the device was given."""
        body = self.report_body(device, reports, code=code) | fields
        return self.call("POST", "/v1/usage-reports", json=body, headers=_origin(origin))

    def report_body(self, device: int, reports: Sequence[Mapping[str, Any]], *, code: str = CODE) -> dict[str, Any]:
        """Return the body of a report request of a device whose clock is right."""
        return {
            "handshakeCode": code,
            "deviceUuid": uuid(device),
            "streamId": uuid(device, "4557"),
            "reportToken": self.tokens.get((code, device)),
            "storeEpoch": None,
            "storage": "indexeddb",
            "partitioned": False,
            "sentAt": format_time(self.clock.now_ms()),
            "reports": list(reports),
        }

    def advance(self, *, seconds: int = 0, minutes: int = 0, days: int = 0) -> None:
        """Move the clock on; sweeps run on the way."""
        step = {"advanceSeconds": seconds + 60 * minutes + 86_400 * days}
        assert self.call("POST", "/v1/test/clock", json=step).status_code == 200


def outcomes(response: httpx.Response) -> list[str]:
    """Return the outcome of each report of an answer, or the code of the rejected ones."""
    assert response.status_code == 200, response.text
    return [result.get("code") or result["outcome"] for result in response.json()["results"]]


def code_of(response: httpx.Response) -> tuple[int, str]:
    """Return status and problem code of a refusal."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code
    return response.status_code, problem["code"]


EXHAUSTED = (403, "QUOTA_EXHAUSTED")


def granted(world: World, device: int, **more: Any) -> bool:
    """Tell whether a device is given a token; the only refusal expected is that the quota is used up."""
    response = world.authorize(device, **more)
    if response.status_code == 201:
        return True
    assert code_of(response) == EXHAUSTED
    return False


StoreFactory = Callable[[], Store]


def _origin(origin: str | None) -> dict[str, str]:
    return {} if origin is None else {"Origin": origin}
