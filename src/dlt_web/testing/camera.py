"""Shows a video as the camera of a browser: Chromium's own fake camera, and in other engines a canvas in its place.

The other engines have either no fake camera or one whose picture nobody can choose. There ``getUserMedia`` is replaced
by the stream of a canvas that the video's frames are drawn on, over and over. The frames travel inside the script, so
no policy of the page, missing codec or network stands between.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from PIL import Image

from .barcode_media import BarcodeVideo, frame_picture, save_mjpeg_frames
from .browser_launch import EngineName
from .browser_page import BrowserWindow
from .windows import BrowserWindows

FRAMES_PER_SECOND = 30
# JPEG of this quality is read as surely as the video itself.
_QUALITY = 85
# In a script that each page and frame gets, a minute of a moving picture would be 100 MB.
MAX_FRAMES = 900
_SCRIPT = Path(__file__).parent / "page" / "camera.js"


class VideoError(ValueError):
    """A file is no video that can be shown as a camera; says why."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture that a camera shows for a while.

    Attributes:
        picture: RGB.
        frame_count: for how many frames, at 30 a second.
    """

    picture: Image.Image
    frame_count: int


def open_with_camera(
    windows: BrowserWindows, engine: EngineName, video: Path | BarcodeVideo, *, folder: Path, profile: Path | None
) -> BrowserWindow:
    """Open a window whose camera shows a video over and over.

    Args:
        windows: open it.
        engine: of the browser.
        video: of barcodes, or any file that FFmpeg reads.
        folder: for what has to be written.
        profile: folder of the browser's profile; None makes a fresh one.

    Raises:
        VideoError: as :func:`read_stills`.
    """
    if engine == "chromium":
        setup = dataclasses.replace(windows.setup, camera_file=camera_file(video, folder))
        return windows.open(engine, profile, setup=setup)
    script = camera_script(stills_of(video))
    window = windows.open(engine, profile)
    window.add_init_script(script)
    return window


def stills_of(video: Path | BarcodeVideo) -> list[Still]:
    """Return what a video shows, of barcodes or any other; as :func:`read_stills`."""
    if isinstance(video, BarcodeVideo):
        return [Still(frame_picture(shot), shot.frame_count) for shot in video.shots]
    return read_stills(video)


def camera_file(video: Path | BarcodeVideo, folder: Path) -> Path:
    """Return a video as MJPEG, which Chromium's fake camera shows; one of another kind is written anew in a folder.

    Raises:
        VideoError: as :func:`read_stills`.
    """
    if isinstance(video, BarcodeVideo):
        return video.mjpeg
    stills = read_stills(video)
    if video.suffix == ".mjpeg":
        return video
    return save_mjpeg_frames(folder / f"{video.stem}.mjpeg", ((np.array(s.picture), s.frame_count) for s in stills))


def read_stills(video: Path) -> list[Still]:
    """Return what a video shows, with equal frames that follow each other as one still.

    Raises:
        VideoError: the file is missing, is no video, or changes its picture too often to be put into a page.
    """
    if not video.is_file():
        raise VideoError(f"There is no video {video}.")
    try:
        stills = list(_join_equals(_frames(video)))
    except FFmpegError as error:
        raise VideoError(f"{video} cannot be read as a video: {error}.") from error
    if not stills:
        raise VideoError(f"{video} has no pictures.")
    if len(stills) > MAX_FRAMES:
        raise VideoError(
            f"{video} has {len(stills)} different pictures; a camera shows {MAX_FRAMES} at most: cut it to "
            f"{MAX_FRAMES // FRAMES_PER_SECOND} s."
        )
    return stills


def _frames(video: Path) -> Iterator[Image.Image]:
    """Yield the pictures at 30 a second, whatever the file's own rate."""
    with av.open(str(video)) as source:
        if not source.streams.video:
            raise VideoError(f"{video} has no pictures.")
        # Raw MJPEG knows no times; each of its frames is one of the camera's, as in Chromium.
        is_timeless = source.format.name == "mjpeg"
        shown = 0
        first_s: float | None = None
        for frame in source.decode(video=0):
            time_s = shown / FRAMES_PER_SECOND if is_timeless or frame.pts is None else frame.time
            first_s = time_s if first_s is None else first_s
            picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
            while shown <= (time_s - first_s) * FRAMES_PER_SECOND + 1e-3:
                yield picture
                shown += 1


def _join_equals(pictures: Iterator[Image.Image]) -> Iterator[Still]:
    for _, equal in itertools.groupby(pictures, key=lambda picture: hashlib.sha256(picture.tobytes()).digest()):
        pictures_of_one = list(equal)
        yield Still(pictures_of_one[0], len(pictures_of_one))


def camera_script(stills: list[Still]) -> str:
    """Return a script that replaces a page's camera by stills; to be run before the page's own scripts."""
    shown = [
        {"jpeg": base64.b64encode(_jpeg(still.picture)).decode(), "ms": still.frame_count * 1000 / FRAMES_PER_SECOND}
        for still in stills
    ]
    width, height = stills[0].picture.size
    given = json.dumps({"stills": shown, "width": width, "height": height, "framesPerSecond": FRAMES_PER_SECOND})
    function = _SCRIPT.read_text().rstrip().removesuffix(";")
    return f"({function})({given});"


def _jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
