"""Makes pictures and videos of barcodes whose content is known exactly.

Pictures come from zxing-cpp's writer, videos are encoded with PyAV: MJPEG for Chromium's fake camera, WebM for a
``<video>`` element. Needs the extra ``testing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import zxingcpp
from PIL import Image

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

FRAME_SIZE = (640, 480)
# Chromium's fake camera shows a file's frames at this rate, whatever the file says.
FRAMES_PER_SECOND = 30
_MARGIN_PIXELS = 40

# Canonical name -> format of the writer, for all that both the writer and zxing-wasm know.
_FORMATS = {
    "qr_code": zxingcpp.BarcodeFormat.QRCode,
    "data_matrix": zxingcpp.BarcodeFormat.DataMatrix,
    "aztec": zxingcpp.BarcodeFormat.Aztec,
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "ean_13": zxingcpp.BarcodeFormat.EAN13,
    "ean_8": zxingcpp.BarcodeFormat.EAN8,
    "upc_a": zxingcpp.BarcodeFormat.UPCA,
    "upc_e": zxingcpp.BarcodeFormat.UPCE,
    "code_128": zxingcpp.BarcodeFormat.Code128,
    "code_39": zxingcpp.BarcodeFormat.Code39,
    "code_93": zxingcpp.BarcodeFormat.Code93,
    "itf": zxingcpp.BarcodeFormat.ITF,
    "codabar": zxingcpp.BarcodeFormat.Codabar,
}


class BarcodeError(ValueError):
    """A barcode cannot be drawn; says what is wrong with its symbology or its text."""


@dataclass(frozen=True, slots=True)
class PrintedBarcode:
    """A barcode to draw: canonical symbology (``upc_a`` too, for pictures that show one) and text."""

    symbology: str
    text: str


def printed(barcode: object) -> PrintedBarcode:
    """Return a barcode to draw from how an example of one is written, ``(symbology, text)``.

    Raises:
        BarcodeError: it is neither, or cannot be drawn.
    """
    if not isinstance(barcode, PrintedBarcode):
        if not (isinstance(barcode, tuple) and len(barcode) == 2 and all(isinstance(word, str) for word in barcode)):
            raise BarcodeError(f'A barcode is given as ("qr_code", "its text"); found {barcode!r}.')
        barcode = PrintedBarcode(*barcode)
    barcode_image(barcode, scale=1)
    return barcode


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of a video that shows the same barcodes, or none, for a while.

    Attributes:
        barcodes: shown side by side.
        seconds: how long; rounded to whole frames.
    """

    barcodes: tuple[PrintedBarcode, ...]
    seconds: float

    @property
    def frame_count(self) -> int:
        """Frames of this stretch at 30 a second."""
        return round(self.seconds * FRAMES_PER_SECOND)


def expected_scans(shots: Sequence[Shot], *, forget_time_ms: float = 3000.0) -> int:
    """Return how many scans one showing of a video is, by the sliding window of spec §3.

    It looks at what each frame shows and knows nothing of the tracker, so the two can be compared. Gaps must be well
    off the forget time, because a reader does not catch every frame.
    """
    last_seen_ms: dict[PrintedBarcode, float] = {}
    scans = 0
    frame = 0
    for shot in shots:
        for _ in range(shot.frame_count):
            now_ms = frame * 1000 / FRAMES_PER_SECOND
            for barcode in set(shot.barcodes):
                seen_ms = last_seen_ms.get(barcode)
                scans += seen_ms is None or now_ms - seen_ms >= forget_time_ms
                last_seen_ms[barcode] = now_ms
            frame += 1
    return scans


def barcode_image(barcode: PrintedBarcode, *, scale: int = 4) -> Image.Image:
    """Draw one barcode, black on white, with its quiet zone.

    Args:
        barcode: what to draw.
        scale: pixels per module.

    Raises:
        BarcodeError: there is no such symbology to draw, or the text does not fit it.
    """
    if barcode.symbology not in _FORMATS:
        raise BarcodeError(f"No {barcode.symbology!r} can be drawn; there are {', '.join(_FORMATS)}.")
    try:
        written = zxingcpp.create_barcode(barcode.text, _FORMATS[barcode.symbology])
    except ValueError as error:
        raise BarcodeError(f"{barcode.text[:40]!r} cannot be drawn as {barcode.symbology}: {error}.") from error
    pixels = np.array(zxingcpp.write_barcode_to_image(written, scale=scale, add_quiet_zones=True))
    return Image.fromarray(pixels).convert("L")


def picture(barcodes: Sequence[PrintedBarcode], *, scale: int = 4) -> Image.Image:
    """Draw several barcodes below each other on one white sheet; an empty sheet for none."""
    drawn = [barcode_image(barcode, scale=scale) for barcode in barcodes]
    width = max((image.width for image in drawn), default=200) + 2 * _MARGIN_PIXELS
    height = sum(image.height + _MARGIN_PIXELS for image in drawn) + _MARGIN_PIXELS
    sheet = Image.new("L", (width, height), 255)
    top = _MARGIN_PIXELS
    for image in drawn:
        sheet.paste(image, (_MARGIN_PIXELS, top))
        top += image.height + _MARGIN_PIXELS
    return sheet


def save_picture(path: Path, *barcodes: PrintedBarcode, scale: int = 4) -> Path:
    """Write a picture of the barcodes; the file type follows the name (``.png``, ``.webp``, ``.jpg``)."""
    picture(barcodes, scale=scale).save(path)
    return path


def save_webm(path: Path, shots: Sequence[Shot]) -> Path:
    """Write a WebM (VP8) that both engines play in a ``<video>`` element."""
    return _save_video(path, shots, container="webm", codec="libvpx", pixel_format="yuv420p")


def save_mjpeg(path: Path, shots: Sequence[Shot]) -> Path:
    """Write raw MJPEG for ``--use-file-for-fake-video-capture``; the camera shows it over and over."""
    return _save_video(path, shots, container="mjpeg", codec="mjpeg", pixel_format="yuvj420p")


class BarcodeVideo:
    """A video of barcodes, as a file for ``<video>`` and as one for a camera, each written when it is first asked for.

    Attributes:
        shots: what it shows, in order.
    """

    def __init__(self, folder: Path, name: str, shots: Sequence[Shot]) -> None:
        """Write nothing yet.

        Args:
            folder: for the files; must exist.
            name: of the files, without suffix.
            shots: what it shows.
        """
        self.shots = tuple(shots)
        self._path = folder / name

    @property
    def webm(self) -> Path:
        """WebM (VP8) that all engines play in a ``<video>`` element."""
        path = self._path.with_suffix(".webm")
        return path if path.exists() else save_webm(path, self.shots)

    @property
    def mjpeg(self) -> Path:
        """Raw MJPEG for a camera."""
        path = self._path.with_suffix(".mjpeg")
        return path if path.exists() else save_mjpeg(path, self.shots)

    @property
    def texts(self) -> list[str]:
        """The texts that it shows, in order, each once."""
        return list(dict.fromkeys(barcode.text for shot in self.shots for barcode in shot.barcodes))

    def expected_scans(self, *, forget_time_ms: float = 3000.0) -> int:
        """Return how many scans one showing is; as :func:`expected_scans`."""
        return expected_scans(self.shots, forget_time_ms=forget_time_ms)


def save_mjpeg_frames(path: Path, frames: Iterable[tuple[Pixels, int]]) -> Path:
    """Write raw MJPEG of pictures (RGB) that each stay for so many frames, at 30 a second."""
    return _save_frames(path, frames, container="mjpeg", codec="mjpeg", pixel_format="yuvj420p")


def _save_video(path: Path, shots: Sequence[Shot], *, container: str, codec: str, pixel_format: str) -> Path:
    frames = ((np.array(frame_picture(shot)), shot.frame_count) for shot in shots)
    return _save_frames(path, frames, container=container, codec=codec, pixel_format=pixel_format)


def _save_frames(
    path: Path, frames: Iterable[tuple[Pixels, int]], *, container: str, codec: str, pixel_format: str
) -> Path:
    options = {"qmin": "2", "qmax": "4"} if codec == "mjpeg" else {"deadline": "realtime", "cpu-used": "8"}
    with av.open(str(path), "w", format=container) as output:
        stream: Any = None  # made when the first picture tells its size
        for pixels, count in frames:
            if stream is None:
                stream = output.add_stream(codec, rate=FRAMES_PER_SECOND, options=options)
                # Its colours are kept at half the size, so no side is odd.
                stream.height, stream.width = (length - length % 2 for length in pixels.shape[:2])
                stream.pix_fmt = pixel_format
                stream.bit_rate = 4_000_000
            for _ in range(count):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return path


def frame_picture(shot: Shot) -> Image.Image:
    """Draw what each frame of a shot shows, in RGB."""
    frame = Image.new("RGB", FRAME_SIZE, "white")
    if not shot.barcodes:
        return frame
    slot_width = FRAME_SIZE[0] // len(shot.barcodes)
    for index, barcode in enumerate(shot.barcodes):
        image = _fitting_image(barcode, slot_width)
        left = index * slot_width + (slot_width - image.width) // 2
        frame.paste(image, (left, (FRAME_SIZE[1] - image.height) // 2))
    return frame


def _fitting_image(barcode: PrintedBarcode, max_width: int) -> Image.Image:
    """Draw a barcode as large as fits; below two pixels a module a video frame is no longer read surely."""
    for scale in (4, 3, 2):
        image = barcode_image(barcode, scale=scale)
        if image.width <= max_width and image.height <= FRAME_SIZE[1]:
            return image
    raise BarcodeError(f"{barcode} does not fit in {max_width} x {FRAME_SIZE[1]} pixels.")
