"""The rules of the license tracking server for devices: authorizations and usage reports (spec §5 to §7).

Each request is one transaction of the store: what it reads, decides and writes is committed together or not at all.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Struct, structs

from ..model import (
    AuthorizationAnswer,
    AuthorizationRequest,
    AuthToken,
    Problem,
    ReportAnswer,
    StreamRow,
)
from ..wire import DecodedReportRequest
from . import admission, keyring, quota, seats, usage
from .clock import DAY_MS, Clock
from .handover import Handover
from .identity import ensure_identity, store_epoch
from .records import GRANTED, Device, Key, LicenseItem
from .store import Reading, Store, StoreUnavailableError, Writing


@dataclass(frozen=True, slots=True)
class Grant:
    """A token to be signed once the transaction that granted it is on disk."""

    token: AuthToken
    key: Key
    item: LicenseItem

    @property
    def expires_at_ms(self) -> int:
        """End of the token's online life, wall ms."""
        return self.token.expires_at_s * 1000

    def sign(self) -> str:
        """Return the compact JWS."""
        return keyring.sign(self.token, self.key)


class Booking(Struct, frozen=True):
    """What a report request came to."""

    answer: ReportAnswer
    grant: Grant | None


class Service:
    """Answers trackers. Its async methods belong to one event loop; ``store`` and ``clock`` may be shared."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use a store, giving it keys and an identity if it has none."""
        self.store = store
        self.clock = clock
        self._passwords = admission.PasswordGate()
        self._handover = Handover()
        now_ms = clock.now_ms()
        store.write(lambda rows: ensure_identity(rows, now_ms)).result()

    async def authorize(
        self, request: AuthorizationRequest, origin: str | None, client: str | None = None
    ) -> AuthorizationAnswer | Problem:
        """Give a device a token, or say why not; the checks run in the order of spec §6.

        ``client`` is the address that asks: nobody fills the line of slow password checks alone.
        """
        handshake = await self._handover.wait_for(
            self.store.read(lambda rows: rows.handshake(request.handshake_code), is_urgent=True)
        )
        if handshake is None:
            return admission.unknown_handshake(request.handshake_code)
        refusal = await self._passwords.check(handshake, request.session_password, origin, client)
        refusal = refusal or admission.check_origin(handshake, origin)
        now_ms = self.clock.now_ms()
        if refusal is not None:
            await self._count_refusal(handshake.code, refusal.code, now_ms)
            return refusal
        outcome = await self._handover.write(
            self.store,
            lambda rows: _authorize_and_count(rows, request, origin, now_ms),
            (handshake.code, request.device_uuid, ""),
        )
        if isinstance(outcome, Problem):
            return outcome
        grant, report_token, epoch = outcome
        return AuthorizationAnswer(
            token=grant.sign(),
            expires_at_ms=grant.expires_at_ms,
            server_time_ms=now_ms,
            item_id=grant.item.id,
            charge_way=grant.item.charge_way,
            over_quota=grant.token.over_quota,
            report_interval_s=quota.report_interval_s(grant.item),
            report_token=report_token,
            store_epoch=epoch,
        )

    async def _count_refusal(self, code: str, outcome: str, now_ms: int) -> None:
        """Count a refusal that needs no other write; one that cannot be counted now is a refusal all the same."""
        with suppress(StoreUnavailableError):
            await self._handover.write(
                self.store, lambda rows: rows.count_authorization(code, now_ms // DAY_MS, outcome)
            )

    async def report(self, request: DecodedReportRequest, origin: str | None) -> ReportAnswer | Problem:
        """Book the reports of a request and answer each; acknowledged means on disk."""
        now_ms = self.clock.now_ms()
        asked = request.request
        hint = (asked.handshake_code, asked.device_uuid, asked.stream_id)
        outcome = await self._handover.write(self.store, lambda rows: _report(rows, request, origin, now_ms), hint)
        if isinstance(outcome, Problem):
            return outcome
        if outcome.grant is None:
            return outcome.answer
        return replace(outcome.answer, token=outcome.grant.sign(), expires_at_ms=outcome.grant.expires_at_ms)

    async def jwks(self) -> dict[str, Any]:
        """Return the public keys that tokens are checked with."""
        return keyring.jwks(
            await self._handover.wait_for(self.store.read(lambda rows: rows.keys("signing"), is_urgent=True))
        )

    async def overview(self) -> tuple[str, list[LicenseItem]]:
        """Return the store's epoch and all license items, for those who watch the server."""
        return await self._handover.wait_for(self.store.read(lambda rows: (store_epoch(rows), rows.licenses())))

    async def check_ready(self) -> None:
        """Return when the store answers.

        Raises:
            StoreUnavailableError: it does not.
        """
        await self._handover.wait_for(self.store.read(store_epoch, is_urgent=True))


def _authorize_and_count(
    rows: Writing, request: AuthorizationRequest, origin: str | None, now_ms: int
) -> tuple[Grant, str, str] | Problem:
    outcome = _authorize(rows, request, origin, now_ms)
    name = outcome.code if isinstance(outcome, Problem) else GRANTED
    rows.count_authorization(request.handshake_code, now_ms // DAY_MS, name)
    return outcome


def _authorize(
    rows: Writing, request: AuthorizationRequest, origin: str | None, now_ms: int
) -> tuple[Grant, str, str] | Problem:
    code, epoch = request.handshake_code, store_epoch(rows)
    report_token = keyring.make_report_token(rows.keys("report")[0], code, request.device_uuid)
    if admission.is_other_epoch(request.store_epoch, epoch):
        return admission.epoch_changed(epoch, report_token)
    device = rows.device(code, request.device_uuid)
    asking = seats.Asking(code, device, now_ms)
    item: LicenseItem | seats.Refusal | None
    valid = seats.usable_items(rows, code, request.product, now_ms)
    if isinstance(valid, seats.Refusal):
        item = valid
    else:
        item = seats.find_seat(rows, asking, valid) or seats.refuse_exhausted(rows, asking, valid)
    if isinstance(item, seats.Refusal):
        # Usage that was made is never lost: whoever was let in this far may report it.
        return admission.refuse(item.code, item.detail, report_token=report_token, store_epoch=epoch)
    grant = _grant(rows, request.device_uuid, origin, item, now_ms)
    rows.put_device(_authorized_device(device, request, grant, now_ms))
    return grant, report_token, epoch


def _authorized_device(device: Device | None, request: AuthorizationRequest, grant: Grant, now_ms: int) -> Device:
    return Device(
        handshake_code=request.handshake_code,
        device_uuid=request.device_uuid,
        license_id=grant.item.id,
        is_unseated=False,
        product=request.product,
        first_seen_ms=device.first_seen_ms if device else now_ms,
        last_seen_ms=now_ms,
        removal_ms=now_ms + grant.item.device_lifetime_s * 1000,
        storage=request.storage,
        is_partitioned=request.partitioned,
        friendly_name=request.friendly_name or (device.friendly_name if device else None),
        is_cloned=device.is_cloned if device else False,
        scans=device.scans if device else 0,
        token_issued_ms=now_ms,
        token_expires_ms=grant.expires_at_ms,
    )


def _grant(rows: Reading, device_uuid: str, origin: str | None, item: LicenseItem, now_ms: int) -> Grant:
    key = rows.keys("signing")[0]
    token = AuthToken(
        key_id=key.id,
        issuer=f"dlt-lts:{store_epoch(rows).rpartition(':')[0]}",
        device_uuid=device_uuid,
        audience=origin,
        issued_at_s=now_ms // 1000,
        expires_at_s=quota.token_expiry_ms(item, now_ms) // 1000,
        token_id=str(uuid.uuid4()),
        item_id=item.id,
        charge_way=item.charge_way,
        over_quota=quota.is_over_quota(item),
        offline_allowance_s=quota.offline_allowance_s(item),
    )
    return Grant(token, key, item)


def _report(rows: Writing, decoded: DecodedReportRequest, origin: str | None, now_ms: int) -> Booking | Problem:
    request = decoded.request
    handshake = rows.handshake(request.handshake_code)
    if handshake is None:
        return admission.unknown_handshake(request.handshake_code)
    refusal = admission.check_origin(handshake, origin)
    if refusal is not None:
        return refusal
    epoch = store_epoch(rows)
    if admission.is_other_epoch(request.store_epoch, epoch):
        return admission.epoch_changed(epoch)
    verdict = keyring.judge_report_token(
        request.report_token, rows.keys("report"), request.handshake_code, request.device_uuid
    )
    if verdict == "stale":
        detail = "The report token was made with a key that this store does not have; authorize and send again."
        return admission.refuse("REPORT_TOKEN_STALE", detail, store_epoch=epoch)
    booked = usage.book_request(rows, decoded, is_verified=verdict == "good", now_ms=now_ms)
    row = booked.stream
    last = None if row is None else StreamRow(row.id, row.seq, row.version)
    answer = ReportAnswer(now_ms, epoch, booked.results, last)
    if verdict == "bad":
        return Booking(answer, None)
    device = usage.see_device(rows, request, booked, now_ms)
    return Booking(answer, _renew(rows, device, handshake.password_changed_ms, origin, now_ms))


def _renew(rows: Writing, device: Device, password_changed_ms: int, origin: str | None, now_ms: int) -> Grant | None:
    """Grant a fresh token with a report's answer: past half the old one's life, where an authorization would."""
    issued_ms, expires_ms = device.token_issued_ms, device.token_expires_ms
    if device.license_id is None or issued_ms is None or expires_ms is None:
        return None
    if issued_ms < password_changed_ms or 2 * (now_ms - issued_ms) < expires_ms - issued_ms:
        return None
    valid = seats.usable_items(rows, device.handshake_code, device.product, now_ms)
    if isinstance(valid, seats.Refusal):
        return None
    item = seats.find_seat(rows, seats.Asking(device.handshake_code, device, now_ms), valid)
    if item is None:
        return None
    grant = _grant(rows, device.device_uuid, origin, item, now_ms)
    renewed = structs.replace(
        device,
        license_id=item.id,
        removal_ms=now_ms + item.device_lifetime_s * 1000,
        token_issued_ms=now_ms,
        token_expires_ms=grant.expires_at_ms,
    )
    rows.put_device(renewed)
    return grant
