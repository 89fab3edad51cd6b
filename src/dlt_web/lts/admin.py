"""What operators do: license items, handshake codes, devices, keys. Every change is audited in its own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from ..model import ChargeWay
from . import quota
from .admin_alerts import AlertOffice
from .admin_checks import check_handshake, check_license
from .admin_erasure import DeviceErasure
from .admin_keys import AdminError
from .admin_statements import Statements
from .billing_records import Purpose
from .identity import KEY_KINDS
from .keyring import new_key
from .passwords import hash_password
from .reads import known_handshake, known_license
from .records import Handshake, Key, LicenseItem, OnExhausted
from .store import Writing
from .versions import check_version


@dataclass(frozen=True, slots=True)
class LicenseSettings:
    """What a license item is bought with; ``device_lifetime_s`` None means the charge way's usual lifetime."""

    charge_way: ChargeWay
    quota: int
    id: str | None = None
    product: str = "barcode-reader"
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    device_lifetime_s: int | None = None
    on_exhausted: OnExhausted = "refuse-all"
    grace_percent: int = 0


class Administration(Statements, DeviceErasure, AlertOffice):
    """Changes the store on behalf of an operator. Blocking: for the command line and for threads."""

    def add_license(self, settings: LicenseSettings) -> LicenseItem:
        """Add a license item.

        Raises:
            OptionError: a setting is out of range.
            AdminError: the id is taken.
        """
        lifetime_s = settings.device_lifetime_s
        item = LicenseItem(
            id=f"lic-{secrets.token_hex(4)}" if settings.id is None else settings.id,
            product=settings.product,
            charge_way=settings.charge_way,
            quota=settings.quota,
            valid_from_ms=settings.valid_from_ms,
            valid_until_ms=settings.valid_until_ms,
            device_lifetime_s=quota.default_lifetime_s(settings.charge_way) if lifetime_s is None else lifetime_s,
            on_exhausted=settings.on_exhausted,
            grace_percent=settings.grace_percent,
        )
        check_license(item)

        def add(rows: Writing) -> LicenseItem:
            if rows.license(item.id) is not None:
                known = f"There is a license {item.id} already"
                repair = f"choose another id, or change it with lts license set {item.id}"
                raise AdminError(f"{known}: {repair}.", code="ALREADY_EXISTS")
            rows.put_license(item)
            self._audit(rows, "license.add", item.id, _license_detail(item))
            return item

        return self._write(add)

    def set_license(self, license_id: str, changes: Mapping[str, Any], *, expected: str | None = None) -> LicenseItem:
        """Change settings of an item; seats and scans it has counted stay.

        ``expected`` is the version (:func:`~dlt_web.lts.versions.version_of`) that the change was made for.

        Raises:
            OptionError: a setting is out of range.
            AdminError: there is no such item, it is of another version, or in use and ``charge_way`` would change.
        """

        def change(rows: Writing) -> LicenseItem:
            before = known_license(rows, license_id)
            check_version(f"The license {license_id}", before, expected)
            after = structs.replace(before, **changes)
            if after.charge_way != before.charge_way:
                if before.seats or before.scans:
                    raise AdminError(f"The license {license_id} is in use: its charge way stays.", code="IN_USE")
                if "device_lifetime_s" not in changes:
                    after = structs.replace(after, device_lifetime_s=quota.default_lifetime_s(after.charge_way))
            check_license(after)
            if after.device_lifetime_s != before.device_lifetime_s:
                rows.set_lifetime(license_id, after.device_lifetime_s, self._clock.now_ms())
            rows.put_license(after)
            if _may_end_refusals(before, after, self._clock.now_ms()):
                self._lift_around(rows, license_id)
            self._audit(rows, "license.set", license_id, _license_detail(after))
            return known_license(rows, license_id)

        return self._write(change)

    def revoke_license(self, license_id: str) -> LicenseItem:
        """Take an item back for good; its usage stays counted.

        Raises:
            AdminError: there is no such item.
        """

        def revoke(rows: Writing) -> LicenseItem:
            item = known_license(rows, license_id)
            if item.is_revoked:
                return item
            rows.put_license(structs.replace(item, revoked_ms=self._clock.now_ms()))
            self._audit(rows, "license.revoke", license_id, {})
            return known_license(rows, license_id)

        return self._write(revoke)

    def add_handshake(self, handshake: Handshake, password: str | None = None) -> Handshake:
        """Add a handshake code with its ordered items.

        Raises:
            OptionError: a setting is out of range.
            AdminError: the code is taken, or an item does not exist.
        """
        secured = self._secured(handshake, password) if password is not None else handshake

        def add(rows: Writing) -> Handshake:
            if rows.handshake(handshake.code) is not None:
                known = f"There is a handshake code {handshake.code} already"
                repair = f"choose another, or change it with lts handshake set {handshake.code}"
                raise AdminError(f"{known}: {repair}.", code="ALREADY_EXISTS")
            self._put_handshake(rows, "handshake.add", secured)
            if handshake.is_test:
                rows.put_purpose(Purpose(handshake.code, 0, is_test=True))
            if handshake.customer is not None:
                self._put_customer(rows, handshake.code, handshake.customer, None)
            return known_handshake(rows, handshake.code)

        return self._write(add)

    def set_handshake(
        self, code: str, changes: Mapping[str, Any], password: str | None = None, *, expected: str | None = None
    ) -> Handshake:
        """Change a handshake code; an empty ``password`` takes the session password away.

        ``customer`` (None: nobody) is among the changes where the code changes hands, and ``customer_from_ms`` with it
        where it does so at another time than now. So ``test_from_ms`` with ``is_test``. ``expected`` is the version
        that the change was made for.

        Raises:
            OptionError: a setting is out of range.
            AdminError: there is no such code, it is of another version, or an item does not exist.
        """
        password_hash = hash_password(password) if password else None
        apart = {"customer", "customer_from_ms", "test_from_ms"}
        settings = {name: value for name, value in changes.items() if name not in apart}

        def change(rows: Writing) -> Handshake:
            before = known_handshake(rows, code)
            check_version(f"The handshake code {code}", before, expected)
            after = replace(before, **settings)
            if password is not None:
                after = replace(after, password_hash=password_hash, password_changed_ms=self._clock.now_ms())
            if settings or password is not None:
                self._put_handshake(rows, "handshake.set", after)
            if "is_test" in changes:
                self._put_purpose(rows, before, changes["is_test"], changes.get("test_from_ms"))
            if "customer" in changes:
                self._put_customer(rows, code, changes["customer"], changes.get("customer_from_ms"))
            return known_handshake(rows, code)

        return self._write(change)

    def rotate_keys(self) -> list[str]:
        """Add a key of each kind that is used from now on; the old ones stay good. Returns the new key ids."""
        keys = [new_key(kind, self._clock.now_ms()) for kind in KEY_KINDS]

        def rotate(rows: Writing) -> list[str]:
            for key in keys:
                rows.add_key(key)
                self._audit(rows, "keys.rotate", key.id, {"kind": key.kind})
            return [key.id for key in keys]

        return self._write(rotate)

    def retire_key(self, key_id: str) -> Key:
        """Forget a key that has leaked, and return it: from now on nothing that was made with it is believed.

        A signing key is published no more. Reports with a token of a retired key are answered as those of one that was
        never here: nothing is booked, the tracker authorizes and sends them again.

        Raises:
            AdminError: there is no such key, or its kind has none that is newer.
        """

        def retire(rows: Writing) -> Key:
            for kind in KEY_KINDS:
                newest, *older = rows.keys(kind)
                if key_id == newest.id:
                    raise AdminError(
                        f"The key {key_id} is in use: make new ones first with keys rotate.", code="IN_USE"
                    )
                for key in older:
                    if key_id == key.id:
                        rows.delete_key(key_id)
                        self._audit(rows, "keys.retire", key_id, {"kind": kind})
                        return key
            raise AdminError(f"There is no key {key_id:.80}; lts keys list names them.")

        return self._write(retire)

    def _secured(self, handshake: Handshake, password: str) -> Handshake:
        return replace(handshake, password_hash=hash_password(password), password_changed_ms=self._clock.now_ms())

    def _put_handshake(self, rows: Writing, action: str, handshake: Handshake) -> None:
        check_handshake(handshake)
        for license_id in handshake.license_ids:
            known_license(rows, license_id)
        before = rows.handshake(handshake.code)
        rows.put_handshake(handshake)
        if before is not None and not set(handshake.license_ids) <= set(before.license_ids):
            rows.lift_exhausted(handshake.code)
        self._audit(rows, action, handshake.code, _handshake_detail(handshake))

    def _lift_around(self, rows: Writing, license_id: str) -> None:
        """Lift the ``refuse-all`` marks of every code that uses an item."""
        for handshake in rows.handshakes():
            if license_id in handshake.license_ids:
                rows.lift_exhausted(handshake.code)


def _may_end_refusals(before: LicenseItem, after: LicenseItem, now_ms: int) -> bool:
    """Tell whether a change lets an item grow or join in, or makes another item of it (spec §6)."""
    if quota.is_valid_at(after, now_ms) and not quota.is_valid_at(before, now_ms):
        return True
    if quota.limit(after, 100 + after.grace_percent) > quota.limit(before, 100 + before.grace_percent):
        return True
    what = [(item.on_exhausted, item.charge_way, item.product) for item in (before, after)]
    return what[0] != what[1]


def _license_detail(item: LicenseItem) -> dict[str, Any]:
    return {
        "product": item.product,
        "chargeWay": item.charge_way,
        "quota": item.quota,
        "validFromMs": item.valid_from_ms,
        "validUntilMs": item.valid_until_ms,
        "deviceLifetimeSeconds": item.device_lifetime_s,
        "onExhausted": item.on_exhausted,
        "gracePercent": item.grace_percent,
    }


def _handshake_detail(handshake: Handshake) -> dict[str, Any]:
    return {
        "licenses": handshake.license_ids,
        "origins": handshake.origins,
        "allowNonBrowser": handshake.allow_non_browser,
        "hasSessionPassword": handshake.password_hash is not None,
        "test": handshake.is_test,
        "customerReleases": None
        if handshake.release_limit is None
        else [handshake.release_limit, handshake.release_term_s],
    }
