import pytest

from dlt_web.messages import ScanSeen
from dlt_web.options import TrackerOptions
from dlt_web.scanning import IDLE_MS, Streams, read_frame

OPTIONS = TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",))


def scans(streams, text, *, called_ms, time_ms=None, stream="camera", page="page-1"):
    barcodes = [{"format": "qr_code", "text": text}]
    given = ScanSeen(
        "call", page, 1, stream, "video", called_ms if time_ms is None else time_ms, 0, called_ms, barcodes
    )
    return streams.judge(read_frame(given), is_unlicensed=False).value["scans"]


def test_what_is_to_be_known_of_a_reading_is_told_with_its_verdict():
    barcodes = [{"format": "qr_code", "text": "\ufffd"}, {"format": "SQ Code", "text": "A"}]
    barcodes.append({"format": "UPC-E", "text": "01234565"})
    given = ScanSeen("call", "page-1", 1, "camera", "image", None, 0, 0, barcodes)
    results = Streams(OPTIONS).judge(read_frame(given), is_unlicensed=True).value["results"]
    assert [result.get("flags") for result in results] == [["lossy"], ["unknown_symbology"], None]
    assert [result["symbology"] for result in results] == ["qr_code", "sq_code", "upc_e"]


def test_a_upc_e_that_one_reader_calls_ean_13_is_one_scan_in_a_frame_and_in_a_video():
    short, long = {"format": "UPC-E", "text": "01234565"}, {"format": "EAN-13", "text": "0012345000065"}
    streams = Streams(OPTIONS)
    for source, called_ms, scans_of_both in (("image", 0, 1), ("video", 0, 1), ("video", 1000, 0)):
        given = ScanSeen("call", "page-1", 1, "camera", source, None, 0, called_ms, [short, long])
        assert streams.judge(read_frame(given), is_unlicensed=False).value["scans"] == scans_of_both


def test_streams_that_are_long_over_are_forgotten():
    streams = Streams(OPTIONS)
    for start in range(50):
        scans(streams, "A", called_ms=start * (IDLE_MS + 1), stream=f"camera start {start}")
    assert len(streams._filters) == 1


def test_a_session_knows_its_streams_as_long_as_the_page_lives():
    streams = Streams(
        TrackerOptions(handshake_code="c", license_servers=("https://lts.test",), duplicate_mode="session")
    )
    assert scans(streams, "A", called_ms=0) == 1
    assert scans(streams, "A", called_ms=10 * IDLE_MS, stream="other") == 1
    assert scans(streams, "A", called_ms=10 * IDLE_MS) == 0


def test_streams_of_another_page_have_another_clock_and_are_left_alone():
    streams = Streams(OPTIONS)
    assert scans(streams, "A", called_ms=0, page="page-1") == 1
    assert scans(streams, "A", called_ms=10 * IDLE_MS, page="page-2") == 1
    assert scans(streams, "A", called_ms=1, page="page-1") == 0


@pytest.mark.parametrize("other_time_ms", [103_000, 1_764_000_000_000], ids=["a later frame", "another clock"])
def test_a_new_stream_takes_no_memory_from_one_whose_frames_come_late(other_time_ms):
    streams = Streams(OPTIONS)
    assert scans(streams, "A", called_ms=100_000, time_ms=100_000) == 1
    assert scans(streams, "B", called_ms=103_100, time_ms=other_time_ms, stream="other") == 1
    assert scans(streams, "A", called_ms=103_200, time_ms=101_500) == 0
