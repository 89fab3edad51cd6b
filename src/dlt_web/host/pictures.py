"""Pictures for ``dlt-web scan``: files, and the frames of a webcam or a video file."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image, ImageSequence, ImageStat, UnidentifiedImageError

from ..errors import OptionError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")
# Between black and white, and between transparent and opaque.
_HALF = 127
# What each system calls its cameras by, and the one that is taken where none is named.
_CAMERAS = {"linux": ("v4l2", "/dev/video0"), "darwin": ("avfoundation", "0"), "win32": ("dshow", "")}
# How a camera is asked for, one way after the other. The cameras that are built into Macs refuse the 29.97 pictures a
# second that FFmpeg asks AVFoundation for by itself, and give 30; there are others that give nothing but its own.
_WAYS: dict[str, tuple[dict[str, str], ...]] = {"avfoundation": ({"framerate": "30"}, {})}


class PictureError(OptionError):
    """A picture or camera cannot be read; says which and why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, and when it was captured, ms on the clock of ``time.monotonic()``."""

    picture: Image.Image
    time_ms: float


def files_of(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files among these paths, and those with a picture's suffix below the folders among them, sorted."""
    found: list[Path] = []
    for path in paths:
        below = _pictures_below(path) if path.is_dir() else [path]
        if not below:
            raise PictureError(f"In {path} is no picture ({', '.join(SUFFIXES)}).")
        found += below
    return found


def _pictures_below(folder: Path) -> list[Path]:
    return [one for one in sorted(folder.rglob("*")) if one.suffix.lower() in SUFFIXES and not one.is_dir()]


def pictures_of(path: Path) -> Iterator[Image.Image]:
    """Give the pictures in a file: one, or each page or frame of it.

    Raises:
        PictureError: it cannot be read.
    """
    try:
        with Image.open(path) as opened:
            for page in ImageSequence.Iterator(opened):
                yield _opaque(page)
    except Exception as error:
        # Of a damaged file Pillow raises what comes: a TypeError for a TIFF that was cut off, a SyntaxError for a PNG.
        why = "it is no picture" if isinstance(error, UnidentifiedImageError) else str(error) or type(error).__name__
        raise PictureError(f"{path} cannot be read: {why}.") from error


def _opaque(page: Image.Image) -> Image.Image:
    """Return a page in gray; what is transparent shows white beneath dark ink, black beneath light ink."""
    if not page.has_transparency_data:
        return page.convert("L")
    ink, alpha = page.convert("LA").split()
    seen = alpha.point(lambda value: 255 if value > _HALF else 0)
    is_light = seen.getbbox() is not None and ImageStat.Stat(ink, seen).mean[0] > _HALF
    ground = Image.new("L", page.size, 0 if is_light else 255)
    ground.paste(ink, mask=alpha)
    return ground


def frames_of(device: str, seconds: float | None) -> Iterator[Frame]:
    """Give a camera's newest frames, or those of a video file in its own time.

    Args:
        device: a camera as the system names it (``/dev/video0``, ``0``, ``video=NAME``), a video file, or empty for the
            system's first camera.
        seconds: for how long, once it is open; None without end.

    Raises:
        PictureError: there is no such camera, or it gives no picture.
    """
    yield from _played(device, seconds) if Path(device).is_file() else _newest(device, seconds)


def _played(path: str, seconds: float | None) -> Iterator[Frame]:
    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise PictureError(f"The video {path} cannot be read: it holds no pictures.")
            start_s = time.monotonic()
            for frame in container.decode(video=0):
                after_s = float(frame.time or 0.0)
                if seconds is not None and after_s > seconds:
                    return
                due_s = start_s + after_s
                time.sleep(max(0.0, due_s - time.monotonic()))
                yield Frame(_picture(frame), due_s * 1000)
    except (av.FFmpegError, OSError) as error:
        raise PictureError(f"The video {path} cannot be read: {error}.") from error


def _newest(device: str, seconds: float | None) -> Iterator[Frame]:
    """Give the newest frame each time: a reader that is slower than the camera never reads what is long gone."""
    camera = _Camera(device)
    end_s = None if seconds is None else time.monotonic() + seconds
    try:
        while (frame := camera.next(end_s)) is not None and (end_s is None or frame.time_ms <= end_s * 1000):
            yield frame
    finally:
        camera.stop()


def open_camera(name: str, kind: str, ways: tuple[dict[str, str], ...]) -> av.container.InputContainer:
    """Open a camera in the first of these ways in which it opens.

    Args:
        name: as the system calls it.
        kind: FFmpeg's name for cameras of that system.
        ways: options of FFmpeg, at least one set of them.

    Raises:
        PictureError: it opens in none; says what the last one came to.
    """
    failure: Exception | None = None
    for options in ways:
        try:
            return av.open(name, format=kind, options=options)
        except (av.FFmpegError, OSError, ValueError) as error:
            failure = error
    raise PictureError(f"The camera {name} cannot be opened: {failure}. Name another: --camera DEVICE.") from failure


class _Camera:
    """Reads a camera in a thread, and keeps its newest frame."""

    def __init__(self, device: str) -> None:
        kind, first = _CAMERAS.get(sys.platform, _CAMERAS["linux"])
        self._name = device or first
        if not self._name:
            raise PictureError("On Windows a camera is named: --camera video=NAME, as in the device manager.")
        self._container = open_camera(self._name, kind, _WAYS.get(kind, ({},)))
        self._has_news = threading.Condition()
        self._frame: Frame | None = None
        self._failure: str | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._read, name="dlt-web camera", daemon=True)
        self._thread.start()

    def next(self, end_s: float | None) -> Frame | None:
        """Return the newest frame that was not returned yet; None when it is time."""
        with self._has_news:
            while self._frame is None and self._failure is None:
                left_s = None if end_s is None else end_s - time.monotonic()
                if left_s is not None and left_s <= 0:
                    return None
                self._has_news.wait(left_s)
            frame, self._frame = self._frame, None
        if frame is None:
            raise PictureError(f"The camera {self._name} gives no picture any more: {self._failure}.")
        return frame

    def stop(self) -> None:
        """Let go of the camera."""
        self._is_over = True
        self._thread.join(5)
        self._container.close()

    def _read(self) -> None:
        failure = "it has ended"
        try:
            for frame in self._container.decode(video=0):
                if self._is_over:
                    break
                self._say(Frame(_picture(frame), time.monotonic() * 1000), None)
        except (av.FFmpegError, OSError) as error:
            failure = str(error)
        self._say(None, failure)

    def _say(self, frame: Frame | None, failure: str | None) -> None:
        with self._has_news:
            self._frame, self._failure = frame or self._frame, failure
            self._has_news.notify()


def _picture(frame: av.VideoFrame) -> Image.Image:
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return picture
