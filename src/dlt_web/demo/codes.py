"""The demo's handshake codes: one for each charge way, each with a license item of its own."""

from __future__ import annotations

from dataclasses import dataclass

from ..lts.admin import Administration, LicenseSettings
from ..lts.admin_keys import AdminError, AdminKeys
from ..lts.clock import Clock
from ..lts.records import Handshake
from ..lts.store import Store
from ..model import ChargeWay


@dataclass(frozen=True, slots=True)
class DemoCode:
    """A handshake code of the demo and how its only license item charges."""

    handshake_code: str
    charge_way: ChargeWay
    quota: int


DEMO_CODES = (
    DemoCode("200001-demo", "per_device", 5),
    DemoCode("200002-demo", "concurrent_device", 3),
    DemoCode("200003-demo", "per_scan", 1000),
)


DASHBOARD_KEY = "demo"


def ensure_codes(store: Store, clock: Clock) -> None:
    """Adds the demo's items and handshake codes where the store has none; what is there stays as it is."""
    admin = Administration(store, clock, actor="demo")
    for code in DEMO_CODES:
        item_id = f"demo-{code.charge_way.replace('_', '-')}"
        settings = LicenseSettings(code.charge_way, code.quota, id=item_id)
        for add in (
            lambda settings=settings: admin.add_license(settings),
            lambda code=code, item_id=item_id: admin.add_handshake(
                Handshake(code.handshake_code, license_ids=(item_id,), is_test=True)
            ),
        ):
            try:
                add()
            except AdminError as error:
                if error.code != "ALREADY_EXISTS":
                    raise


def fresh_key(store: Store, clock: Clock) -> str:
    """Gives an administration key for the dashboard; the one of the last start is worthless from now on.

    It is shown on the terminal, and good for a server that only this machine reaches.
    """
    keys = AdminKeys(store, clock, actor="demo")
    try:
        return keys.rotate_admin_key(DASHBOARD_KEY)
    except AdminError:
        return keys.add_admin_key(DASHBOARD_KEY)
