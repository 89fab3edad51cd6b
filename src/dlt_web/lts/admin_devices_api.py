"""``/v1/admin/devices``: lists by page, exports of any length, release in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, cast
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..errors import WireError
from .admin import Administration
from .admin_bodies import devices_to_release
from .admin_query import number_value, one_of_values, required_value
from .alert_records import OddityKind
from .devices import MAX_LOOKS, MAX_PAGE_ROWS, DeviceFilter, DeviceKey, key_of
from .exports import MEDIA_TYPES, ExportFormat, export_devices
from .http import JsonResponse
from .page_reads import PageReads
from .pages_api import listed
from .reads import Reads
from .records import Device
from .views import device_json

_NOT_WITH_ODDITY = {"license", "search", "unseated", "uuid", "looks"}


class DeviceApi:
    """The endpoints that are about many devices; each blocks."""

    def __init__(self, reads: Reads, pages: PageReads) -> None:
        self._reads = reads
        self._pages = pages

    def list_page(self, request: Request) -> Response:
        """List devices after a key, at most ``limit``; ``Link`` names the next page where there may be one.

        With ``looks`` the server looks at so many devices at most, and what comes after them is another page, also
        where this one is not full, or empty: the answer takes no longer, however few there are of what is wanted.
        ``oddity`` lists what is noted of a code's devices, in which nothing else is searched.
        """
        limit = number_value(request, "limit", MAX_PAGE_ROWS, 1, MAX_PAGE_ROWS)
        if "oddity" in request.query_params:
            return self._odd(request, limit)
        if "looks" in request.query_params:
            looks = number_value(request, "looks", MAX_LOOKS, 1, MAX_LOOKS)
            found, next_key = self._pages.devices(_wanted(request), page_key(request), limit, looks)
            return listed(request, list(map(device_json, found)), next_key and {"after": "/".join(next_key)})
        page = self._reads.device_page(_wanted(request), page_key(request), limit)
        return JsonResponse([device_json(device) for device in page], headers=next_link(request, page, limit))

    def _odd(self, request: Request, limit: int) -> Response:
        if others := sorted(set(request.query_params) & _NOT_WITH_ODDITY):
            raise WireError("cannot be asked for together with oddity", field=others[0])
        code, kind = required_value(request, "handshake"), one_of_values(request, "oddity", ("gap", "clone"))
        page = self._pages.odd_devices(code, cast("OddityKind", kind), page_key(request), limit)
        return JsonResponse([device_json(device) for device in page], headers=next_link(request, page, limit))

    def count(self, request: Request) -> Any:
        """Tell how many devices a code has in each of its lists; null where there are too many to count each time."""
        found = self._pages.list_lengths(required_value(request, "handshake"))
        return {
            "devices": found.seated,
            "unseatedDevices": found.unseated,
            "devicesWithGaps": found.with_gaps,
            "clonedDevices": found.cloned,
            "listedDevices": found.listed,
        }

    def export(self, request: Request) -> Response:
        """Export all devices, sent page by page as they are read."""
        form = cast("ExportFormat", one_of_values(request, "format", tuple(MEDIA_TYPES)))
        pages = self._reads.device_pages(_wanted(request))
        # The first page is read before the answer begins, so that an unknown code is still refused properly.
        first = next(pages, None)
        return streamed(
            export_devices(chain([] if first is None else [first], pages), form), MEDIA_TYPES[form], f"devices.{form}"
        )

    def release(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Release all devices that meet every condition of the body."""
        wanted, is_dry_run = devices_to_release(body)
        count = admin.release_devices(wanted, is_dry_run=is_dry_run)
        return {"devices": count, "dryRun": is_dry_run}


def streamed(pieces: Iterator[str], media_type: str, file_name: str | None = None) -> Response:
    """Return an answer that is sent piece by piece; with a file name it is one to be saved."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if file_name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response = StreamingResponse(pieces, headers=headers)
    response.headers["Content-Type"] = media_type
    return response


def _wanted(request: Request) -> DeviceFilter:
    query = request.query_params
    return DeviceFilter(
        query.get("handshake"),
        query.get("license"),
        query.get("search"),
        is_unseated=one_of_values(request, "unseated", ("false", "true")) == "true",
        uuid_prefix=query.get("uuid"),
    )


def page_key(request: Request) -> DeviceKey | None:
    """Return the key that ``after`` names: ``CODE/UUID``, as a listed device has them."""
    text = request.query_params.get("after")
    if text is None:
        return None
    code, slash, device_uuid = text.rpartition("/")
    if not slash or not code or not device_uuid:
        raise WireError("expected handshake code and device UUID with a slash between", field="after")
    return code, device_uuid


def next_link(request: Request, page: Sequence[Device], limit: int) -> dict[str, str]:
    """Return the header that names the next page of devices; none where this one is not full."""
    return {"Link": f'<{_next_page(request, page[-1])}>; rel="next"'} if len(page) == limit else {}


def _next_page(request: Request, last: Device) -> str:
    kept = {name: value for name, value in request.query_params.items() if name != "after"}
    return f"{request.url.path}?{urlencode(kept | {'after': '/'.join(key_of(last))}, quote_via=quote)}"
