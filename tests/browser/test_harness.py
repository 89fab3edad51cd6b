"""The harness itself, proven on plain pages: what it says of the trackers is worth what these tests are worth."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.barcode_media import (
    PrintedBarcode,
    Shot,
    expected_scans,
    save_mjpeg,
    save_picture,
    save_webm,
)
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.camera import VideoError, read_stills
from dlt_web.testing.canaries import disguises, find_leaks
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.device_read import stored_device
from dlt_web.testing.faults import Fault
from dlt_web.testing.fixture_types import BarcodeVideoOf, BrowserWindows, Camera
from dlt_web.testing.harness_page import HarnessPage
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.site_data import dump_storage
from dlt_web.testing.static_site import Site, StaticSite

# The tools that all other tests here use in the other engine, too.
pytestmark = pytest.mark.in_one_engine("chromium")

CLIP = [
    Shot((PrintedBarcode("qr_code", "CLIP-ONE"),), 0.5),
    Shot((PrintedBarcode("qr_code", "CLIP-TWO"),), 0.5),
    Shot((), 0.2),
    Shot((PrintedBarcode("code_128", "CLIP-THREE"),), 0.5),
]
CLIP_TEXTS = ["CLIP-ONE", "CLIP-TWO", "CLIP-THREE"]

_KEPT_IN = ("database", "blob", "local storage", "session storage", "cookie", "cache", "file", "name", "state")
_KEEP = """async ([database, blob, local, session, cookie, cached, file, name, state]) => {
  await new Promise((resolve, reject) => {
    const opening = indexedDB.open("theirs");
    opening.onupgradeneeded = () => opening.result.createObjectStore("things");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const writing = opening.result.transaction("things", "readwrite");
      writing.objectStore("things").put({ inner: [database], file: new Blob([blob]) }, 1);
      writing.oncomplete = () => { opening.result.close(); resolve(); };
      writing.onerror = () => reject(writing.error);
    };
  });
  localStorage.one = local;
  sessionStorage.one = session;
  document.cookie = `one=${cookie}`;
  await (await caches.open("theirs")).put("/some-address", new Response(cached));
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("deep", { create: true });
  const writing = await (await folder.getFileHandle("one", { create: true })).createWritable?.();
  await writing?.write(file);
  await writing?.close();
  window.name = name;
  history.replaceState({ deep: [state] }, "");
  return writing !== undefined;
}"""


def test_a_dump_of_storage_holds_what_is_kept_anywhere(
    dlt_windows: BrowserWindows, browser_name: EngineName, shop: Site
):
    page = dlt_windows.open(browser_name).new_page()
    page.goto(shop.url("/no-such-page"))
    texts = {where: f"KEPT-IN-{where.upper().replace(' ', '-')}" for where in _KEPT_IN}
    is_file_written = page.evaluate(_KEEP, list(texts.values()))
    found = {leak.canary for leak in find_leaks(texts.values(), [("storage", dump_storage(page))])}
    # WebKit writes such files in workers only.
    assert {where for where, text in texts.items() if text not in found} <= (set() if is_file_written else {"file"})


_ALL_WAYS_OUT = """async (path) => {
  const source = `onmessage = async ({ data }) => { await fetch(data, { method: "POST", body: "from-worker" });
                  postMessage("done"); }`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const reply = new Promise((resolve) => { worker.onmessage = resolve; });
  worker.postMessage(new URL(path, location.href).href);
  await reply;
  await fetch(path, { method: "POST", body: "from-page" });
  await fetch(path, { method: "POST", body: "from-keepalive", keepalive: true });
  navigator.sendBeacon(path, "from-beacon");
}"""


def test_the_proxy_sees_pages_workers_keepalive_and_beacons(
    tab: HarnessPage, proxy: RecordingProxy, shop: Site
) -> None:
    tab.page.evaluate(_ALL_WAYS_OUT, "/out")
    bodies = wait_until(
        lambda: (found := {r.body for r in proxy.requests(path="/out", method="POST")}) and len(found) == 4 and found,
        what="four requests at the proxy",
    )
    assert bodies == {b"from-worker", b"from-page", b"from-keepalive", b"from-beacon"}
    assert all(r.url == shop.url("/out") for r in proxy.requests(path="/out"))


_BY_SHARED_WORKER = """async (url) => {
  const source = `onconnect = ({ ports: [port] }) => {
    port.onmessage = async ({ data }) => {
      const answer = await fetch(data, { method: "POST", body: "from-shared-worker" }).catch(String);
      port.postMessage(answer.status ?? answer);
    };
  };`;
  const worker = new SharedWorker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const reply = new Promise((resolve) => { worker.port.onmessage = ({ data }) => resolve(data); });
  worker.port.postMessage(url);
  return await reply;
}"""
_BY_WEBSOCKET = """(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onerror = resolve;
  socket.onopen = resolve;
})"""


@pytest.mark.parametrize("kind", ["private", "profile", "of pytest-playwright"])
def test_the_proxy_sees_what_windows_ask_over_https_and_by_websockets(
    dlt_windows: BrowserWindows,
    new_visitor: Callable[[], BrowserWindow],
    browser_name: EngineName,
    site: StaticSite,
    proxy: RecordingProxy,
    kind: str,
) -> None:
    site.trust(proxy.trust)
    if kind == "of pytest-playwright":
        page = new_visitor().new_page()
    else:
        setup = dataclasses.replace(dlt_windows.setup, proxy_url=proxy.url)
        page = dlt_windows.open(browser_name, is_private=kind == "private", setup=setup).new_page()
    url = site.secure("shop-a").url
    page.goto(url("/from-tab"))
    page.evaluate("(url) => fetch(url, { method: 'POST' }).then(() => null)", url("/from-page"))
    assert page.evaluate(_BY_SHARED_WORKER, url("/from-shared-worker")) == 404
    page.evaluate(_BY_WEBSOCKET, url("/from-websocket").replace("https:", "wss:"))
    page.goto(site.shop_a.url("/plain"))
    page.evaluate(_BY_WEBSOCKET, site.shop_a.url("/plain-websocket").replace("http:", "ws:"))
    seen = {r.path for r in proxy.requests() if r.method != "CONNECT"}
    assert {"/from-tab", "/from-page", "/from-shared-worker", "/from-websocket", "/plain", "/plain-websocket"} <= seen


_BY_DATAGRAM = """async (port) => {
  if (!globalThis.RTCPeerConnection) return;
  const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${port}` }] });
  peer.createDataChannel("out");
  const gathered = new Promise((resolve) => {
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
  });
  await peer.setLocalDescription();
  await Promise.race([gathered, new Promise((resolve) => setTimeout(resolve, 3000))]);
}"""


def test_nothing_leaves_as_a_datagram_which_no_proxy_sees(
    dlt_windows: BrowserWindows, proxy: RecordingProxy, browser_name: EngineName, shop: Site
) -> None:
    setup = dataclasses.replace(dlt_windows.setup, proxy_url=proxy.url)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.5)
        page = dlt_windows.open(browser_name, is_private=True, setup=setup).new_page()
        page.goto(shop.url("/no-such-page"))
        page.evaluate(_BY_DATAGRAM, listening.getsockname()[1])
        with pytest.raises(TimeoutError):
            listening.recv(1500)


def test_a_lost_answer_has_been_delivered_and_a_dropped_request_has_not(
    tab: HarnessPage, proxy: RecordingProxy
) -> None:
    send = "async (path) => { try { return (await fetch(path)).status; } catch { return 'failed'; } }"
    proxy.inject(Fault.lose_answer(), path="/lost", method="GET")
    proxy.inject(Fault.drop(), path="/dropped", method="GET")
    proxy.inject(Fault.html_page(), path="/portal", method="GET")
    proxy.inject(Fault.status(500), path="/broken", method="GET", times=1)
    assert tab.page.evaluate(send, "/lost") == "failed"
    assert tab.page.evaluate(send, "/dropped") == "failed"
    assert tab.page.evaluate(send, "/portal") == 200
    assert tab.page.evaluate(send, "/broken") == 500
    assert tab.page.evaluate(send, "/broken") == 404
    proxy.heal()
    assert tab.page.evaluate(send, "/lost") == 404


LISTS_NO_DATABASE = """() => {
  IDBFactory.prototype.databases = async () => { throw new DOMException("The operation failed", "UnknownError"); };
}"""


def test_a_device_is_read_where_the_browser_lists_no_database_after_a_kill(
    tab: HarnessPage, site: StaticSite, options: dict[str, Any]
) -> None:
    device = tab.start(options)
    tab.page.evaluate(LISTS_NO_DATABASE)
    assert stored_device(tab.page) == device
    elsewhere = tab.page.context.new_page()
    elsewhere.goto(site.shop_b.url("/nothing-here"))
    elsewhere.evaluate(LISTS_NO_DATABASE)
    assert stored_device(elsewhere) is None


def test_pictures_decode_in_the_page_to_what_was_drawn(tab: HarnessPage, media: Path) -> None:
    drawn = [
        PrintedBarcode("qr_code", "PICTURE 1"),
        PrintedBarcode("ean_13", "4006381333931"),
        PrintedBarcode("code_128", "PICTURE 2"),
        PrintedBarcode("data_matrix", "PICTURE 3"),
    ]
    save_picture(media / "drawn.png", *drawn)
    read = tab.call("decodeImage", "/media/drawn.png")
    assert sorted(result["text"] for result in read) == sorted(barcode.text for barcode in drawn)


def test_a_played_video_shows_each_of_its_barcodes(tab: HarnessPage, media: Path) -> None:
    save_webm(media / "clip.webm", CLIP)
    seen = tab.scan_video("/media/clip.webm", name=None)
    assert sorted(seen["texts"]) == sorted(CLIP_TEXTS)


def test_the_camera_shows_a_video_of_barcodes_and_any_other(
    camera: Camera, barcode_video: BarcodeVideoOf, shop: Site, tmp_path: Path
) -> None:
    shots = barcode_video(*CLIP)
    for video in (shots, save_webm(tmp_path / "any.webm", CLIP)):
        tab = HarnessPage.open(camera(video), shop)
        cameras = tab.page.evaluate(
            "async () => (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput')"
        )
        assert len(cameras) == 1
        assert sorted(tab.scan_camera(CLIP_TEXTS, name=None)["texts"]) == sorted(CLIP_TEXTS)


def test_what_is_no_video_is_said_in_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video at all")
    with pytest.raises(VideoError, match=r"text.mp4 cannot be read as a video: .*\.$"):
        read_stills(text)
    with pytest.raises(VideoError, match=r"^There is no video .*nowhere\.mp4\.$"):
        read_stills(tmp_path / "nowhere.mp4")


def test_stills_of_a_file_last_as_long_as_they_are_shown(tmp_path: Path) -> None:
    shown = sum(shot.frame_count for shot in CLIP)
    for video, tolerance in (
        (save_mjpeg(tmp_path / "clip.mjpeg", CLIP), 0),
        (save_webm(tmp_path / "clip.webm", CLIP), 1),
    ):
        stills = read_stills(video)
        # The encoder comes nearer to the picture from frame to frame, so one shot is a few stills.
        assert len(CLIP) <= len(stills) <= shown
        assert sum(still.frame_count for still in stills) == pytest.approx(shown, abs=tolerance)


def test_expected_scans_follows_the_sliding_window() -> None:
    code = (PrintedBarcode("qr_code", "A"),)
    assert expected_scans([Shot(code, 10)]) == 1
    assert expected_scans([Shot(code, 1), Shot((), 2.5), Shot(code, 1)]) == 1
    assert expected_scans([Shot(code, 1), Shot((), 3.5), Shot(code, 1)]) == 2
    assert expected_scans([Shot((*code, PrintedBarcode("code_128", "A")), 1)]) == 2


def test_a_canary_is_found_in_every_disguise() -> None:
    canary = "CANARY-7f3a é"
    for form, needle in disguises(canary):
        found = find_leaks([canary], [("body", b'{"x":"' + needle + b'"}')])
        assert form in {leak.form for leak in found}


def test_a_canary_is_found_inside_longer_encodings_and_not_where_it_is_not() -> None:
    canary = "CANARY-7f3a"
    hidden = [base64.b64encode(b"x" * offset + canary.encode() + b"tail") for offset in range(4)]
    assert all(find_leaks([canary], [("body", data)]) for data in hidden)
    assert find_leaks([canary], [("body", canary.lower().encode())])
    assert find_leaks([canary], [("body", hashlib.sha256(canary.encode()).hexdigest().upper().encode())])
    # A cut digest, as the journal's are, gives the text away as well as a whole one.
    cut = hashlib.sha256(canary.encode()).digest()[:16]
    assert all(find_leaks([canary], [("body", b"#" + data)]) for data in (cut, cut.hex().encode()))
    assert find_leaks([canary], [("body", b"CANARY-8f3a")]) == []
