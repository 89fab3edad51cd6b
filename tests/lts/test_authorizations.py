from __future__ import annotations

import asyncio
import base64
import json

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from dlt_web.auth_token import read_token
from dlt_web.lts import admission, passwords
from dlt_web.slots import format_time
from tests.lts.world import CODE, SHOP, T0_MS, World, code_of, uuid

DAY_MS = 86_400_000


class Unwarned(JWSRegistry):
    def get_alg(self, name: str) -> jws.JWSAlgModel:  # type: ignore[name-defined]
        return self.algorithms[name]


def test_a_granted_device_gets_everything_that_it_needs(world: World) -> None:
    world.license()
    world.handshake()
    response = world.authorize()
    assert response.status_code == 201
    answer = response.json()
    assert answer["item"] == {"id": "L", "chargeWay": "per_device", "overQuota": False}
    assert answer["serverTime"] == format_time(T0_MS)
    assert answer["expiresAt"] == format_time(T0_MS + 3_600_000)
    assert answer["reportIntervalSeconds"] == 180
    assert len(answer["reportToken"]) <= 120
    assert answer["storeEpoch"].endswith(":1")
    assert response.headers["cache-control"] == "no-store"


def test_a_token_says_what_the_spec_wants_and_its_signature_holds(world: World) -> None:
    world.license()
    world.handshake()
    compact = world.authorize().json()["token"]
    token = read_token(compact)
    assert (token.device_uuid, token.audience, token.item_id) == (uuid(1), SHOP, "L")
    assert (token.issued_at_s, token.expires_at_s) == (T0_MS // 1000, T0_MS // 1000 + 3600)
    assert token.offline_allowance_s == 7 * 86_400
    keys = KeySet.import_key_set(world.call("GET", "/.well-known/jwks.json").json())
    assert jws.deserialize_compact(compact, keys, registry=Unwarned()).payload
    header, claims, signature = compact.split(".")
    forged = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged["exp"] += 1
    claims = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    with pytest.raises(jws.BadSignatureError):  # type: ignore[attr-defined]
        jws.deserialize_compact(f"{header}.{claims}.{signature}", keys, registry=Unwarned())


def test_a_token_without_an_origin_has_no_audience(world: World) -> None:
    world.license()
    world.handshake()
    assert read_token(world.authorize(origin=None).json()["token"]).audience is None


def test_rotated_keys_sign_anew_and_the_old_ones_stay_listed(world: World) -> None:
    world.license()
    world.handshake()
    before = world.authorize().json()
    world.admin.rotate_keys()
    after = world.authorize().json()
    kinds = [read_token(answer["token"]).key_id for answer in (after, before)]
    assert kinds[0] != kinds[1]
    assert [key["kid"] for key in world.call("GET", "/.well-known/jwks.json").json()["keys"]] == kinds
    assert all("d" not in key for key in world.call("GET", "/.well-known/jwks.json").json()["keys"])


@pytest.mark.parametrize(
    ("charge_way", "lifetime_s", "interval_s", "life_s", "allowance_s"),
    [
        ("per_device", None, 180, 3600, 7 * 86_400),
        ("per_scan", None, 180, 3600, 7 * 86_400),
        ("concurrent_device", None, 60, 180, 0),
        ("concurrent_device", 90, 30, 90, 0),
        ("per_device", 300, 100, 300, 7 * 86_400),
        ("per_device", 2, 1, 2, 7 * 86_400),
    ],
)
def test_intervals_and_token_lives_follow_the_item(
    world: World, charge_way: str, lifetime_s: int | None, interval_s: int, life_s: int, allowance_s: int
) -> None:
    world.license(charge_way=charge_way, device_lifetime_s=lifetime_s)
    world.handshake()
    answer = world.authorize().json()
    token = read_token(answer["token"])
    assert answer["reportIntervalSeconds"] == interval_s
    assert token.expires_at_s - token.issued_at_s == life_s
    assert token.offline_allowance_s == allowance_s


def test_a_token_ends_with_its_item(world: World) -> None:
    world.license(valid_until_ms=T0_MS + 60_000)
    world.handshake()
    assert world.authorize().json()["expiresAt"] == format_time(T0_MS + 60_000)


# -- the order of the checks


def test_each_check_has_its_code_and_comes_in_its_turn(world: World) -> None:
    world.license("other", product="other", quota=0)
    asking = {"origin": "https://elsewhere.example", "sessionPassword": "wrong"}
    assert code_of(world.authorize(**asking)) == (404, "HANDSHAKE_CODE_UNKNOWN")
    world.handshake("other", password="secret", origins=(SHOP,))
    assert code_of(world.authorize(**asking)) == (403, "SESSION_PASSWORD_WRONG")
    assert code_of(world.authorize(origin=SHOP)) == (403, "SESSION_PASSWORD_WRONG")
    asking["sessionPassword"] = "secret"
    assert code_of(world.authorize(**asking)) == (403, "ORIGIN_NOT_ALLOWED")
    asking["origin"] = SHOP
    assert code_of(world.authorize(**asking)) == (403, "NO_MATCHING_ITEM")
    world.license("ended", valid_until_ms=T0_MS, quota=0)
    world.admin.set_handshake(CODE, {"license_ids": ("other", "ended")})
    assert code_of(world.authorize(**asking)) == (403, "LICENSE_EXPIRED")
    world.admin.set_license("ended", {"valid_until_ms": T0_MS + 1})
    assert code_of(world.authorize(**asking)) == (403, "QUOTA_EXHAUSTED")
    world.admin.set_license("ended", {"quota": 1})
    assert world.authorize(**asking).status_code == 201


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"valid_until_ms": T0_MS}, "LICENSE_EXPIRED"),
        ({"valid_from_ms": T0_MS + 1}, "LICENSE_NOT_YET_VALID"),
        ({"quota": 0}, "QUOTA_EXHAUSTED"),
        ({"product": "other"}, "NO_MATCHING_ITEM"),
    ],
)
def test_refusals_behind_the_door_carry_a_report_token(world: World, settings: dict[str, object], code: str) -> None:
    world.license(**settings)  # type: ignore[arg-type]
    world.handshake()
    response = world.authorize()
    assert code_of(response) == (403, code)
    assert response.json()["reportToken"]
    assert response.json()["storeEpoch"].endswith(":1")


def test_a_revoked_license_says_so(world: World) -> None:
    world.license()
    world.handshake()
    world.admin.revoke_license("L")
    assert code_of(world.authorize()) == (403, "LICENSE_REVOKED")


def test_refusals_at_the_door_carry_no_report_token(world: World) -> None:
    world.license()
    world.handshake(password="secret", origins=(SHOP,))
    assert "reportToken" not in world.authorize(sessionPassword="wrong").json()
    assert "reportToken" not in world.authorize(sessionPassword="secret", origin="https://x.example").json()


# -- origins and passwords


@pytest.mark.parametrize(
    ("origins", "allow_non_browser", "origin", "is_allowed"),
    [
        ((), False, None, True),
        ((), False, "https://any.example", True),
        ((SHOP,), False, SHOP, True),
        ((SHOP,), False, None, False),
        ((SHOP,), False, "https://shop.example:444", False),
        ((SHOP,), False, "http://shop.example", False),
        ((SHOP,), False, "null", False),
        ((SHOP,), True, None, True),
        ((SHOP,), True, "https://any.example", False),
    ],
)
def test_origin_lists(
    world: World, origins: tuple[str, ...], allow_non_browser: bool, origin: str | None, is_allowed: bool
) -> None:
    world.license()
    world.handshake(origins=origins, allow_non_browser=allow_non_browser, password="secret")
    response = world.authorize(origin=origin, sessionPassword="secret")
    assert (response.status_code == 201) == is_allowed
    world.authorize(sessionPassword="secret", origin=(*origins, None)[0])
    assert (world.report(origin=origin).status_code == 200) == is_allowed


def test_clients_beside_browsers_need_a_session_password(world: World) -> None:
    world.license()
    world.handshake(origins=(SHOP,), allow_non_browser=True, password="secret")
    assert code_of(world.authorize(origin=None)) == (403, "SESSION_PASSWORD_WRONG")
    world.admin.set_handshake(CODE, {"allow_non_browser": False}, "")
    assert code_of(world.authorize(origin=None)) == (403, "ORIGIN_NOT_ALLOWED")


def test_a_good_password_is_checked_slowly_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = []
    slow = passwords.is_password
    monkeypatch.setattr(passwords, "is_password", lambda *given: checks.append(1) or slow(*given))
    world.license()
    world.handshake(password="geheim ☕")
    for _ in range(3):
        assert world.authorize(sessionPassword="geheim ☕").status_code == 201
    assert len(checks) == 1
    assert code_of(world.authorize(sessionPassword="geheim")) == (403, "SESSION_PASSWORD_WRONG")
    world.admin.set_handshake(CODE, {}, "new")
    assert code_of(world.authorize(sessionPassword="geheim ☕")) == (403, "SESSION_PASSWORD_WRONG")


def test_a_crowd_of_password_checks_is_told_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_CHECKS_WAITING", 3)
    world.license()
    world.handshake(password="secret")

    async def crowd() -> list[int]:
        body = {"handshakeCode": CODE, "deviceUuid": uuid(1), "sessionPassword": "wrong"}
        requests = [world.client.post("/v1/authorizations", json=body) for _ in range(6)]
        answers = await asyncio.gather(*requests)
        assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)
        return [answer.status_code for answer in answers]

    statuses = world.run(crowd())
    assert set(statuses) == {403, 429}


def test_another_epoch_of_this_store_is_refused_and_another_store_is_not(world: World) -> None:
    world.license()
    world.handshake()
    epoch = world.authorize(2).json()["storeEpoch"]
    store_id = epoch.partition(":")[0]
    refused = world.authorize(storeEpoch=f"{store_id}:7")
    assert code_of(refused) == (409, "STORE_EPOCH_CHANGED")
    assert refused.json()["storeEpoch"] == epoch
    assert world.used() == (1, 0)
    assert world.authorize(storeEpoch="another:7").status_code == 201
    assert world.authorize(storeEpoch=epoch).status_code == 201


def test_what_the_device_says_of_itself_is_kept(world: World) -> None:
    world.license()
    world.handshake()
    world.authorize(deviceFriendlyName="Till 3", storage="memory", partitioned=True)
    world.authorize(storage="memory", partitioned=True)
    device = world.reads.devices(CODE)[0]
    assert (device.friendly_name, device.storage, device.is_partitioned) == ("Till 3", "memory", True)


def test_two_codes_on_one_page_are_counted_apart(world: World) -> None:
    world.license("A")
    world.license("B")
    world.handshake("A", code="one")
    world.handshake("B", code="two")
    world.authorize(1, code="one")
    world.authorize(1, code="two")
    assert (world.usage("one").devices, world.usage("two").devices) == (1, 1)
    assert (world.used("A"), world.used("B")) == ((1, 0), (1, 0))
