"""JSON bodies of the administration interface, checked by msgspec against what each may hold."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from ..errors import WireError
from ..model import ChargeWay, StorageKind
from ..slots import parse_time
from .admin import LicenseSettings
from .admin_checks import RELEASE_TERM_S
from .devices import DeviceFilter
from .records import AdminScope, Handshake, OnExhausted

Unset = msgspec.UnsetType
UNSET = msgspec.UNSET

T = TypeVar("T")


class LicenseBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Settings of a license item; what is left out stays, or takes its default."""

    id: str | Unset = UNSET
    charge_way: Literal["per_scan", "per_device", "concurrent_device"] | Unset = UNSET
    quota: int | Unset = UNSET
    product: str | Unset = UNSET
    valid_from: str | Unset | None = UNSET
    valid_until: str | Unset | None = UNSET
    device_lifetime_seconds: int | Unset = UNSET
    on_exhausted: OnExhausted | Unset = UNSET
    grace_percent: int | Unset = UNSET


class CustomerReleases(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """How many devices of a code its customer may release in a term."""

    limit: int
    term_seconds: int = RELEASE_TERM_S


class HandshakeBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Settings of a handshake code; what is left out stays, or takes its default."""

    handshake_code: str | Unset = UNSET
    licenses: tuple[str, ...] | Unset = UNSET
    allowed_origins: tuple[str, ...] | Unset = UNSET
    allow_non_browser: bool | Unset = UNSET
    session_password: str | Unset | None = UNSET
    test: bool | Unset = UNSET
    test_from: str | Unset | None = UNSET
    customer: str | Unset | None = UNSET
    customer_from: str | Unset | None = UNSET
    customer_releases: CustomerReleases | Unset | None = UNSET


class ReleaseBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Conditions of a release in bulk; a name that is not known is refused, or it would release too much."""

    handshake_code: str | None = None
    license: str | None = None
    last_seen_before: str | None = None
    storage: StorageKind | None = None
    unseated: bool = False
    dry_run: bool = False


class AdminKeyBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A key to be made."""

    id: str
    scope: AdminScope = "manage"
    customer: str | None = None


def new_admin_key(body: Any) -> tuple[str, AdminScope, str | None]:
    """Return name, scope and customer of a key to be made.

    Raises:
        WireError: the body is no such key.
    """
    wanted = convert(body, AdminKeyBody)
    return wanted.id, wanted.scope, wanted.customer


def devices_to_release(body: Any) -> tuple[DeviceFilter, bool]:
    """Return the conditions of a release in bulk, and whether it is only to be counted.

    Raises:
        WireError: the body holds anything else.
    """
    wanted = convert(body, ReleaseBody)
    before = _time(wanted.last_seen_before, "lastSeenBefore")
    before_ms = None if isinstance(before, Unset) else before
    conditions = DeviceFilter(
        wanted.handshake_code, wanted.license, None, before_ms, wanted.storage, is_unseated=wanted.unseated
    )
    return conditions, wanted.dry_run


def new_license(body: Any) -> LicenseSettings:
    """Return the settings of a license item to be added.

    Raises:
        WireError: the body is no such settings.
    """
    wanted = convert(body, LicenseBody)
    if isinstance(wanted.charge_way, Unset) or isinstance(wanted.quota, Unset):
        raise WireError("expected chargeWay and quota", field="quota")
    charge_way: ChargeWay = wanted.charge_way
    changes = _license_changes(wanted)
    license_id = None if isinstance(wanted.id, Unset) else wanted.id
    return LicenseSettings(**({"charge_way": charge_way, "quota": wanted.quota, "id": license_id} | changes))


def license_changes(body: Any) -> dict[str, Any]:
    """Return changes to a license item.

    Raises:
        WireError: the body is no such changes.
    """
    wanted = convert(body, LicenseBody)
    if not isinstance(wanted.id, Unset):
        raise WireError("a license keeps its id", field="id")
    return _license_changes(wanted)


def new_handshake(body: Any) -> tuple[Handshake, str | None]:
    """Return a handshake code to be added, and its session password.

    Raises:
        WireError: the body is no handshake code.
    """
    wanted = convert(body, HandshakeBody)
    if isinstance(wanted.handshake_code, Unset):
        raise WireError("expected a value, found none", field="handshakeCode")
    if not isinstance(wanted.customer_from, Unset):
        raise WireError("a new handshake code is its customer's from the beginning", field="customerFrom")
    if not isinstance(wanted.test_from, Unset):
        raise WireError("a new handshake code is a test code from the beginning, or not", field="testFrom")
    return Handshake(wanted.handshake_code, **_handshake_changes(wanted)), _password(wanted) or None


def handshake_changes(body: Any) -> tuple[dict[str, Any], str | None]:
    """Return changes to a handshake code, and the new session password: empty takes it away, None leaves it.

    Raises:
        WireError: the body is no such changes.
    """
    wanted = convert(body, HandshakeBody)
    if not isinstance(wanted.handshake_code, Unset):
        raise WireError("a handshake code keeps its name", field="handshakeCode")
    return _handshake_changes(wanted), _password(wanted)


def _license_changes(wanted: LicenseBody) -> dict[str, Any]:
    return _given(
        charge_way=wanted.charge_way,
        quota=wanted.quota,
        product=wanted.product,
        valid_from_ms=_time(wanted.valid_from, "validFrom"),
        valid_until_ms=_time(wanted.valid_until, "validUntil"),
        device_lifetime_s=wanted.device_lifetime_seconds,
        on_exhausted=wanted.on_exhausted,
        grace_percent=wanted.grace_percent,
    )


def _handshake_changes(wanted: HandshakeBody) -> dict[str, Any]:
    since, releases = _time(wanted.customer_from, "customerFrom"), wanted.customer_releases
    if not isinstance(since, Unset) and isinstance(wanted.customer, Unset):
        raise WireError("expected customer beside customerFrom", field="customer")
    tested = _time(wanted.test_from, "testFrom")
    if not isinstance(tested, Unset) and isinstance(wanted.test, Unset):
        raise WireError("expected test beside testFrom", field="test")
    return _given(
        license_ids=wanted.licenses,
        origins=wanted.allowed_origins,
        allow_non_browser=wanted.allow_non_browser,
        is_test=wanted.test,
        customer=wanted.customer,
        release_limit=UNSET if isinstance(releases, Unset) else None if releases is None else releases.limit,
        release_term_s=UNSET if isinstance(releases, Unset) else None if releases is None else releases.term_seconds,
        customer_from_ms=since,
        test_from_ms=tested,
    )


def _password(wanted: HandshakeBody) -> str | None:
    if isinstance(wanted.session_password, Unset):
        return None
    password = wanted.session_password or ""
    if len(password) > 1024 or not password.isprintable():
        raise WireError("expected at most 1024 printable characters", field="sessionPassword")
    return password


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not isinstance(value, Unset)}


def _time(text: str | Unset | None, field: str) -> int | Unset | None:
    if text is None or isinstance(text, Unset):
        return text
    try:
        return parse_time(text)
    except WireError as error:
        raise WireError(error.message, field=field) from None


def convert(body: Any, shape: type[T]) -> T:
    """Return a body as a record of some shape.

    Raises:
        WireError: it is none.
    """
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise WireError(str(error)) from None
