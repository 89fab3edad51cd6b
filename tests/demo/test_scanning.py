"""Every way to bring a barcode before the demo page, judged by what the license server has in its database."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from dlt_web.explain_scan import explain_json
from dlt_web.testing.barcode_media import (
    PrintedBarcode,
    Shot,
    expected_scans,
    save_mjpeg,
    save_picture,
    save_webm,
)
from dlt_web.testing.browser_launch import BrowserSetup
from tests.listener import Listener

from .demo_process import DemoProcess
from .visit import (
    PER_DEVICE,
    PER_SCAN,
    counted_by,
    rest,
    send_all,
    uuid_of,
    wait_for_count,
    wait_for_state,
)

pytestmark = pytest.mark.browser

# None of them is in the sample, which may have been read a moment before.
EAN, QR = PrintedBarcode("ean_13", "9780201379624"), PrintedBarcode("qr_code", "https://example.test/7")
CODE_128 = PrintedBarcode("code_128", "PKG-1")
SAMPLE_BARCODES = {"code_128": 2, "ean_13": 2, "qr_code": 1}
# One round of the sample is 17 s long. At this rate each barcode is still in dozens of frames of it, and away from it
# for more than a second and a half.
FAST = "() => { document.getElementById('video').playbackRate = 4; }"
# From here over the end to here again: whatever the film shows has been seen.
ONE_ROUND = """async () => {
    const video = document.getElementById("video");
    const start = video.currentTime;
    let hasWrapped = false;
    for (let before = start; !hasWrapped || video.currentTime < start; ) {
        await new Promise((resolve) => video.addEventListener("timeupdate", resolve, { once: true }));
        hasWrapped ||= video.currentTime < before;
        before = video.currentTime;
    }
}"""
# The outline of what was counted is drawn over the picture, in the design's cobalt.
IS_OUTLINED = """() => {
    const marks = document.getElementById("marks");
    const { data } = marks.getContext("2d").getImageData(0, 0, marks.width, marks.height);
    for (let at = 0; at < data.length; at += 4) {
        if (data[at] === 36 && data[at + 1] === 70 && data[at + 2] === 198 && data[at + 3] === 255) return true;
    }
    return false;
}"""
# What a browser does when a file is let go over an element, with a real file in a real DataTransfer.
DROP = """(stage, { name, type, content }) => {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name, { type }));
    const seen = ["dragenter", "dragover", "drop"].map((kind) => {
        const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
        stage.dispatchEvent(event);
        return { kind, taken: event.defaultPrevented, marked: document.getElementById("stage").matches(".is-over") };
    });
    return seen;
}"""

# As a browser brings a file, or a text where there is none.
PASTE = """(file) => {
    const clipboardData = new DataTransfer();
    if (file) {
        const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
        clipboardData.items.add(new File([bytes], file.name, { type: file.type }));
    } else {
        clipboardData.setData("text/plain", "no picture");
    }
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox takes none from a script
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
}"""
# A browser under test has no clipboard that may always be read; this one holds a picture.
CLIPBOARD = """(content) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const image = new Blob([bytes], { type: "image/png" });
    navigator.clipboard.read = async () => [new ClipboardItem({ "image/png": image })];
}"""


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Scans per symbology that came in between."""
    return dict(Counter(after) - Counter(before))


def test_the_sample_plays_by_itself_and_counts_each_barcode_once_while_it_is_remembered(
    demo: DemoProcess, visitor: BrowserContext
) -> None:
    before = demo.usage()
    page = visitor.new_page()
    page.goto(f"{demo.shop_a}/?mode=session")
    video = page.locator("#video")
    page.wait_for_function("() => !document.getElementById('video').paused")
    assert video.evaluate("video => [video.muted, video.loop]") == [True, True]
    wait_for_state(page)
    page.evaluate(FAST)
    expect(page.locator("#tally")).to_contain_text("5 counted", timeout=60_000)
    scans = page.locator(".tile", has=page.locator("[value=per_scan]")).locator("strong")
    expect(scans).to_have_text(f"{before.scans + 5:,}")  # live: nobody pressed anything
    page.evaluate(ONE_ROUND)  # brings only duplicates
    assert send_all(page, demo, PER_DEVICE, before.scans) == 5
    usage = demo.usage()
    assert added(dict(before.by_symbology), dict(usage.by_symbology)) == SAMPLE_BARCODES
    assert uuid_of(page) in {device.device_uuid for device in demo.devices()}
    assert usage.devices == before.devices + 1

    # With a shorter memory, chosen on the page, what left the picture counts again.
    expect(page.locator("#memory-words")).to_contain_text("each code counts once until the page is closed")
    page.get_by_label("Forgets after").select_option("1000")
    page.get_by_label("Mode").select_option("sliding")
    expect(page.locator("#memory-words")).to_contain_text("Each sighting refills it.")
    assert "forget=1000" in page.url
    remaining = page.locator(".row:not(.is-forgotten) .ring text").first
    expect(remaining).to_have_text(re.compile(r"^[01]\.\d$"), timeout=60_000)  # seconds
    forgotten = page.locator(".row.is-forgotten").first
    forgotten.wait_for(timeout=60_000)
    expect(forgotten.locator(".stamp")).to_have_text("Forgotten")
    text = forgotten.locator(".text").inner_text()
    page.locator(".row:not(.is-forgotten)", has_text=text).wait_for(timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    wait_for_state(page)
    assert send_all(page, demo, PER_DEVICE, before.scans) > 5 + 1


@pytest.mark.untestable_in("firefox", "webkit", why="only Chromium can be told to show a file as its camera")
def test_the_camera_counts_what_it_sees_exactly_once(
    demo: DemoProcess, playwright: Playwright, browser_name: str, tmp_path: Path, listener: Listener
) -> None:
    shots = [Shot((EAN, QR), 0.8), Shot((), 0.3), Shot((CODE_128,), 0.8), Shot((), 0.3)]
    camera = BrowserSetup("chromium", camera_file=save_mjpeg(tmp_path / "camera.mjpeg", shots))
    before = demo.usage(PER_SCAN)
    with playwright.chromium.launch(**camera.launch_options()) as browser:
        context = browser.new_context()
        listener.attach(context)
        page = context.new_page()
        page.goto(f"{demo.shop_a}/?code={PER_SCAN}&mode=session")
        rest(page)
        wait_for_state(page)
        shown = counted_by(page)  # of the sample, while it played
        page.get_by_role("button", name="Camera").click()
        page.wait_for_function("() => document.getElementById('video').srcObject?.active")
        expect(page.get_by_role("button", name="Camera")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#rows .text", has_text=EAN.text)).to_be_visible()
        expect(page.locator("#rows .text", has_text=QR.text)).to_be_visible()
        expect(page.locator("#rows .text", has_text=CODE_128.text)).to_be_visible()
        # The camera shows its film over and over: a whole further showing brings only duplicates.
        seen = page.locator("#rows li", has_text=CODE_128.text).locator(".hint")
        expect(seen).to_have_text("code_128 · left the picture")
        expect(seen).to_contain_text("seen ")
        expect(seen).to_have_text("code_128 · left the picture")
        stopped = page.evaluate_handle("document.getElementById('video').srcObject.getVideoTracks()[0]")
        rest(page)
        assert stopped.evaluate("track => track.readyState") == "ended"
        assert send_all(page, demo, PER_SCAN, before.scans) == shown + 3


def test_without_a_camera_the_page_names_the_next_step(tab: Page) -> None:
    tab.locator("[data-source=camera]").click()
    notice = tab.locator(".notice.warn")
    # Browsers differ in what they say where there is no camera and nobody to ask.
    expect(notice).to_have_text(
        re.compile(
            "No camera found ?Connect one, or use the sample video."
            "|Camera not allowed ?Allow it in the address bar, or use the sample video."
        )
    )
    tab.get_by_role("button", name="Sample video").click()
    expect(tab.locator("#notices")).to_have_text("")


def test_chosen_images_count_each_barcode_once_per_image(tab: Page, demo: DemoProcess, tmp_path: Path) -> None:
    save_picture(tmp_path / "two-equal.png", EAN, EAN)
    save_picture(tmp_path / "two-different.png", EAN, QR)
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    tab.locator("#files").set_input_files([tmp_path / "two-equal.png", tmp_path / "two-different.png"])
    wait_for_count(tab, shown + 3)
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == 3
    after = demo.usage(PER_SCAN)
    assert added(dict(before.by_symbology), dict(after.by_symbology)) == {"ean_13": 2, "qr_code": 1}
    assert tab.locator("#rows .hint").first.inner_text().endswith("from an image")


FIRST_IS_SLOW_TO_OPEN = """() => {
  const open = window.createImageBitmap;
  window.createImageBitmap = async (file) => {
    window.createImageBitmap = open;
    await new Promise((resolve) => { window.openTheFirst = resolve; });
    return open(file);
  };
}"""


def test_an_image_chosen_while_another_is_still_opened_replaces_none(
    tab: Page, demo: DemoProcess, tmp_path: Path
) -> None:
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    tab.evaluate(FIRST_IS_SLOW_TO_OPEN)
    for printed in (EAN, QR):
        tab.locator("#files").set_input_files(save_picture(tmp_path / f"{printed.symbology}.png", printed))
    tab.evaluate("() => window.openTheFirst()")
    wait_for_count(tab, shown + 2)
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == 2
    after = demo.usage(PER_SCAN)
    assert added(dict(before.by_symbology), dict(after.by_symbology)) == {"ean_13": 1, "qr_code": 1}
    expect(tab.locator("#still")).to_have_attribute("aria-label", f"Chosen image {QR.symbology}.png")


@pytest.mark.parametrize("place", ["#stage", "h1"])
def test_a_dropped_image_is_read_wherever_it_falls(tab: Page, demo: DemoProcess, tmp_path: Path, place: str) -> None:
    dropped = save_picture(tmp_path / "dropped.png", PrintedBarcode("code_128", f"DROP-{place[1:]}"))
    before, shown, address = demo.usage(PER_SCAN), counted_by(tab), tab.url
    content = base64.b64encode(dropped.read_bytes()).decode()
    events = tab.locator(place).evaluate(DROP, {"name": dropped.name, "type": "image/png", "content": content})
    assert events == [
        {"kind": "dragenter", "taken": True, "marked": True},
        {"kind": "dragover", "taken": True, "marked": True},
        {"kind": "drop", "taken": True, "marked": False},
    ]
    expect(tab.locator("#rows .text").first).to_have_text(f"DROP-{place[1:]}")
    expect(tab.locator("#still")).to_have_attribute("aria-label", "Chosen image dropped.png")
    tab.wait_for_function(IS_OUTLINED)
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == 1
    after = demo.usage(PER_SCAN)
    assert added(dict(before.by_symbology), dict(after.by_symbology)) == {"code_128": 1}
    assert tab.url == address


@pytest.mark.parametrize("way", ["keys", "button"])
def test_a_pasted_image_is_read(tab: Page, demo: DemoProcess, tmp_path: Path, way: str) -> None:
    pasted = save_picture(tmp_path / "pasted.png", PrintedBarcode("code_128", f"PASTE-{way}"))
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    content = base64.b64encode(pasted.read_bytes()).decode()
    if way == "keys":  # the clipboard of a browser under test is that of the whole machine
        assert tab.evaluate(PASTE, {"name": "image.png", "type": "image/png", "content": content}) is True
    else:
        tab.evaluate(CLIPBOARD, content)
        tab.get_by_role("button", name="Paste an image").focus()
        tab.keyboard.press("Enter")
    expect(tab.locator("#rows .text").first).to_have_text(f"PASTE-{way}")
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == 1


def test_what_cannot_be_pasted_is_said_with_the_next_step(tab: Page) -> None:
    notice = tab.locator("#notices")
    assert tab.evaluate(PASTE, None) is True
    expect(notice).to_contain_text("No image in the clipboard")
    expect(notice).to_contain_text("Copy a picture, not its name or address, and paste again.")
    tab.evaluate("() => { navigator.clipboard.read = async () => { throw new DOMException('', 'NotAllowedError'); } }")
    tab.get_by_role("button", name="Paste an image").click()
    expect(notice).to_contain_text("The clipboard stays closed")
    expect(notice).to_contain_text("Allow it and try again, or press Ctrl+V")
    tab.evaluate("() => delete navigator.clipboard.read")
    tab.get_by_role("button", name="Files", exact=True).click()
    expect(notice).to_have_text("")


# Videos play in each in tests/browser/test_counting.py, and the sample above.
@pytest.mark.in_one_engine("firefox")
def test_a_chosen_video_file_counts_what_it_shows(tab: Page, demo: DemoProcess, tmp_path: Path) -> None:
    # Of the first and the last one a single frame will do, and the last frame stays; both in one are shown so long that
    # a machine that stands still for a second and a half sees them.
    shots = [Shot((EAN,), 0.6), Shot((EAN, QR), 2.0), Shot((), 3.3), Shot((EAN,), 0.6)]
    film = save_webm(tmp_path / "film.webm", shots)
    expected = expected_scans(shots)
    assert expected == 3
    before, shown = demo.usage(PER_SCAN), counted_by(tab)
    tab.locator("#files").set_input_files(film)
    tab.wait_for_function("() => document.getElementById('video').ended")
    wait_for_count(tab, shown + expected)
    assert send_all(tab, demo, PER_SCAN, before.scans, shown) == expected
    after = demo.usage(PER_SCAN)
    assert added(dict(before.by_symbology), dict(after.by_symbology)) == {"ean_13": 2, "qr_code": 1}


def test_a_file_that_shows_nothing_says_so_with_the_next_step(tab: Page, tmp_path: Path) -> None:
    Image.new("RGB", (320, 240), "white").save(tmp_path / "empty.png")
    notices = tab.locator("#notices")
    for name, title, next_step in (
        ("empty.png", "No barcode in this image", "Choose a sharper one, or one that shows the whole code."),
        ("broken.png", "This image cannot be opened", "broken.png: choose a PNG, JPEG or WebP."),
        ("broken.webm", "This video cannot be played", "choose one that the browser can play, WebM or MP4."),
        ("notes.txt", "Neither image nor video", "Drop a PNG, JPEG, WebP, WebM or MP4."),
    ):
        if not (tmp_path / name).exists():
            (tmp_path / name).write_bytes(b"no picture")
        tab.locator("#files").set_input_files([tmp_path / name])
        expect(notices).to_contain_text(title)
        expect(notices).to_contain_text(next_step)
    tab.get_by_role("button", name="Files", exact=True).click()
    expect(notices).to_have_text("")


def test_a_result_says_which_barcode_it_is_as_the_command_line_does(tab: Page, tmp_path: Path) -> None:
    printed = PrintedBarcode("codabar", "A1234-56B")
    tab.locator("#files").set_input_files(save_picture(tmp_path / "codabar.png", printed))
    expect(tab.locator("#rows .text").first).to_have_text(printed.text)
    tab.locator("#rows .what").first.click()
    dialog = tab.locator("#why-dialog")
    expect(dialog).to_be_visible()
    (told,) = explain_json(json.dumps({"format": "Codabar", "text": printed.text}))
    assert told["rules"] == ["codabar_without_frame"]
    facts = dict(zip(dialog.locator("dt").all_inner_texts(), dialog.locator("dd").all_inner_texts(), strict=True))
    assert facts == {
        "zxing-wasm": "A1234-56B as Codabar",
        "Symbology": told["symbology"],
        "Key": told["key"],
        "Rules": f"codabar_without_frame (version {told['rulesVersion']})",
    }
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
