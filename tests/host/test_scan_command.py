"""``dlt-web scan`` as a process: real pictures and a real video, read by zxing-cpp, counted by a real server."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from dlt_web import cli
from dlt_web.host import pictures
from dlt_web.host.pictures import PictureError, files_of, frames_of, open_camera, pictures_of
from dlt_web.testing.barcode_media import PrintedBarcode, Shot, picture, save_mjpeg, save_picture, save_webm
from dlt_web.testing.lts_process import LtsProcess
from tests.host.devices import FILE, NOWHERE

A, B, C = PrintedBarcode("qr_code", "SECRET-A"), PrintedBarcode("ean_13", "9780393058673"), PrintedBarcode("aztec", "C")


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "dlt_web.cli", "scan", *map(str, words)]


def scan(*words: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which saves a second of imports, to its exit code."""
    said, errors = io.StringIO(), io.StringIO()
    keyboard = io.StringIO(text or "")
    with patched(sys, argv=["dlt-web", "scan", *map(str, words)], stdout=said, stderr=errors, stdin=keyboard):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
    return subprocess.CompletedProcess(words, int(code), said.getvalue(), errors.getvalue())


@contextmanager
def patched(thing: Any, **members: Any) -> Iterator[None]:
    before = {name: getattr(thing, name) for name in members}
    handler = signal.getsignal(signal.SIGTERM)
    for name, value in members.items():
        setattr(thing, name, value)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
        for name, value in before.items():
            setattr(thing, name, value)


def under(lts: LtsProcess, code: str, tmp_path: Path) -> tuple[str | Path, ...]:
    return "--handshake-code", code, "--license-server", lts.url, "--store", tmp_path / FILE


def lines(done: subprocess.CompletedProcess[str]) -> list[Any]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_pictures_of_a_folder_are_read_counted_and_reported(lts: LtsProcess, tmp_path: Path):
    code, folder = lts.add_code(), tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    save_picture(folder / "1.png", A, B)
    save_picture(folder / "more" / "2.webp", C)
    save_picture(folder / "3.png")
    done = scan(folder, *under(lts, code, tmp_path))
    # It may say of the machine that runs the test that it is a container.
    assert (done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("Note: ")]) == (0, [])
    assert f"{folder}/1.png: qr_code, counted\n" in done.stdout
    assert f"{folder}/3.png: no barcode\n" in done.stdout
    assert "SECRET" not in done.stdout
    assert lts.usage(code).by_symbology == {"qr_code": 1, "ean_13": 1, "aztec": 1}


def test_a_folder_that_is_called_like_a_picture_is_a_folder(tmp_path: Path):
    (tmp_path / "scans.png").mkdir()
    inside = save_picture(tmp_path / "scans.png" / "1.png", A)
    assert files_of((tmp_path,)) == [inside]


def test_each_page_of_a_file_is_a_picture_and_each_start_is_the_same_device(lts: LtsProcess, tmp_path: Path):
    code = lts.add_code()
    pages = [picture([A]), picture([B])]
    pages[0].save(tmp_path / "pages.tiff", save_all=True, append_images=pages[1:])
    ends = [lines(scan(tmp_path / "pages.tiff", "--json", "--text", *under(lts, code, tmp_path))) for _ in range(2)]
    assert [row["barcodes"][0]["text"] for row in ends[0][:-1]] == ["SECRET-A", "9780393058673"]
    assert [end[-1]["scans"] for end in ends] == [2, 2]
    assert ends[0][-1]["deviceUuid"] == ends[1][-1]["deviceUuid"]
    assert lts.usage(code).scans == 4
    assert [device.device_uuid for device in lts.devices(code)] == [ends[0][-1]["deviceUuid"]]


@pytest.mark.parametrize("ink", ["black", "white"])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_barcode_on_a_transparent_ground_is_one(tmp_path: Path, mode: str, ink: str):
    """As from design programs; what lies beneath is black in most of them, and a black code would vanish in it."""
    drawn = picture([A]).convert("L")
    clear = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    clear.paste(Image.new("RGBA", drawn.size, ink), (0, 0), drawn.point(lambda value: 255 if value < 128 else 0))
    path = tmp_path / "code.png"
    (clear.quantize(2) if mode == "P" else clear.convert(mode)).save(path)
    (page,) = pictures_of(path)
    assert [found.text for found in zxingcpp.read_barcodes(page)] == ["SECRET-A"]


def save_cut_off_tiff(path: Path) -> None:
    """Leave what a copy that was interrupted leaves: the sizes of a compressed TIFF stand at its end."""
    picture([A]).save(path, compression="tiff_lzw")
    path.write_bytes(path.read_bytes()[:-200])


def test_a_picture_of_nothing_has_none(tmp_path: Path):
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "nothing.png")
    (page,) = pictures_of(tmp_path / "nothing.png")
    assert page.getextrema() == (255, 255)


def test_a_video_is_read_as_a_camera_is_and_what_is_held_counts_once(lts: LtsProcess, tmp_path: Path):
    code = lts.add_code()
    video = save_webm(tmp_path / "video.webm", [Shot((A,), 0.5), Shot((), 0.2), Shot((A, B), 0.5)])
    done = scan("--camera", video, "--json", *under(lts, code, tmp_path))
    assert lines(done)[-1]["bySymbology"] == {"qr_code": 1, "ean_13": 1}, done
    assert lts.usage(code).scans == 2


def test_a_file_without_a_picture_is_no_camera(lts: LtsProcess, tmp_path: Path):
    sound = tmp_path / "sound.wav"
    with wave.open(str(sound), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(8000)
        opened.writeframes(bytes(16_000))
    done = scan("--camera", sound, *under(lts, lts.add_code(), tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"Error: The video {sound} cannot be read: it holds no pictures."


def test_a_camera_is_read_until_it_is_interrupted(lts: LtsProcess, tmp_path: Path):
    code = lts.add_code()
    video = save_mjpeg(tmp_path / "video.mjpeg", [Shot((A,), 10.0)])
    words = command("--camera", video, "--json", *under(lts, code, tmp_path))
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["barcodes"][0]["symbology"] == "qr_code"
    process.terminate()
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(said)["pendingScans"] == 0
    assert lts.usage(code).scans == 1


def test_a_camera_is_read_for_as_long_as_is_said(tmp_path: Path):
    video = save_mjpeg(tmp_path / "video.mjpeg", [Shot((A,), 2.0)])
    times_ms = [frame.time_ms for frame in frames_of(str(video), 0.5)]
    assert times_ms == sorted(times_ms)
    # A frame is 40 ms, and the file's own first one comes when it is opened.
    assert 300 < times_ms[-1] - times_ms[0] <= 500


def test_a_camera_that_refuses_one_way_is_asked_in_the_next(tmp_path: Path):
    """A file of bare pictures stands for it, which opens by its size alone, as a Mac's camera by its rate."""
    (tmp_path / "camera").write_bytes(bytes(16 * 16 * 3 // 2))
    with open_camera(str(tmp_path / "camera"), "rawvideo", ({"video_size": "none"}, {"video_size": "16x16"})) as opened:
        assert [(frame.width, frame.height) for frame in opened.decode(video=0)] == [(16, 16)]


def stand_in_for_a_camera(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Have FFmpeg's virtual device for the one that the system has; it is opened and read in the same way."""
    monkeypatch.setitem(pictures._CAMERAS, sys.platform, ("lavfi", source))


def test_a_slow_reader_gets_a_camera_s_newest_picture_and_hears_of_its_end(monkeypatch: pytest.MonkeyPatch):
    stand_in_for_a_camera(monkeypatch, "testsrc=size=64x64:duration=2")
    camera = frames_of("", None)
    frames = [next(camera)]
    for thread in threading.enumerate():
        if thread.name == "dlt-web camera":
            thread.join()  # it has read all 50 pictures
    with pytest.raises(PictureError, match="gives no picture any more: it has ended"):
        frames += camera
    assert len(frames) <= 2


def test_a_camera_without_an_end_is_read_for_as_long_as_is_said(monkeypatch: pytest.MonkeyPatch):
    stand_in_for_a_camera(monkeypatch, "testsrc=size=64x64,realtime")
    times_ms = [frame.time_ms for frame in frames_of("", 0.5)]
    assert times_ms == sorted(times_ms)
    assert times_ms[-1] - times_ms[0] <= 500


def test_without_a_server_what_was_counted_waits_and_is_sent_at_the_next_start(lts: LtsProcess, tmp_path: Path):
    code = lts.add_code()
    shot = save_picture(tmp_path / "1.png", A)
    nowhere = ("--handshake-code", code, "--license-server", "http://127.0.0.1:9", "--store", tmp_path / FILE)
    done = scan(shot, *nowhere)
    assert done.returncode == 0
    assert "1 scan on this device to be sent at the next start: " in done.stdout
    assert scan(save_picture(tmp_path / "none.png"), *under(lts, code, tmp_path)).returncode == 0
    assert lts.usage(code).scans == 1


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        ((), 2, "Name pictures or --camera, one of the two."),
        (("{picture}", "--camera"), 2, "Name pictures or --camera, one of the two."),
        (("{picture}", "--seconds", "3"), 2, "--seconds goes with --camera."),
        (("{folder}/nothing",), 2, "does not exist"),
        (("{folder}/empty",), 1, "is no picture (.png"),
        (("{folder}/text.png",), 1, "text.png cannot be read: it is no picture."),
        (("{folder}/cut-off.tif",), 1, "cut-off.tif cannot be read: "),
        (("{picture}", "--trait", "serial", "--edition", "server"), 2, "There is no trait 'serial'"),
        (("{picture}", "--trait", "mac"), 2, "A random UUID is made of no trait"),
        (("{picture}", "--license-server", "lts.example"), 2, "license_server needs URLs"),
        (("--camera", "/dev/no-such-camera"), 1, "The camera /dev/no-such-camera cannot be opened: "),
        (("--camera", "{folder}/text.png"), 1, "text.png cannot be read: "),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: tuple[str, ...], exit_code: int, said: str, lts: LtsProcess, tmp_path: Path
):
    shot = save_picture(tmp_path / "1.png", A)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.png").write_text("no picture")
    save_cut_off_tiff(tmp_path / "cut-off.tif")
    asked = [word.format(picture=shot, folder=tmp_path) for word in words]
    done = scan(*asked, *under(lts, lts.add_code(), tmp_path))
    errors = [line for line in done.stderr.splitlines() if not line.startswith("Note: ")]
    assert (done.returncode, len(errors)) == (exit_code, 1), done
    assert said in errors[0]


def test_a_refusal_is_said_with_the_servers_words(lts: LtsProcess, tmp_path: Path):
    done = scan(save_picture(tmp_path / "1.png", A), *under(lts, "no-such-code", tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "no-such-code" in done.stderr


def test_a_session_password_is_read_and_never_printed(lts: LtsProcess, tmp_path: Path):
    code = lts.add_handshake(lts.add_license(), session_password="correct horse")
    shot = save_picture(tmp_path / "1.png", A)
    done = scan(shot, "--session-password-stdin", *under(lts, code, tmp_path), text="correct horse\n")
    assert (done.returncode, "correct horse" in done.stdout + done.stderr) == (0, False)
    wrong = scan(shot, "--session-password-stdin", *under(lts, code, tmp_path), text="battery staple\n")
    assert wrong.returncode == 1
    assert "battery staple" not in wrong.stdout + wrong.stderr


@pytest.mark.parametrize("missing", ["zxingcpp", "httpx"])
def test_a_package_that_is_missing_is_named_with_what_brings_it(missing: str):
    program = f"import sys; sys.modules[{missing!r}] = None; from dlt_web.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "scan", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"needs the package {missing}: pip install 'dlt-web[host]'." in done.stderr


def test_what_was_counted_in_memory_alone_and_could_not_be_reported_is_said_to_be_lost(tmp_path: Path):
    save_picture(tmp_path / "1.png", A, B)
    (tmp_path / "thesis.txt").write_text("years of work")
    done = scan(
        tmp_path / "1.png", "--handshake-code", "c", "--license-server", NOWHERE, "--store", tmp_path / "thesis.txt"
    )
    assert done.returncode == 1
    said = done.stdout.splitlines()[-1]
    assert said.startswith("2 scans lost: counted in memory alone, and the server could not be told: ")
    assert "next start" not in done.stdout
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
