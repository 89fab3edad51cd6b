"""The barcode readers of the demo page: each one really reads, and a printed code counts once whichever read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dlt_web.testing.barcode_media import PrintedBarcode, Shot, save_picture, save_webm

from .demo_process import DemoProcess
from .visit import (
    PER_SCAN,
    START_TIMEOUT_MS,
    choose_reader,
    counted_by,
    remember,
    rest,
    send_all,
    wait_for_count,
    wait_for_state,
)

# tests/readers/test_real_readers.py has them read in each engine.
pytestmark = [pytest.mark.browser, pytest.mark.in_one_engine("chromium")]

# Value in the menu -> name on the page, and what this reader calls a printed UPC-A and says of its digits.
READERS = {
    "zxing-wasm": ("zxing-wasm", "0036000291452 as EAN13"),
    "barcode-detector": ("BarcodeDetector polyfill", "0036000291452 as ean_13"),
    "zxing-library": ("@zxing/library", "036000291452 as UPC_A"),
    "quagga2": ("quagga2", "0036000291452 as ean_13"),
}
UPC_A = PrintedBarcode("upc_a", "036000291452")
# As a browser has it that has one, with the polyfill behind it.
BROWSERS_OWN = """() => {
    const load = async () => {
        const { BarcodeDetector, prepareZXingModule } = await import("/vendor/barcode-detector/index.js");
        prepareZXingModule({ overrides: { locateFile: (file) => `/vendor/barcode-detector/${file}` } });
        return new BarcodeDetector();
    };
    let loading;
    window.BarcodeDetector = class {
        static getSupportedFormats = async () => ["ean_13"];
        detect = async (image) => (await (loading ??= load())).detect(image);
    };
}"""


def facts_of_newest(page: Page) -> dict[str, str]:
    """What the page says of the newest result to whoever asks."""
    page.locator("#rows .what").first.click()
    dialog = page.locator("#why-dialog")
    expect(dialog).to_be_visible()
    names, words = dialog.locator("dt").all_inner_texts(), dialog.locator("dd").all_inner_texts()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return dict(zip(names, words, strict=True))


def test_each_reader_gives_the_same_barcode_once_it_is_chosen(tab: Page, demo: DemoProcess, tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "upc-a.png", UPC_A)
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    menu = tab.locator("#reader option")
    assert menu.evaluate_all("all => all.map((one) => one.value)") == [*READERS, "all"]
    for number, (reader, (name, said)) in enumerate(READERS.items(), start=1):
        choose_reader(tab, reader)
        tab.locator("#files").set_input_files(picture)
        wait_for_count(tab, shown + number)  # each chosen picture is one of its own
        facts = facts_of_newest(tab)
        assert facts[name] == said
        assert (facts["Symbology"], facts["Key"]) == ("ean_13", "0036000291452")
        assert facts["Rules"].endswith("(version 3)")
        assert ("reader=" in tab.url) is (reader != "zxing-wasm")
        # A new tab and the other domain have the same choice.
        assert tab.locator("#steps a").evaluate_all("all => all.map((one) => one.href)") == [
            tab.url,
            tab.url.replace(demo.shop_a, demo.shop_b),
        ]
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == len(READERS)


def test_one_printed_code_counts_once_whichever_readers_read_it(tab: Page, demo: DemoProcess, tmp_path: Path) -> None:
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    choose_reader(tab, "all")
    tab.locator("#files").set_input_files(save_picture(tmp_path / "upc-a.png", UPC_A))
    newest = tab.locator("#rows li").first
    expect(newest.locator(".hint")).to_have_text(f"ean_13 · from an image, read by {len(READERS)} readers")
    expect(newest.locator(".stamp")).to_have_text("+1 Counted")
    facts = facts_of_newest(tab)
    assert list(facts.items())[: len(READERS)] == list(READERS.values())
    assert facts["Rules"].startswith("none needed; or gtin_13")
    assert counted_by(tab) == shown + 1

    # Of a moving picture one reader after the other gets a frame: the same barcode, seen again and again. Not each of
    # them reads it in each frame, and a busy machine reads few.
    remember(tab)
    film = save_webm(tmp_path / "film.webm", [Shot((PrintedBarcode("ean_13", "5901234123457"),), 4.0)])
    tab.locator("#files").set_input_files(film)
    moving = tab.locator("#rows li", has_text="5901234123457")
    expect(moving.locator(".hint")).to_contain_text("times by ")
    tab.wait_for_function("() => document.getElementById('video').ended")
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == 2


def test_the_browsers_own_detector_is_offered_where_there_is_one(
    demo: DemoProcess, visitor: BrowserContext, tmp_path: Path
) -> None:
    visitor.add_init_script(f"({BROWSERS_OWN})()")
    page = visitor.new_page()
    page.goto(f"{demo.shop_a}/?code={PER_SCAN}&reader=native")
    rest(page)
    wait_for_state(page)
    expect(page.locator("#reader")).to_have_value("native")
    shown = counted_by(page)  # of the sample, while it played
    page.locator("#files").set_input_files(save_picture(tmp_path / "upc-a.png", UPC_A))
    wait_for_count(page, shown + 1)
    assert facts_of_newest(page)["BarcodeDetector"] == "0036000291452 as ean_13"

    # Each is loaded when it is chosen, and not before. Of one that cannot be it is said, and the one before goes on.
    loaded = """() => performance.getEntriesByType("resource").map(({ name }) => name)"""
    assert [name for name in page.evaluate(loaded) if "vendor/quagga2" in name] == []
    page.route("**/vendor/quagga2/index.js", lambda route: route.abort())
    page.locator("#reader").select_option("quagga2")
    expect(page.locator(".notice.warn")).to_contain_text("quagga2 could not be loaded")
    expect(page.locator("#reader")).to_have_value("native")
    page.locator("#files").set_input_files(save_picture(tmp_path / "again.png", UPC_A))
    wait_for_count(page, shown + 2)

    # Once it can be, the next choice of it loads it.
    page.unroute("**/vendor/quagga2/index.js")
    choose_reader(page, "quagga2")
    expect(page.locator(".notice.warn")).to_have_count(0)
    page.locator("#files").set_input_files(save_picture(tmp_path / "third.png", UPC_A))
    wait_for_count(page, shown + 3)
    assert facts_of_newest(page)["quagga2"] == "0036000291452 as ean_13"


def test_a_reader_that_fails_is_named_and_another_one_goes_on_with_the_same_picture(
    demo: DemoProcess, visitor: BrowserContext
) -> None:
    visitor.route("**/vendor/zxing-wasm/**", lambda route: route.abort())
    page = visitor.new_page()
    page.goto(f"{demo.shop_a}/?code={PER_SCAN}")
    notice = page.locator(".notice.warn")
    expect(notice).to_contain_text("zxing-wasm could not be loaded", timeout=START_TIMEOUT_MS)
    expect(notice).to_contain_text(". Choose another reader.")
    wait_for_state(page)
    assert counted_by(page) == 0
    choose_reader(page, "barcode-detector")  # and nothing else: the sample video plays all the time
    wait_for_count(page, 1)
    expect(notice).to_have_count(0)

    # In all of them the one is left out, and named.
    rest(page)
    page.locator("#reader").select_option("all")
    expect(notice).to_contain_text("zxing-wasm could not be loaded", timeout=START_TIMEOUT_MS)
    expect(notice).to_contain_text("The other three read.")
    expect(page.locator("#reader")).to_have_value("all")


def test_what_the_page_says_of_an_image_and_of_the_wall_fits_the_chosen_reader(tab: Page, tmp_path: Path) -> None:
    wall, notices = tab.locator("#wall-words"), tab.locator("#notices")
    expect(wall).to_contain_text("the license server counts 29 scans for it.")
    choose_reader(tab, "quagga2")
    expect(wall).to_contain_text("quagga2 reads one code of a picture, so 1 scan at most is counted for it.")
    tab.locator("#files").set_input_files(save_picture(tmp_path / "qr.png", PrintedBarcode("qr_code", "no bars")))
    expect(notices).to_contain_text("No barcode in this image")
    expect(notices).to_contain_text("quagga2 reads bars only. Choose zxing-wasm,")
    expect(tab.locator("#announcer")).to_contain_text("No barcode in this image.")
    choose_reader(tab, "zxing-wasm")
    expect(notices).to_have_text("")
    expect(wall).to_contain_text("the license server counts 29 scans for it.")
