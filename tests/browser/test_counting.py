"""What is a scan (spec §3), from pictures, videos, a camera and photos to the number in the LTS's database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.barcode_media import PrintedBarcode, Shot, expected_scans, save_picture, save_webm
from dlt_web.testing.fixture_types import BarcodeVideoOf, Camera
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import Site, StaticSite

pytestmark = pytest.mark.in_each_engine

PHOTOS = Path(__file__).parents[3] / "shared" / "photos"
# Folder of photos -> the symbology under which each of its photos counts.
PHOTO_FOLDERS = {
    "aztec-1": "aztec",
    "codabar-1": "codabar",
    "code128-1": "code_128",
    "code39-1": "code_39",
    "datamatrix-1": "data_matrix",
    "ean13-1": "ean_13",
    "ean13-2": "ean_13",
    "ean8-1": "ean_8",
    "itf-1": "itf",
    "microqrcode-1": "micro_qr_code",
    "pdf417-1": "pdf417",
    "qrcode-1": "qr_code",
    "qrcode-2": "qr_code",
    "rss14-1": "databar",
    "rssexpanded-2": "databar_expanded",
    "upca-1": "ean_13",
    "upca-2": "ean_13",
    "upce-2": "upc_e",
}
# Photos so blurred or small that zxing-cpp, native or in WebAssembly, reads nothing in them (ean13-2/09: only with one
# engine's rounding of the colours); all others are read.
UNREADABLE = {
    "ean13-2": ("09", "21", "22", "23"),
    "microqrcode-1": ("12",),
    "rss14-1": ("11", "15"),
    "upca-2": ("01", "10", "11", "28", "49"),
    "upce-2": ("02", "20", "35", "38"),
}
# Photos that do not show exactly one barcode.
SCANS_OF_PHOTO = {"ean13-1/35.webp": 2}
ONE = PrintedBarcode("qr_code", "TABLE1")
TWO = PrintedBarcode("qr_code", "TABLE2")
# Equal text in another symbology.
ONE_AS_CODE_128 = PrintedBarcode("code_128", "TABLE1")
# Shorter than the default, to play in a few seconds; gaps are well off it, because not every frame is read.
VIDEO_FORGET_TIME_MS = 1500
VIDEO = [
    Shot((ONE,), 0.8),
    Shot((TWO,), 0.6),
    Shot((ONE, ONE_AS_CODE_128), 0.8),  # ONE is a duplicate, the Code 128 is new.
    Shot((), 2.0),
    Shot((ONE,), 0.6),  # Gone for longer than the forget time: new again.
]


STILL_IMAGES: dict[str, tuple[tuple[PrintedBarcode, ...], dict[str, int]]] = {
    "one barcode": ((ONE,), {"qr_code": 1}),
    "two equal barcodes": ((ONE, ONE), {"qr_code": 1}),
    "two different barcodes": ((ONE, TWO), {"qr_code": 2}),
    "equal text in two symbologies": ((ONE, ONE_AS_CODE_128), {"qr_code": 1, "code_128": 1}),
    "no barcode": ((), {}),
}


def test_a_still_image_counts_its_distinct_barcodes(warm_tab: HarnessPage, lts: LtsProcess, media: Path) -> None:
    for what, (shown, by_symbology) in STILL_IMAGES.items():
        # A handshake code for each picture, so that the LTS says what each one counted.
        code = lts.add_code()
        save_picture(media / f"{code}.png", *shown)
        warm_tab.start({"handshakeCode": code, "licenseServer": lts.url}, name=what)
        answer = warm_tab.scan_image(f"/media/{code}.png", name=what)
        warm_tab.flush(name=what)
        assert (what, len(answer["decoded"])) == (what, len(shown))
        assert (what, answer["scans"]) == (what, sum(by_symbology.values()))
        assert (what, lts.usage(code).by_symbology) == (what, by_symbology)


def test_the_window_does_not_run_between_still_images(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.start(options)
    barcode = plain("qr_code", "IMAGE")
    assert [warm_tab.scan(barcode, source="image", time=0).scans for _ in range(3)] == [1, 1, 1]
    warm_tab.flush()
    assert lts.usage(code).scans == 3


# Options, capture times of one code in ms, scans.
VIDEO_TABLE: dict[str, tuple[dict[str, Any], tuple[int, ...], int]] = {
    "held for an hour": ({}, tuple(range(0, 3_600_000, 2_950)), 1),
    "sliding window": ({}, (0, 2900, 5800), 1),
    "exactly the forget time": ({}, (0, 3000), 2),
    "fixed window": ({"duplicateMode": "fixed"}, (0, 2900, 3000, 5900), 2),
    "once per stream": ({"duplicateMode": "session"}, (0, 1_000_000, 90_000_000), 1),
    "off": ({"duplicateMode": "off"}, (0, 1, 2), 3),
    "forget time zero": ({"duplicateForgetTime": 0}, (0, 0, 1), 3),
    "longest forget time": ({"duplicateForgetTime": 180_000}, (0, 179_999, 359_999), 2),
}


def test_a_video_stream_counts_by_capture_time(warm_tab: HarnessPage, lts: LtsProcess) -> None:
    for what, (more_options, times_ms, scans) in VIDEO_TABLE.items():
        code = lts.add_code()
        # The first one is called while the runtime starts: late delivery gives the verdicts of prompt delivery.
        warm_tab.create({"handshakeCode": code, "licenseServer": lts.url, **more_options}, name=what)
        total = warm_tab.settle(
            f"""(await Promise.all({list(times_ms)}.map((time) =>
              harness.tracker({what!r}).scan([{{ format: "qr_code", text: "HELD" }}], {{ time, source: "video" }})
            ))).reduce((sum, answer) => sum + answer.scans, 0)"""
        )
        warm_tab.flush(name=what)
        assert (what, total) == (what, scans)
        assert (what, lts.usage(code).scans) == (what, scans)


def test_streams_of_one_page_do_not_share_their_windows(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.start(options)
    for stream in ("left", "right"):
        assert [warm_tab.scan(plain("qr_code", "BOTH"), time=t, stream=stream).scans for t in (0, 10)] == [1, 0]
    warm_tab.flush()
    assert lts.usage(code).scans == 2


@pytest.mark.in_one_engine("chromium")
def test_a_played_video_gives_the_exact_number_of_scans(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, media: Path
) -> None:
    save_webm(media / "counted.webm", VIDEO)
    warm_tab.start({**options, "duplicateForgetTime": VIDEO_FORGET_TIME_MS})
    seen = warm_tab.scan_video("/media/counted.webm")
    warm_tab.flush()
    assert expected_scans(VIDEO, forget_time_ms=VIDEO_FORGET_TIME_MS) == 4
    assert seen["scans"] == 4
    assert lts.usage(code).by_symbology == {"qr_code": 3, "code_128": 1}


def test_the_camera_gives_the_exact_number_of_scans(
    camera: Camera, barcode_video: BarcodeVideoOf, shop: Site, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    texts = [f"CAMERA-{number}" for number in range(5)]
    tab = HarnessPage.open(camera(barcode_video(*[("qr_code", text) for text in texts], seconds=0.5)), shop)
    # The camera shows the file over and over, every code again within 2.5 s; longer than the default, so that a
    # machine that stalls for a second does not change the number.
    tab.start({**options, "duplicateForgetTime": 20_000})
    seen = tab.scan_camera(texts, times=4)
    tab.flush()
    assert min(seen["texts"].values()) >= 4
    assert seen["scans"] == len(texts)
    assert lts.usage(code).by_symbology == {"qr_code": len(texts)}


@pytest.fixture
def photos(site: StaticSite) -> Path:
    if not PHOTOS.is_dir():
        pytest.skip(f"the photos of real barcodes are not beside the checkout ({PHOTOS})")
    site.mount("/photos/", PHOTOS)
    return PHOTOS


@pytest.mark.in_one_engine("chromium")
def test_real_photos_decode_and_count(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, photos: Path
) -> None:
    warm_tab.start(options)
    expected: Counter[str] = Counter()
    wrong: list[str] = []
    for folder, symbology in PHOTO_FOLDERS.items():
        for picture in sorted(p for p in (photos / folder).iterdir() if p.suffix in (".png", ".webp")):
            name = f"{folder}/{picture.name}"
            if picture.stem in UNREADABLE.get(folder, ()):
                continue
            answer = warm_tab.scan_image(f"/photos/{name}", options={"textMode": "Plain"})
            texts = {result["text"].replace("\r\n", "\n") for result in answer["decoded"]}
            counted = [r["symbology"] for r in answer["results"] if not r["duplicate"]]
            truth = picture.with_suffix(".txt")
            if truth.exists() and truth.read_bytes().decode().replace("\r\n", "\n") not in texts:
                wrong.append(f"{name}: read {texts}")
            if counted != [symbology] * SCANS_OF_PHOTO.get(name, 1):
                wrong.append(f"{name}: counted {counted}")
            expected.update(counted)
    warm_tab.flush()
    assert not wrong, "\n".join(wrong)
    assert lts.usage(code).by_symbology == dict(expected)


def test_photos_of_several_barcodes_count_each_once_and_photos_of_none_count_nothing(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, photos: Path
) -> None:
    warm_tab.start(options)
    several = {"1.png": 2, "3xean-8.png": 3, "multi-dm.png": 1, "multi-qr.png": 4}
    assert {name: warm_tab.scan_image(f"/photos/multi-1/{name}")["scans"] for name in several} == several
    for picture in sorted((photos / "falsepositives-1").iterdir()):
        assert warm_tab.scan_image(f"/photos/falsepositives-1/{picture.name}")["scans"] == 0, picture
    warm_tab.flush()
    assert lts.usage(code).by_symbology == {"qr_code": 5, "ean_13": 1, "ean_8": 3, "data_matrix": 1}
