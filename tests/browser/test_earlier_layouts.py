"""What each released version left in the browser's databases is taken up by this one, and a later one's left alone."""

from __future__ import annotations

import json
import secrets
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site
from tests.browser.layouts import CODE, STORE_EPOCH, dump_databases, load_databases
from tests.page_workers import JOURNAL_SIZE

LAYOUTS = sorted((Path(__file__).parents[1] / "vectors").glob("indexeddb_*.json"))


def store_epoch_of(lts: LtsProcess) -> str:
    """Ask as a device of another handshake code does."""
    body = {"handshakeCode": lts.add_code(), "deviceUuid": str(uuid.uuid4())}
    request = urllib.request.Request(f"{lts.url}/v1/authorizations", data=json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["storeEpoch"])


@pytest.fixture
def own_code(lts: LtsProcess) -> str:
    """A fresh handshake code as long as that of the dumps."""
    return lts.add_handshake(lts.add_license(), code=secrets.token_hex(len(CODE))[: len(CODE)])


@pytest.fixture(params=LAYOUTS, ids=lambda path: path.stem)
def left(request: pytest.FixtureRequest, lts: LtsProcess, own_code: str) -> dict[str, Any]:
    """What a version left, as if this license server had been its own."""
    text = request.param.read_text().replace(CODE, own_code).replace(STORE_EPOCH, store_epoch_of(lts))
    return dict(json.loads(text)["databases"])


@pytest.fixture
def quiet_page(visitor: BrowserContext, shop: Site) -> Page:
    """A page of the site's origin, without a tracker and without a database."""
    page = visitor.new_page()
    page.goto(shop.url("/no-such-page"))
    return page


def records_of(left: dict[str, Any]) -> dict[str, Any]:
    return dict(left["dlt-web"]["stores"]["records"])


def test_there_is_a_layout_of_the_first_version() -> None:
    assert [path.stem for path in LAYOUTS][:1] == ["indexeddb_0.1.0"]


@pytest.mark.long_form(cases=1)
def test_the_databases_of_an_earlier_version_go_on_as_they_were(
    visitor: BrowserContext, shop: Site, lts: LtsProcess, own_code: str, left: dict[str, Any], quiet_page: Page
) -> None:
    load_databases(quiet_page, left)
    tab = HarnessPage.open(visitor, shop)
    assert tab.start({"handshakeCode": own_code, "licenseServer": lts.url}) == records_of(left)["device"]["uuid"]
    assert tab.state()["storage"] == "indexeddb"
    wait_until(lambda: tab.page.evaluate(JOURNAL_SIZE) == 0, what="the journal is counted")
    tab.scan(plain("qr_code", "AFTER"))
    tab.flush()
    usage = lts.usage(own_code)
    # Two were acknowledged by the server of before. Three waited for it, two were journalled, one is new.
    assert usage.by_symbology == {"code_128": 2, "qr_code": 4}
    assert (usage.devices, usage.lost, usage.unverified_scans) == (1, {}, 0)
    explanation = tab.explain()["tracker"]
    assert explanation["deadLetters"] == []
    # Numbers went on where they stood: three were given away, and the new scan has the fourth.
    assert explanation["reports"]["nextSeq"] == 5
    # Its token was another server's; and the dump may be of a later day than this machine's.
    assert {error["code"] for error in explanation["errors"]} <= {"REPORT_TOKEN_STALE", "CLOCK_SET_BACK"}
    assert tab.uncaught() == []


@pytest.mark.long_form(cases=1)
def test_the_database_of_a_later_version_is_left_as_it_is_and_the_page_counts_in_memory(
    visitor: BrowserContext, shop: Site, lts: LtsProcess, own_code: str, left: dict[str, Any], quiet_page: Page
) -> None:
    left["dlt-web"]["version"] = 99
    load_databases(quiet_page, left)
    before = dump_databases(quiet_page)
    tab = HarnessPage.open(visitor, shop)
    device = tab.start({"handshakeCode": own_code, "licenseServer": lts.url})
    assert tab.scan(plain("qr_code", "DOWNGRADE")).scans == 1
    tab.flush()
    assert tab.state()["storage"] == "memory"
    errors = tab.explain()["tracker"]["errors"]
    assert "VersionError" in errors[0]["message"]
    usage = lts.usage(own_code)
    assert (usage.devices, usage.scans, usage.lost) == (1, 1, {})
    assert lts.devices(own_code)[0].device_uuid == device != records_of(left)["device"]["uuid"]
    tab.page.close()
    # All of it waits for the version that can read it.
    assert dump_databases(quiet_page) == before
