"""The try-out of the docs: the real tracker counts, reports to the stand-in, and the page says why."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dlt_web.testing.barcode_media import PrintedBarcode, Shot, expected_scans, save_picture, save_webm
from dlt_web.testing.deadline import wait_until
from dlt_web.wire import decode_report_request
from dlt_web.wire_answers import decode_report_answer
from tests.axe import AXE, broken_rules
from tests.plain_server import PlainServer

pytestmark = pytest.mark.browser

# None of them is in the sample video, which may have been read a moment before.
QR, EAN = PrintedBarcode("qr_code", "https://example.test/twice"), PrintedBarcode("ean_13", "9780201379624")
AZTEC = PrintedBarcode("aztec", "TWO IN ONE")


def row_of(page: Page, barcode: PrintedBarcode) -> Locator:
    return page.locator(".verdict", has_text=barcode.text)


def counted(page: Page) -> int:
    found = re.match(r"([\d,]+) counted", page.locator("#tally").inner_text())
    return int(found[1]) if found else 0


def fact(page: Page, name: str) -> Locator:
    return page.locator("#books > div", has=page.get_by_text(name, exact=True)).locator("dd")


def books_once_they_hold(page: Page, before: int = 0) -> int:
    """Return the scans on the books once they are those before, and what the page says since."""
    booked = fact(page, "Scans")
    wait_until(lambda: booked.inner_text() == str(before + counted(page)), what="the books to hold what the page says")
    return before + counted(page)


def open_files(page: Page, *paths: Path) -> None:
    page.get_by_role("button", name="Files", exact=True).click()
    page.locator("#files").set_input_files(paths)


def test_a_code_that_a_video_shows_twice_counts_once_and_the_page_says_why(
    tryout: Page, plain_server: PlainServer, tmp_path: Path
) -> None:
    shots = [Shot((QR,), 1), Shot((), 0.7), Shot((QR,), 1)]
    assert expected_scans(shots) == 1
    # What a busy machine read of the sample before it was stopped is counted; the page forgets it with its tracker.
    before = books_once_they_hold(tryout)
    # Longer than a machine that is busy with something else stands still between two frames.
    tryout.locator("#forget-time").select_option("60000")
    open_files(tryout, save_webm(tmp_path / "twice.webm", shots))
    row = row_of(tryout, QR)
    expect(row.locator(".stamp")).to_have_text("Duplicate")
    expect(row.locator(".why")).to_have_text(re.compile(r"^Still remembered, last seen [\d.]+ s ago\. .* for 60 s\.$"))
    expect(row.locator(".hint")).to_have_text(re.compile(r"^qr_code · 1 counted, \d+ duplicates?$"))

    # Two equal codes in one image, then the image again: images know nothing of each other.
    picture = save_picture(tmp_path / "two.png", AZTEC, AZTEC)
    for scans in (1, 2):
        open_files(tryout, picture)
        row = row_of(tryout, AZTEC)
        expect(row.locator(".hint")).to_have_text(
            f"aztec · {scans} counted, {scans} duplicate{'s' if scans > 1 else ''}"
        )
        expect(row.locator(".why")).to_have_text("An equal barcode in the same picture has been counted.")

    total = books_once_they_hold(tryout, before)
    assert total == before + 3
    expect(fact(tryout, "Devices")).to_have_text("1")

    # What was sent and answered is the protocol, and holds no barcode's text.
    text = tryout.locator("#report").input_value()
    last = json.loads(text)
    assert decode_report_request(last["request"]).request.handshake_code == "try-it"
    assert {result.outcome for result in decode_report_answer(last["answer"]).results} == {"accepted"}
    assert QR.text not in text
    assert AZTEC.text not in text

    # The server of the files heard nothing of all this, and after a reload it is the same device with the same books.
    assert [one for one in plain_server.asked if "/lts/" in one or not one.startswith("GET ")] == []
    tryout.reload()
    expect(fact(tryout, "Scans")).to_have_text(re.compile(r"\d"))
    assert int(fact(tryout, "Scans").inner_text()) >= total
    expect(fact(tryout, "Devices")).to_have_text("1")


@pytest.mark.in_one_engine("chromium")
def test_without_a_license_nothing_counts_and_the_page_says_so(tryout: Page, tmp_path: Path) -> None:
    open_files(tryout, save_picture(tmp_path / "before.png", QR))
    expect(tryout.locator("#tally")).to_have_text(re.compile("counted"))
    # Another tracker, which has counted nothing.
    tryout.locator("#license").select_option("used-up")
    expect(tryout.locator("#tally")).to_have_text("")
    tryout.locator("#license-pill", has_text="Refused").wait_for()
    open_files(tryout, save_picture(tmp_path / "one.png", EAN))
    row = row_of(tryout, EAN)
    expect(row.locator(".stamp")).to_have_text("Not counted")
    expect(row.locator(".why")).to_have_text("No license: the stand-in said no (QUOTA_EXHAUSTED).")
    tryout.locator("#license").select_option("try-it")
    tryout.locator("#license-pill", has_text="Licensed").wait_for()
    open_files(tryout, tmp_path / "one.png")
    expect(row_of(tryout, EAN).locator(".stamp")).to_have_text("+1 Counted")


@pytest.mark.in_one_engine("chromium")
def test_the_page_says_that_it_is_a_stand_in_and_keeps_the_rules_of_accessibility(tryout: Page, tmp_path: Path) -> None:
    expect(tryout.locator(".headline")).to_contain_text("No license server.")
    expect(tryout.locator(".headline")).to_contain_text("stand-in inside this browser")
    open_files(tryout, save_picture(tmp_path / "two.png", EAN, QR))
    row_of(tryout, QR).wait_for()
    tryout.locator("summary").click()
    tryout.add_script_tag(path=AXE)
    for scheme in ("light", "dark"):
        for width in (1280, 360, 320):
            # Colors that are on their way to others have no contrast yet.
            tryout.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            tryout.set_viewport_size({"width": width, "height": 800})
            told = broken_rules(tryout)
            assert (told["broken"], told["checked"] > 10) == ([], True), (scheme, width)
            assert tryout.evaluate("() => document.documentElement.scrollWidth") <= width
    row_of(tryout, QR).get_by_role("button").click()
    expect(tryout.locator("#why-dialog")).to_contain_text(QR.text)
    assert broken_rules(tryout)["broken"] == []
