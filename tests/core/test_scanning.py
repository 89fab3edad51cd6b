from dlt_web.messages import ScanSeen
from dlt_web.options import TrackerOptions
from dlt_web.scanning import Streams, read_frame

OPTIONS = TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",))


def seen(stream, time_ms, page="page-1"):
    barcodes = [{"format": "qr_code", "text": "A"}]
    return read_frame(ScanSeen("call", page, stream, "video", time_ms, 0, time_ms, barcodes))


def test_streams_that_are_over_are_forgotten():
    streams = Streams(OPTIONS)
    for start in range(50):
        streams.judge(seen(f"camera start {start}", start * 10_000), is_unlicensed=False)
    assert len(streams._filters) == 1


def test_streams_of_another_page_are_left_alone():
    streams = Streams(OPTIONS)
    streams.judge(seen("camera", 0, page="page-1"), is_unlicensed=False)
    streams.judge(seen("camera", 10_000, page="page-2"), is_unlicensed=False)
    assert len(streams._filters) == 2
