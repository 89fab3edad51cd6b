"""``/v1/admin/…``: what the command line does, over HTTP with a bearer key (spec §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import WireError
from .admin import Administration
from .admin_alerts_api import AlertApi
from .admin_bodies import handshake_changes, license_changes, new_admin_key, new_handshake, new_license
from .admin_devices_api import DeviceApi, streamed
from .admin_gate import Gate
from .admin_query import expected_version, one_of_values, required_value, time_value
from .advice_api import AdviceApi
from .alert_views import AlertReads
from .billing_api import BillingApi
from .chain_watch import ChainWatch
from .clock import Clock
from .customer_api import CustomerApi
from .http import Endpoint, JsonResponse, guarded, read_json
from .page_reads import PageReads
from .pages_api import PagesApi
from .reads import Reads
from .records import AdminKey
from .session_api import SessionApi
from .store import Store
from .usage_exports import read_usage, usage_as_csv, usage_as_json
from .usage_reads import PERIOD_SLOTS, By, Span
from .views import (
    admin_key_json,
    audit_json,
    device_json,
    handshake_json,
    license_json,
    stream_json,
)

Work = Callable[[Administration, Request, Any], Any]
MAX_AUDIT_ROWS = 1_000


Rows = list[tuple[str, str, Endpoint]]


def admin_routes(store: Store, clock: Clock) -> list[Route]:
    """Return the routes of the administration interface, of customers' own and of the dashboard's sessions."""
    api, customer = AdminApi(store, clock), CustomerApi(store, clock)
    session = SessionApi(api.gate)
    own: Rows = [
        ("GET", "/codes", api.for_customer(customer.codes)),
        ("GET", "/devices", api.for_customer(customer.devices)),
        ("POST", "/devices/{uuid}/release", api.for_customer(customer.release)),
    ]
    signing: Rows = [("POST", "", session.sign_in), ("GET", "", session.show), ("DELETE", "", session.sign_out)]
    pages = PagesApi(PageReads(store), ChainWatch(store, clock))
    operators = _things(api, pages, store, clock) + _affairs(api, pages, store, clock)
    return [
        Route(f"/v1/{part}{path}", guarded(endpoint), methods=[method])
        for part, rows in (("admin", operators), ("customer", own), ("session", signing))
        for method, path, endpoint in rows
    ]


def _things(api: AdminApi, pages: PagesApi, store: Store, clock: Clock) -> Rows:
    """Return what is about codes, items, devices and usage."""
    devices = DeviceApi(Reads(store, clock), PageReads(store))
    return [
        ("GET", "/overview", api.answering(pages.codes)),
        ("GET", "/items", api.answering(pages.items)),
        ("GET", "/licenses", api.reading(api.licenses)),
        ("POST", "/licenses", api.writing(api.add_license, 201)),
        ("GET", "/licenses/{id}", api.reading(api.license)),
        ("PATCH", "/licenses/{id}", api.writing(api.set_license)),
        ("POST", "/licenses/{id}/revoke", api.acting(api.revoke_license)),
        ("GET", "/handshakes", api.reading(api.handshakes)),
        ("POST", "/handshakes", api.writing(api.add_handshake, 201)),
        ("GET", "/handshakes/{code:path}", api.reading(api.handshake)),
        ("PATCH", "/handshakes/{code:path}", api.writing(api.set_handshake)),
        ("GET", "/devices", api.answering(devices.list_page)),
        ("GET", "/devices/count", api.reading(devices.count)),
        ("GET", "/devices/export", api.answering(devices.export)),
        ("POST", "/devices/release", api.writing(devices.release)),
        ("GET", "/devices/{uuid}", api.reading(api.device)),
        ("POST", "/devices/{uuid}/release", api.acting(api.release)),
        ("GET", "/usage", api.answering(api.usage)),
        ("GET", "/advice", api.reading(AdviceApi(Reads(store, clock)).advice)),
    ]


def _affairs(api: AdminApi, pages: PagesApi, store: Store, clock: Clock) -> Rows:
    """Return what is about billing, keys, the audit log and alerts."""
    billing = BillingApi(Reads(store, clock))
    alerts = AlertApi(AlertReads(store), clock)
    return [
        ("GET", "/statements", api.reading(billing.statements)),
        ("POST", "/statements", api.writing(billing.freeze)),
        ("GET", "/statements/{month}", api.answering(billing.statement)),
        ("GET", "/credits", api.reading(billing.credits)),
        ("POST", "/credits", api.writing(billing.book, 201)),
        ("GET", "/audit", api.reading(api.audit)),
        ("GET", "/audit/latest", api.answering(pages.audit)),
        ("GET", "/audit/chain", api.answering(pages.chain)),
        ("GET", "/keys", api.reading(api.keys)),
        ("POST", "/keys", api.writing(api.add_key, 201)),
        ("POST", "/keys/{id}/rotate", api.acting(api.rotate_key)),
        ("DELETE", "/keys/{id}", api.acting(api.revoke_key)),
        ("GET", "/alerts", api.answering(alerts.list_page)),
        ("GET", "/alerts/settings", api.reading(alerts.settings)),
        ("PATCH", "/alerts/settings", api.writing(alerts.set)),
        ("GET", "/alerts/deliveries", api.answering(alerts.log_page)),
        ("GET", "/alerts/open", api.reading(alerts.open)),
        ("POST", "/alerts/test", api.writing(alerts.test)),
        ("GET", "/alerts/{number}", api.reading(alerts.show)),
        ("POST", "/alerts/{number}/replay", api.writing(alerts.replay)),
        ("GET", "/webhooks", api.reading(alerts.webhooks)),
        ("POST", "/webhooks", api.writing(alerts.add_webhook, 201)),
        ("DELETE", "/webhooks/{id}", api.acting(alerts.remove_webhook)),
        ("POST", "/webhooks/{id}/rotate", api.acting(alerts.rotate_webhook)),
    ]


class AdminApi:
    """The endpoints; each blocks, so each runs in a thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reads = Reads(store, clock)
        self.gate = Gate(self._reads, clock)

    def reading(self, look: Callable[[Request], Any]) -> Endpoint:
        """Return an endpoint that reads."""
        return self.answering(lambda request: _answer(look(request)))

    def answering(self, look: Callable[[Request], Response]) -> Endpoint:
        """Return an endpoint that reads and answers in a form of its own."""

        async def endpoint(request: Request) -> Response:
            key = await self.gate.admit(request, "read")
            return key if isinstance(key, Response) else await run_in_threadpool(look, request)

        return endpoint

    def for_customer(self, look: Callable[[AdminKey, Request], Response]) -> Endpoint:
        """Return an endpoint for keys of customers, and for no others: whose it would be about is in the key."""

        async def endpoint(request: Request) -> Response:
            key = await self.gate.admit(request, "customer")
            return key if isinstance(key, Response) else await run_in_threadpool(look, key, request)

        return endpoint

    def writing(self, work: Work, status: int = 200) -> Endpoint:
        """Return an endpoint that changes something by a JSON body."""

        async def endpoint(request: Request) -> Response:
            key = await self.gate.admit(request, "manage")
            if isinstance(key, Response):
                return key
            body = await read_json(request)
            admin = Administration(self._store, self._clock, f"admin-key:{key.name}")
            return _answer(await run_in_threadpool(work, admin, request, body), status)

        return endpoint

    def acting(self, work: Callable[[Administration, Request], Any]) -> Endpoint:
        """Return an endpoint that changes something and needs no body."""

        async def endpoint(request: Request) -> Response:
            key = await self.gate.admit(request, "manage")
            if isinstance(key, Response):
                return key
            admin = Administration(self._store, self._clock, f"admin-key:{key.name}")
            return JsonResponse(await run_in_threadpool(work, admin, request))

        return endpoint

    def licenses(self, _request: Request) -> Any:
        """List license items."""
        return [license_json(item) for item in self._reads.licenses()]

    def license(self, request: Request) -> Any:
        """Show a license item."""
        return license_json(self._reads.license(request.path_params["id"]))

    def add_license(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Add a license item."""
        return license_json(admin.add_license(new_license(body)))

    def set_license(self, admin: Administration, request: Request, body: Any) -> Any:
        """Change a license item."""
        name, changes = request.path_params["id"], license_changes(body)
        return license_json(admin.set_license(name, changes, expected=expected_version(request)))

    def revoke_license(self, admin: Administration, request: Request) -> Any:
        """Revoke a license item."""
        return license_json(admin.revoke_license(request.path_params["id"]))

    def handshakes(self, _request: Request) -> Any:
        """List handshake codes."""
        return [handshake_json(handshake) for handshake in self._reads.handshakes()]

    def handshake(self, request: Request) -> Any:
        """Show a handshake code."""
        return handshake_json(self._reads.handshake(request.path_params["code"]))

    def add_handshake(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Add a handshake code."""
        handshake, password = new_handshake(body)
        return handshake_json(admin.add_handshake(handshake, password))

    def set_handshake(self, admin: Administration, request: Request, body: Any) -> Any:
        """Change a handshake code."""
        changes, password = handshake_changes(body)
        expected = expected_version(request)
        return handshake_json(admin.set_handshake(request.path_params["code"], changes, password, expected=expected))

    def device(self, request: Request) -> Any:
        """Show a device with its report streams: gaps, and reports of a wrong clock."""
        code, device_uuid = required_value(request, "handshake"), request.path_params["uuid"]
        device = device_json(self._reads.device(code, device_uuid))
        return device | {"streams": [stream_json(stream) for stream in self._reads.streams(code, device_uuid)]}

    def release(self, admin: Administration, request: Request) -> Any:
        """Release a device's seat."""
        code = required_value(request, "handshake")
        admin.release_device(code, request.path_params["uuid"])
        return {"released": request.path_params["uuid"]}

    def usage(self, request: Request) -> Response:
        """Show the usage of a handshake code or of a license item, as JSON or CSV."""
        code, license_id = request.query_params.get("handshake"), request.query_params.get("license")
        if (code is None) == (license_id is None):
            raise WireError("expected one of handshake and license in the query", field="handshake")
        by = one_of_values(request, "by", ("total", *PERIOD_SLOTS))
        form = one_of_values(request, "format", ("json", "csv"))
        span = Span(cast("By", by), time_value(request, "from"), time_value(request, "to"))
        # Read up to here before the answer begins, so that an unknown code is still refused properly.
        is_scans_only = one_of_values(request, "show", ("all", "scans")) == "scans"
        read = read_usage(self._reads, code, license_id, span, is_scans_only=is_scans_only)
        if form == "csv":
            return streamed(usage_as_csv(read), "text/csv", "usage.csv")
        return streamed(usage_as_json(read), "application/json")

    def audit(self, request: Request) -> Any:
        """List audit entries after a number."""
        after = request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 15:
            raise WireError("expected a number of an audit entry", field="after")
        return [audit_json(entry) for entry in self._reads.audit(int(after), MAX_AUDIT_ROWS)]

    def keys(self, _request: Request) -> Any:
        """List administration keys; their secrets are not kept."""
        return [admin_key_json(key) for key in self._reads.admin_keys()]

    def add_key(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Make an administration key and show it, the only time."""
        name, scope, customer = new_admin_key(body)
        return {"id": name, "key": admin.add_admin_key(name, scope, customer)}

    def rotate_key(self, admin: Administration, request: Request) -> Any:
        """Put a fresh secret in a key's place and show it, the only time."""
        name = request.path_params["id"]
        return {"id": name, "key": admin.rotate_admin_key(name)}

    def revoke_key(self, admin: Administration, request: Request) -> Any:
        """Make a key worthless."""
        admin.revoke_admin_key(request.path_params["id"])
        return {"revoked": request.path_params["id"]}


def _answer(content: Any, status: int = 200) -> Response:
    """Return an answer; what has a version names it as its ``ETag``, which a change may give back in ``If-Match``."""
    version = content.get("version") if isinstance(content, dict) else None
    return JsonResponse(content, status, {"ETag": f'"{version}"'} if isinstance(version, str) else None)
