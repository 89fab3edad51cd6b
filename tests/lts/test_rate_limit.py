"""Who asks too often with a key, or with keys that nobody made, is put off, and nobody else is."""

from __future__ import annotations

import httpx
import pytest

from dlt_web.lts import admin_gate, rate_limit
from dlt_web.lts.rate_limit import Buckets, bucket_of
from tests.lts.admin_client import Operator, check_against_description
from tests.lts.world import code_of


def test_a_bucket_gives_what_it_has_and_then_as_fast_as_it_fills() -> None:
    now = [0.0]
    buckets = Buckets(3, 0.5, lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 2]
    assert buckets.take("b") == 0
    now[0] = 1.0
    assert buckets.take("a") == 1
    now[0] = 2.0
    assert [buckets.take("a") for _ in range(2)] == [0, 2]
    now[0] = 1_000.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 2], "never more than the burst"
    buckets.give_back("a")
    buckets.give_back("nobody")
    assert buckets.take("a") == 0


def test_so_many_names_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_NAMES", 5)
    buckets = Buckets(1, 1.0, lambda: 0.0)
    assert [buckets.take(str(name)) for name in range(9)] == [0] * 9
    assert len(buckets) == 5
    assert buckets.take("8") == 1


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        (None, None, True),
        ("testclient", None, False),
    ],
)
def test_a_host_has_one_bucket_whatever_address_of_its_own_it_takes(
    one: str | None, other: str | None, is_same: bool
) -> None:
    assert (bucket_of(one) == bucket_of(other)) is is_same


def wrong(operator: Operator, number: int) -> httpx.Response:
    return operator("GET", "/licenses", key=f"dlt_admin_{number}")


def test_wrong_keys_are_put_off_and_who_has_a_good_one_goes_on(operator: Operator) -> None:
    assert operator("GET", "/licenses").status_code == 200
    answers = [wrong(operator, number) for number in range(admin_gate.WRONG_KEYS_BURST + 1)]
    assert {code_of(answer) for answer in answers[:-1]} == {(401, "ADMIN_KEY_REQUIRED")}
    assert code_of(answers[-1]) == (429, "RATE_LIMITED")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3
    assert operator("GET", "/licenses").status_code == 200, "at the same address"


def test_a_wrong_key_that_is_put_off_costs_the_store_nothing(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(admin_gate.WRONG_KEYS_BURST):
        wrong(operator, number)
    monkeypatch.setattr(operator.world.store, "read", None)
    assert code_of(wrong(operator, 99)) == (429, "RATE_LIMITED")


def test_good_keys_wear_nothing_out(operator: Operator) -> None:
    for number in range(admin_gate.WRONG_KEYS_BURST + 5):
        key = operator.world.admin.add_admin_key(f"k{number}")
        assert operator("GET", "/keys", key=key).status_code == 200


def test_a_customer_s_key_that_asks_too_often_is_put_off_alone(operator: Operator) -> None:
    keys = [operator.world.admin.add_admin_key(name, "customer", "ACME") for name in ("one", "other")]

    def ask(key: str) -> httpx.Response:
        response = operator.world.call("GET", "/v1/customer/codes", headers={"Authorization": f"Bearer {key}"})
        check_against_description(operator.document, "GET", response)
        return response

    for _ in range(2 * admin_gate.CUSTOMER_BURST):
        if (answer := ask(keys[0])).status_code != 200:
            break
    assert code_of(answer) == (429, "RATE_LIMITED")
    assert answer.headers["Retry-After"] == "1"
    assert ask(keys[1]).status_code == 200
    assert operator("GET", "/licenses").status_code == 200
