"""Usage reports at the server: tokens, epochs, clocks, conflicts, renewals (spec §5, §6)."""

from __future__ import annotations

import pytest

from dlt_web.auth_token import read_token
from dlt_web.lts.activity import Subject
from dlt_web.lts.keyring import new_key
from dlt_web.lts.usage_reads import Span
from dlt_web.slots import SLOT_MS, format_time
from tests.lts.world import CODE, SHOP, SLOT_0, T0_MS, World, code_of, outcomes, report, uuid

ADMIN_PASSWORD_CHANGE = {"sessionPassword": "two"}
FIVE_YEARS_MS = 5 * 365 * 86_400_000


@pytest.fixture
def seated(world: World) -> World:
    """A world with one device of a device license."""
    world.license()
    world.handshake()
    world.authorize()
    return world


def test_an_answer_says_what_was_booked_and_the_streams_row(seated: World) -> None:
    response = seated.report(1, [report(1, 2), report(2, 3)])
    assert response.json() == {
        "serverTime": format_time(T0_MS),
        "storeEpoch": seated.store.read(lambda rows: rows.info("store_epoch")).result(),
        "results": [
            {"seq": 1, "version": 1, "outcome": "accepted"},
            {"seq": 2, "version": 1, "outcome": "accepted"},
        ],
        "last": {"id": uuid(2, "4bad"), "seq": 2, "version": 1},
    }
    assert response.headers["cache-control"] == "no-store"


def test_an_empty_list_is_a_sign_of_life(seated: World) -> None:
    seated.clock.move_to(T0_MS + 60_000)
    response = seated.report()
    assert (response.json()["results"], response.json()["last"]) == ([], None)
    device = seated.reads.devices(CODE)[0]
    assert device.last_seen_ms == T0_MS + 60_000
    assert device.removal_ms == T0_MS + 60_000 + 366 * 86_400_000


def test_counts_land_by_symbology_and_lost_by_reason(seated: World) -> None:
    seated.report(1, [report(1, counts={"qr_code": 2, "made_up_2027": 5}, lost={"purged": 3})])
    seated.report(1, [report(1, version=2, counts={"qr_code": 4, "made_up_2027": 5}, lost={"purged": 4, "setBack": 1})])
    usage = seated.usage()
    assert usage.by_symbology == {"made_up_2027": 5, "qr_code": 4}
    assert usage.lost == {"purged": 4, "setBack": 1}
    assert usage.scans == 9


def test_one_invalid_report_never_fails_its_neighbours(seated: World) -> None:
    bad = report(2, counts={"QR Code": 1})
    response = seated.report(1, [report(1, 2), bad, report(3, 4)])
    assert outcomes(response) == ["accepted", "REPORT_INVALID", "accepted"]
    assert seated.usage().scans == 6


def test_a_request_of_invalid_reports_only_names_the_field(seated: World) -> None:
    response = seated.report(1, [report(1, counts={"qr_code": -1})])
    assert code_of(response) == (422, "REQUEST_INVALID")
    assert response.json()["field"] == "reports[0].counts.qr_code"


# -- conflicts


@pytest.mark.parametrize(
    "other",
    [
        report(1, 2, id=uuid(9)),
        report(1, 3),
        report(1, 1, version=2),
        report(1, 3, version=2, slot=1),
        report(1, 2, version=2, counts={"ean_13": 2}),
        report(1, 2, lost={"purged": 1}),
    ],
    ids=["another id", "equal version, other counts", "shrunk", "other slot", "a name vanished", "other lost"],
)
def test_two_copies_of_one_database_conflict(seated: World, other: dict[str, object]) -> None:
    seated.report(1, [report(1, 2)])
    response = seated.report(1, [other, report(2, 5), report(3, counts={"BAD": 1})])
    assert outcomes(response) == ["REPORT_CONFLICT"] * 3
    assert response.json()["last"] == {"id": uuid(1, "4bad"), "seq": 1, "version": 1}
    assert seated.usage().scans == 2
    assert seated.reads.devices(CODE)[0].is_cloned


def test_lost_scans_do_not_shrink_either(seated: World) -> None:
    seated.report(1, [report(1, 2, lost={"purged": 3})])
    assert outcomes(seated.report(1, [report(1, 2, version=2, lost={"purged": 2})])) == ["REPORT_CONFLICT"]
    assert seated.usage().lost == {"purged": 3}


def test_what_comes_before_a_conflict_is_booked(seated: World) -> None:
    seated.report(1, [report(1, 2)])
    assert outcomes(seated.report(1, [report(1, 4, version=3), report(1, 1, version=4), report(2)])) == [
        "accepted",
        "REPORT_CONFLICT",
        "REPORT_CONFLICT",
    ]
    assert seated.usage().scans == 4


def test_skipped_numbers_are_recorded(seated: World) -> None:
    seated.report(1, [report(3), report(7)])
    assert seated.reads.missing_numbers(CODE, uuid(1)) == 5


# -- clocks


def test_what_is_sent_in_a_leap_second_is_booked_in_the_slot_that_it_ends(seated: World) -> None:
    # 2027-01-01T00:00:00Z follows; whether there will be one then, nobody knows yet.
    seated.clock.move_to(1_798_761_600_000)
    body = report(1, 3) | {"slot": "2026-12-31T23:57:00Z"}
    assert outcomes(seated.report(1, [body], sentAt="2026-12-31T23:59:60.5Z")) == ["accepted"]
    (stream,) = seated.store.read(lambda rows: rows.streams(CODE, uuid(1))).result()
    assert format_time(stream.booked_slot * SLOT_MS) == body["slot"]
    assert (stream.shifted_reports, stream.clamped_reports) == (0, 0)
    assert seated.usage().scans == 3


def test_a_second_60_that_is_none_is_refused_by_name_and_its_report_can_be_sent_again(seated: World) -> None:
    response = seated.report(1, [report(1, 3)], sentAt="2026-11-24T10:03:60Z")
    assert code_of(response) == (422, "REQUEST_INVALID")
    assert response.json()["field"] == "sentAt"
    assert outcomes(seated.report(1, [report(1, 3)])) == ["accepted"]
    assert seated.usage().scans == 3


@pytest.mark.parametrize(
    ("sent_after_ms", "slot", "booked", "is_shifted", "is_clamped"),
    [
        (0, 0, 0, False, False),
        (-300_000, 0, 0, False, False),
        (300_000, 0, 0, False, False),
        (-360_000, -2, 0, True, False),
        (-3_600_050, -20, 0, True, False),
        (-3_599_950, -20, 0, True, False),
        (-460_000, -3, 0, True, False),
        (-300_001, -2, 0, True, False),
        (300_001, 2, 0, True, False),
        (3_600_000, 20, 0, True, False),
        (-FIVE_YEARS_MS, -FIVE_YEARS_MS // SLOT_MS, 0, True, False),
        (FIVE_YEARS_MS, FIVE_YEARS_MS // SLOT_MS, 0, True, False),
        (0, 1, 1, False, False),
        (0, 2, 1, False, True),
        (0, -366 * 480, -366 * 480, False, False),
        (0, -366 * 480 - 1, -366 * 480, False, True),
        (0, 10**6, 1, False, True),
    ],
)
def test_slots_follow_the_servers_clock(
    seated: World, sent_after_ms: int, slot: int, booked: int, is_shifted: bool, is_clamped: bool
) -> None:
    seated.report(1, [report(1, 2, slot=slot)], sentAt=format_time(T0_MS + sent_after_ms))
    stream = seated.store.read(lambda rows: rows.streams(CODE, uuid(1))).result()[0]
    assert stream.booked_slot - SLOT_0 == booked
    assert (stream.shifted_reports, stream.clamped_reports) == (int(is_shifted), int(is_clamped))


def test_reports_of_a_wrong_clock_are_counted(seated: World) -> None:
    late = format_time(T0_MS - 3_600_000)
    seated.report(1, [report(1, slot=-20), report(2, slot=-19), report(3, slot=-500 * 480)], sentAt=late)
    seated.report(1, [report(4), report(5, slot=10**6), report(6, slot=10**6)])
    stream = seated.store.read(lambda rows: rows.streams(CODE, uuid(1))).result()[0]
    assert (stream.shifted_reports, stream.clamped_reports) == (3, 3)


def test_the_first_receipt_fixes_the_booked_slot(seated: World) -> None:
    seated.report(1, [report(1, 2, slot=-20)], sentAt=format_time(T0_MS - 3_600_000))
    seated.report(1, [report(1, 5, version=2, slot=-20)])
    rows = seated.reads.scans(Subject("code", CODE), Span("slot"))
    assert [(row.start_ms, dict(row.scans)) for row in rows] == [(T0_MS, {"qr_code": 5})]


# -- report tokens and epochs


@pytest.mark.parametrize("token", [None, "", "nonsense", "rt1.0123456789abcdef.short"])
def test_usage_without_a_good_token_is_kept_apart_and_seats_nobody(seated: World, token: str | None) -> None:
    assert outcomes(seated.report(2, [report(1, 5)], reportToken=token)) == ["accepted"]
    assert outcomes(seated.report(2, [report(1, 5)], reportToken=token)) == ["duplicate"]
    usage = seated.usage()
    assert (usage.devices, usage.unseated_devices, usage.scans, usage.unverified_scans) == (1, 0, 0, 5)


def test_another_devices_token_or_another_codes_is_not_good(seated: World) -> None:
    seated.handshake(code="other")
    seated.authorize(1, code="other")
    seated.report(2, [report(1, 5)], reportToken=seated.tokens[CODE, 1])
    seated.report(1, [report(1, 5)], reportToken=seated.tokens["other", 1])
    assert (seated.usage().scans, seated.usage().unverified_scans) == (0, 10)


def test_a_stranger_cannot_spoil_a_devices_stream(seated: World) -> None:
    seated.report(1, [report(9, 5, id=uuid(66))], reportToken=None)
    assert outcomes(seated.report(1, [report(1, 2)])) == ["accepted"]
    assert seated.usage().scans == 2


def test_old_report_tokens_stay_good_after_a_rotation(seated: World) -> None:
    seated.admin.rotate_keys()
    seated.report(1, [report(1, 2)])
    assert (seated.usage().scans, seated.usage().unverified_scans) == (2, 0)


def test_a_token_of_an_unknown_key_is_stale_and_books_nothing(seated: World) -> None:
    from dlt_web.lts.keyring import make_report_token

    stale = make_report_token(new_key("report", 0), CODE, uuid(1))
    response = seated.report(1, [report(1, 2)], reportToken=stale)
    assert code_of(response) == (409, "REPORT_TOKEN_STALE")
    assert response.json()["storeEpoch"].endswith(":1")
    assert (seated.usage().scans, seated.usage().unverified_scans) == (0, 0)


def test_another_epoch_books_nothing(seated: World) -> None:
    epoch = seated.report().json()["storeEpoch"]
    store_id = epoch.partition(":")[0]
    response = seated.report(1, [report(1, 2)], storeEpoch=f"{store_id}:0")
    assert code_of(response) == (409, "STORE_EPOCH_CHANGED")
    assert response.json()["storeEpoch"] == epoch
    assert seated.usage().scans == 0
    assert outcomes(seated.report(1, [report(1, 2)], storeEpoch=epoch)) == ["accepted"]


def test_an_unknown_code_and_a_foreign_origin_are_refused(seated: World) -> None:
    assert code_of(seated.report(1, code="unknown")) == (404, "HANDSHAKE_CODE_UNKNOWN")
    seated.admin.set_handshake(CODE, {"origins": (SHOP,)})
    assert code_of(seated.report(1, [report(1)], origin="https://x.example")) == (403, "ORIGIN_NOT_ALLOWED")
    assert code_of(seated.report(1, [report(1)], origin=None)) == (403, "ORIGIN_NOT_ALLOWED")
    assert seated.usage().scans == 0


# -- renewal


def test_a_token_is_renewed_past_half_its_life(seated: World) -> None:
    seated.clock.move_to(T0_MS + 1_799_999)
    assert "token" not in seated.report(1, [report(1)]).json()
    seated.clock.move_to(T0_MS + 1_800_000)
    answer = seated.report(1, [report(2)]).json()
    assert answer["expiresAt"] == format_time(T0_MS + 5_400_000)
    token = read_token(answer["token"])
    assert (token.device_uuid, token.audience, token.item_id) == (uuid(1), SHOP, "L")
    assert "token" not in seated.report(1, [report(3)]).json()


def test_no_token_is_renewed_where_an_authorization_would_be_refused(seated: World) -> None:
    seated.admin.set_license("L", {"quota": 1})
    assert code_of(seated.authorize(2)) == (403, "QUOTA_EXHAUSTED")
    seated.clock.move_to(T0_MS + 1_800_000)
    assert "token" not in seated.report(1, [report(1)]).json()
    seated.admin.set_license("L", {"quota": 2})
    assert "token" in seated.report(1, [report(2)]).json()
    seated.admin.revoke_license("L")
    seated.clock.move_to(T0_MS + 7_200_000)
    assert "token" not in seated.report(1, [report(3)]).json()


def test_a_full_per_scan_item_renews_no_token(world: World) -> None:
    world.license(charge_way="per_scan", quota=3)
    world.handshake()
    world.authorize()
    world.clock.move_to(T0_MS + 1_800_000)
    assert "token" in world.report(1, [report(1, 2)]).json()
    world.clock.move_to(T0_MS + 3_600_000)
    assert "token" not in world.report(1, [report(2, 1)]).json()


def test_a_changed_session_password_ends_renewal(world: World) -> None:
    world.license()
    world.handshake(password="one")
    world.authorize(sessionPassword="one")
    world.clock.move_to(T0_MS + 1)
    world.admin.set_handshake(CODE, {}, "two")
    world.clock.move_to(T0_MS + 1_900_000)
    assert "token" not in world.report(1, [report(1)]).json()
    assert world.authorize(**ADMIN_PASSWORD_CHANGE).status_code == 201
    world.clock.move_to(T0_MS + 3_900_000)
    assert "token" in world.report(1, [report(2)]).json()


def test_a_device_that_was_never_authorized_gets_no_token_by_reporting(world: World) -> None:
    world.license(quota=1)
    world.handshake()
    world.authorize(1)
    assert code_of(world.authorize(2)) == (403, "QUOTA_EXHAUSTED")
    world.admin.release_device(CODE, uuid(1))
    world.advance(days=1)
    assert "token" not in world.report(2, [report(1)]).json()
    assert world.seated() == [2]
