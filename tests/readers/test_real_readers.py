"""The same printed symbol, read by any two readers, is one barcode: shown with the real readers in a real browser."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from dlt_web.testing.static_site import StaticSite
from tests.long_form import IS_LONG, by_form
from tests.readers.printed import PRINTED, Printed

PHOTOS = Path(os.environ.get("DLT_WEB_PHOTOS") or Path(__file__).parents[3] / "shared" / "photos")
# Both of these are one decoder's; html5-qrcode is it with another way in.
SAME_DECODER = "@zxing/browser"
# One symbol of each sort of trouble, for the engine that does not read them all.
SAMPLE = ("UPC-E", "GS1-128", "Code 39 extended", "Codabar", "DataBar omni", "QR Code of bytes")

ZXING_JS = ("@zxing/library", "html5-qrcode")
# Photo -> readers that take it for another barcode than the others do, and why no rule can help.
EXCEPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "code128-1/6.png": (("zbar-wasm", "quagga2"), "FNC4, which makes `s` an `ó`, is not read"),
    "code39-1/2.webp": (("quagga2",), "misread as an EAN-8 that is not there"),
    "datamatrix-1/eci.png": (ZXING_JS, "the change of character set (ECI) is not read"),
    "pdf417-1/09.png": (ZXING_JS, "bytes that are no text are read as Windows-1252"),
    "pdf417-1/12-mixed-ecis.png": (ZXING_JS, "changes of character set (ECI) are not read"),
    "qrcode-2/17.webp": (("zbar-wasm",), "half-width katakana are given as bytes without their character set"),
    "qrcode-2/19.webp": (("zbar-wasm",), "half-width katakana are given as bytes without their character set"),
    "upca-2/01.webp": (("@zxing/library",), "misread without its option to try harder"),
    "upca-2/39.webp": (("zbar-wasm",), "its first half is misread in one of two lines"),
}

Identity = tuple[str, str]


def identities(read: list[dict[str, Any]]) -> set[Identity]:
    return {(one["identity"], one["keyHex"]) for one in read}


def read_all(page: Page, site: StaticSite, path: str, readers: list[str], *, counts: bool = True) -> dict[str, Any]:
    given = [site.shop_a.url(path), readers, counts]
    found: dict[str, Any] = page.evaluate("(given) => readAll(...given)", given)
    return found


def wrong(found: dict[str, Any], printed: Printed) -> list[str]:
    """Say what of the readers' answers is not what was printed."""
    said = []
    for reader, read in found["read"].items():
        for one in read:
            if one["symbology"] not in printed.symbologies or one["keyHex"] != printed.key.encode().hex():
                said.append(f"{printed.name}: {reader} says {one}")
    if found["scans"] != 1:
        said.append(f"{printed.name}: {found['scans']} scans, by {found['read']}")
    return said


@pytest.mark.long_form
def test_a_printed_symbol_counts_once_whichever_readers_read_it(
    readers_page: Page, readers_site: StaticSite, pictures: Path, browser_name: str
) -> None:
    readers: list[str] = readers_page.evaluate("() => readerNames")
    assert len(readers) == 9
    are_all = IS_LONG and browser_name == "chromium"
    shown = [one for one in PRINTED if are_all or one.name in SAMPLE]
    faults: list[str] = []
    times_read: Counter[str] = Counter()
    for printed in shown:
        found = read_all(readers_page, readers_site, f"/pictures/{printed.save(pictures)}", readers)
        times_read.update(found["read"].keys())
        faults += wrong(found, printed)
    assert faults == []
    assert times_read["zxing-wasm 3"] == len(shown), "the newest reads what is printed"
    assert set(times_read) == set(readers), "each reader has read something"
    if are_all:
        symbologies = {one.name for one in shown}
        assert len(symbologies) >= 25
        # Fewer would mean that a reader is not asked as it should be.
        least = {"zxing-wasm 1": 30, "barcode-detector": 35, "zbar-wasm": 18, "html5-qrcode": 15, "quagga2": 5}
        assert {reader: times_read[reader] for reader in least if times_read[reader] < least[reader]} == {}


# In two parts, since a process that runs tests of browsers is done earlier if another can take one over.
@pytest.mark.untestable_in(
    "firefox", "webkit", why="what readers read in a photo does not depend on the engine; Chromium shows it"
)
@pytest.mark.long_form(cases=1)
@pytest.mark.parametrize("part", [0, 1])
def test_the_readers_agree_on_real_photos(
    readers_page: Page, readers_site: StaticSite, browser_name: str, part: int
) -> None:
    if not PHOTOS.is_dir():
        pytest.skip(f"the photos of real barcodes are not beside the checkout ({PHOTOS})")
    readers_site.mount("/photos/", PHOTOS)
    readers = [name for name in readers_page.evaluate("() => readerNames") if name != SAME_DECODER]
    differing: dict[str, set[str]] = {}
    photos = sorted(path for path in PHOTOS.rglob("*") if path.suffix in {".png", ".webp", ".jpg"})
    names = [str(photo.relative_to(PHOTOS)) for photo in photos][part :: by_form(short=10, long=2)]
    for name in names:
        read = read_all(readers_page, readers_site, f"/photos/{name}", readers, counts=False)["read"]
        # The one that finds most says what is there; where it finds nothing, the others have to agree.
        best = identities(read.get("zxing-wasm 3") or next(iter(read.values()), []))
        odd = {reader for reader in read if not identities(read[reader]) <= best}
        differing |= {name: odd} if odd else {}
    assert differing == {photo: set(readers) for photo, (readers, _why) in EXCEPTIONS.items() if photo in names}


def test_readers_that_need_a_license_give_the_same_barcodes_by_their_recorded_shapes(
    readers_page: Page, recorded: dict[str, Any]
) -> None:
    results = [one["result"] for one in recorded["recorded"]]
    found = readers_page.evaluate("(results) => scanRecorded(results, 'recorded')", results)
    keys = {one["symbology"]: one["key"] for one in found["explained"]}
    assert keys == recorded["expected"]
    assert len(found["explained"]) == sum(one["readings"] for one in recorded["recorded"])
    assert found["scans"] == len(keys)


def test_a_recorded_result_and_a_real_one_of_the_same_symbol_count_once(
    readers_page: Page, readers_site: StaticSite, pictures: Path, recorded: dict[str, Any]
) -> None:
    (upc_a,) = (one for one in PRINTED if one.name == "UPC-A")
    url = readers_site.shop_a.url(f"/pictures/{upc_a.save(pictures)}")
    assert readers_page.evaluate("(url) => readAll(url, ['zbar-wasm'])", url)["scans"] == 1
    strich = next(one["result"][:1] for one in recorded["recorded"] if one["reader"] == "STRICH")
    assert readers_page.evaluate("([results, stream]) => scanRecorded(results, stream)", [[strich], url])["scans"] == 0


def test_an_attached_reader_counts_beside_the_app_s_own_callback_until_it_is_detached(
    readers_page: Page, readers_site: StaticSite, pictures: Path
) -> None:
    (code_128,) = (one for one in PRINTED if one.name == "Code 128")
    url = readers_site.shop_a.url(f"/pictures/{code_128.save(pictures)}")
    assert readers_page.evaluate("(url) => readAttached(url)", url) == {"own": 2, "scans": 1}


def test_a_second_reader_on_a_tracker_is_warned_about_once(
    readers_page: Page, readers_site: StaticSite, pictures: Path
) -> None:
    (code_128,) = (one for one in PRINTED if one.name == "Code 128")
    url = readers_site.shop_a.url(f"/pictures/{code_128.save(pictures)}")
    readers_page.evaluate("(url) => readAll(url, ['zbar-wasm', 'zxing-wasm 3', 'zbar-wasm'])", url)
    (warning,) = readers_page.evaluate("() => warnings")
    assert "zbar-wasm, then zxing-wasm" in warning
    assert readers_page.evaluate("async () => (await tracker.explain()).readers") == ["zbar-wasm", "zxing-wasm"]
