"""``/v1/customer/…``: what a customer sees and does with a key of its own, and nothing of anybody else's."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..slots import format_time
from .admin_devices_api import next_link, page_key
from .admin_query import number_value, required_value
from .clock import Clock
from .devices import MAX_PAGE_ROWS, DeviceFilter
from .http import JsonResponse
from .records import AdminKey, Device
from .self_service import Allowance, SelfService, allowances, own_devices
from .store import Store


class CustomerApi:
    """The endpoints; each blocks, and is told whose key asks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def codes(self, key: AdminKey, _request: Request) -> Response:
        """List the customer's codes whose devices it may release, with how many more."""
        found = allowances(self._store, key.customer or "", self._clock.now_ms())
        return JsonResponse([allowance_json(one) for one in found])

    def devices(self, key: AdminKey, request: Request) -> Response:
        """List the devices that count under one of the customer's codes, by page."""
        limit = number_value(request, "limit", MAX_PAGE_ROWS, 1, MAX_PAGE_ROWS)
        # By UUID alone: names would be searched in all devices of a code, and be those of whoever had it before.
        begin = request.query_params.get("search")
        prefix = None if begin is None else begin.lower()
        wanted = DeviceFilter(required_value(request, "handshake"), uuid_prefix=prefix, is_counted=True)
        page = own_devices(self._store, key.customer or "", wanted, page_key(request), limit)
        shown = [own_device_json(device, page.since_ms) for device in page.devices]
        return JsonResponse(shown, headers=next_link(request, page.devices, limit))

    def release(self, key: AdminKey, request: Request) -> Response:
        """Release a device of one of the customer's codes."""
        code, device_uuid = required_value(request, "handshake"), request.path_params["uuid"]
        hands = SelfService(self._store, self._clock, f"customer-key:{key.name}")
        left = hands.release_own(key.customer or "", code, device_uuid)
        return JsonResponse({"released": device_uuid, **allowance_json(left)})


def allowance_json(allowed: Allowance) -> dict[str, Any]:
    """Return how many devices of a code may still be released."""
    return {
        "handshakeCode": allowed.handshake_code,
        "limit": allowed.limit,
        "termSeconds": allowed.term_s,
        "left": allowed.left,
        "nextAt": None if allowed.next_ms is None else format_time(allowed.next_ms),
    }


def own_device_json(device: Device, since_ms: int) -> dict[str, Any]:
    """Return what a customer sees of a device; which license item it sits at is the operator's business.

    What was before ``since_ms``, when the code became this customer's, is another one's: of a device that was not seen
    since then there is its UUID, to release it by, and whether it holds a seat.
    """
    is_seen, is_new = device.last_seen_ms >= since_ms, device.first_seen_ms >= since_ms
    return {
        "handshakeCode": device.handshake_code,
        "deviceUuid": device.device_uuid,
        "friendlyName": device.friendly_name if is_seen else None,
        "firstSeen": format_time(device.first_seen_ms) if is_new else None,
        "lastSeen": format_time(device.last_seen_ms) if is_seen else None,
        "removalTime": format_time(device.removal_ms) if is_seen else None,
        "storage": device.storage if is_seen else None,
        "seated": device.license_id is not None,
    }
