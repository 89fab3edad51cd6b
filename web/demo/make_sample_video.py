"""Draws the demo page's sample video: parcels with barcodes on a conveyor, a seamless loop.

Run by hand when the scene changes; its result ``sample.webm`` is kept in the repository::

    python web/demo/make_sample_video.py            # needs zxing-cpp, pillow and av

Five parcels stand in a ring on the belt, three of them in the picture. The belt stands still, moves on by one place,
stands still again: so each barcode is in the picture for about ten seconds and away for about seven, longer than the
three seconds after which the tracker forgets it. A viewer thus sees "counted", "duplicate" and "forgotten" within one
loop. VP9 in WebM is the one kind that Chromium without licensed codecs, Firefox and WebKitGTK all play.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import av
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 960, 720
FRAMES_PER_SECOND = 24
SPACING = 316
STAND_S, MOVE_S = 2.0, 1.4
SUPERSAMPLING = 2
FLOOR_Y = 590
FONT_FOLDER = Path("/usr/share/fonts/truetype")

KRAFT, KRAFT_DARK, KRAFT_LIGHT = (178, 128, 80), (150, 104, 62), (200, 155, 106)
TEAL, TEAL_DARK = (41, 122, 108), (30, 96, 85)
PAPER, INK = (250, 249, 246), (24, 26, 30)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel of the ring: what its label says and how it is made up. Sizes in pixels of the video."""

    content: str
    format: zxingcpp.BarcodeFormat
    caption: str
    width: int
    height: int
    tilt_degrees: float
    style: str


PARCELS = (
    Parcel("PKG-00418-B", zxingcpp.BarcodeFormat.Code128, "PKG-00418-B", 276, 306, -2.0, "box"),
    Parcel("https://shop-a.example/p/7719", zxingcpp.BarcodeFormat.QRCode, "Scan for details", 244, 352, 1.5, "bag"),
    Parcel("4006381333931", zxingcpp.BarcodeFormat.EAN13, "4006381333931", 262, 274, 2.0, "teal"),
    Parcel("PKG-00417-A", zxingcpp.BarcodeFormat.Code128, "PKG-00417-A", 282, 268, 1.2, "box"),
    Parcel("5901234123457", zxingcpp.BarcodeFormat.EAN13, "5901234123457", 250, 330, -1.4, "bag"),
)


def font(size: int, *, mono: bool = False) -> ImageFont.FreeTypeFont:
    """Gives a font of ``size`` video pixels, drawn at the supersampled scale."""
    name = "dejavu/DejaVuSansMono.ttf" if mono else "liberation/LiberationSans-Regular.ttf"
    return ImageFont.truetype(FONT_FOLDER / name, size * SUPERSAMPLING)


def barcode_image(parcel: Parcel, width: int) -> Image.Image:
    """Draws the parcel's barcode, modules a whole number of pixels wide, at most ``width`` supersampled pixels."""
    barcode = zxingcpp.create_barcode(parcel.content, parcel.format)
    plain = Image.fromarray(_array(barcode.to_image(scale=1, add_quiet_zones=False))).convert("L")
    scale = width // plain.width
    if parcel.format == zxingcpp.BarcodeFormat.QRCode:
        size = (plain.width * scale, plain.height * scale)
    else:
        size = (plain.width * scale, 96 * SUPERSAMPLING)
    return plain.resize(size, Image.Resampling.NEAREST).convert("RGB")


def _array(image: zxingcpp.Image) -> object:
    import numpy

    return numpy.array(image, copy=False)


def draw_body(canvas: Image.Image, parcel: Parcel) -> None:
    """Draws cardboard, paper bag or carton without its label over the whole ``canvas``."""
    draw = ImageDraw.Draw(canvas)
    width, height = canvas.size
    unit = SUPERSAMPLING
    base, dark, light = (
        (TEAL, TEAL_DARK, (60, 146, 130)) if parcel.style == "teal" else (KRAFT, KRAFT_DARK, KRAFT_LIGHT)
    )
    for row in range(height):
        shade = 1.06 - 0.2 * row / height
        draw.line([(0, row), (width, row)], fill=tuple(min(255, round(part * shade)) for part in base))
    if parcel.style == "box":
        middle = width // 2
        draw.rectangle([middle - 21 * unit, 0, middle + 21 * unit, height], fill=light)
        draw.line([(middle, 0), (middle, height)], fill=base, width=unit)
        draw.rectangle([0, 0, width, 5 * unit], fill=light)
    elif parcel.style == "bag":
        draw.rectangle([0, 0, width, 24 * unit], fill=dark)
        draw.line([(0, 24 * unit), (width, 24 * unit)], fill=light, width=unit)
        for step in range(7 * unit, width, 14 * unit):
            draw.line([(step, 8 * unit), (step + 6 * unit, 8 * unit)], fill=light, width=unit)
    else:
        draw.rectangle([0, 34 * unit, width, 96 * unit], fill=(238, 240, 236))
        draw.rectangle([22 * unit, 50 * unit, 140 * unit, 62 * unit], fill=base)
        draw.rectangle([22 * unit, 72 * unit, 98 * unit, 79 * unit], fill=(176, 190, 184))
    draw.rectangle([0, height - 7 * unit, width, height], fill=dark)
    draw.rectangle([width - 5 * unit, 0, width, height], fill=dark)


def draw_label(canvas: Image.Image, parcel: Parcel) -> None:
    """Sticks the paper label with barcode and caption onto the parcel."""
    draw = ImageDraw.Draw(canvas)
    unit = SUPERSAMPLING
    width, height = canvas.size
    code = barcode_image(parcel, width - (74 if parcel.format == zxingcpp.BarcodeFormat.QRCode else 56) * unit)
    is_square = parcel.format == zxingcpp.BarcodeFormat.QRCode
    head = 14 * unit if is_square or parcel.style == "teal" else 52 * unit
    label_width, label_height = code.width + 36 * unit, code.height + head + 42 * unit
    left = (width - label_width) // 2
    top = height - label_height - (26 if parcel.style == "teal" else 46) * unit
    draw.rounded_rectangle([left, top, left + label_width, top + label_height], 4 * unit, fill=PAPER)
    if head > 20 * unit:
        draw.rectangle([left + 18 * unit, top + 15 * unit, left + 78 * unit, top + 20 * unit], fill=(120, 124, 130))
        draw.rectangle([left + 18 * unit, top + 27 * unit, left + 112 * unit, top + 31 * unit], fill=(186, 189, 193))
        draw.rectangle(
            [left + label_width - 58 * unit, top + 13 * unit, left + label_width - 18 * unit, top + 35 * unit], fill=INK
        )
    canvas.paste(code, (left + 18 * unit, top + head))
    text_font = font(17, mono=not is_square)
    draw.text(
        (left + label_width // 2, top + head + code.height + 21 * unit), parcel.caption, INK, text_font, anchor="mm"
    )


def parcel_image(parcel: Parcel) -> Image.Image:
    """Gives the finished parcel, tilted, with transparent corners, at the video's scale."""
    size = (parcel.width * SUPERSAMPLING, parcel.height * SUPERSAMPLING)
    body = Image.new("RGB", size)
    draw_body(body, parcel)
    draw_label(body, parcel)
    corners = Image.new("L", size, 0)
    ImageDraw.Draw(corners).rounded_rectangle([0, 0, size[0] - 1, size[1] - 1], 6 * SUPERSAMPLING, fill=255)
    body.putalpha(corners)
    turned = body.rotate(parcel.tilt_degrees, Image.Resampling.BICUBIC, expand=True)
    return turned.resize((turned.width // SUPERSAMPLING, turned.height // SUPERSAMPLING), Image.Resampling.LANCZOS)


def shadow_of(parcel: Image.Image) -> Image.Image:
    """Gives a soft shadow in the shape of the parcel, with a margin of 40 pixels."""
    alpha = Image.new("L", (parcel.width + 80, parcel.height + 80), 0)
    alpha.paste(parcel.getchannel("A").point(lambda value: value * 150 // 255), (40, 40))
    shadow = Image.new("RGBA", alpha.size, (0, 0, 0, 0))
    shadow.putalpha(alpha.filter(ImageFilter.GaussianBlur(13)))
    return shadow


def background() -> Image.Image:
    """Draws the wall with its panels and the light that falls on it."""
    wall = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(wall)
    for row in range(HEIGHT):
        part = row / FLOOR_Y
        draw.line([(0, row), (WIDTH, row)], fill=(round(50 + 30 * part), round(57 + 33 * part), round(66 + 36 * part)))
    for row in (150, 156):
        draw.line([(0, row), (WIDTH, row)], fill=(44, 50, 58), width=2)
    for column in range(120, WIDTH, 240):
        draw.line([(column, 0), (column, FLOOR_Y - 100)], fill=(58, 65, 74), width=2)
    glow = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(glow).ellipse([180, -260, 780, 520], fill=70)
    light = Image.new("RGB", (WIDTH, HEIGHT), (255, 244, 220))
    wall = Image.composite(light, wall, glow.filter(ImageFilter.GaussianBlur(120)).point(lambda value: value // 2))
    draw = ImageDraw.Draw(wall)
    rail = FLOOR_Y - 98
    draw.rectangle([0, rail, WIDTH, rail + 9], fill=(122, 130, 140))
    draw.rectangle([0, rail + 9, WIDTH, rail + 14], fill=(38, 42, 48))
    return wall


def draw_belt(frame: Image.Image, offset: float) -> None:
    """Draws the belt's slats in perspective, moved on by ``offset`` pixels at the parcels' depth."""
    draw = ImageDraw.Draw(frame)
    top, bottom = FLOOR_Y - 84, HEIGHT
    for row in range(top, bottom):
        part = (row - top) / (bottom - top)
        draw.line([(0, row), (WIDTH, row)], fill=(round(30 + 14 * part), round(33 + 15 * part), round(39 + 16 * part)))
    slat = SPACING / 4
    near, far = 1.5, 0.82
    first = offset % slat - 12 * slat
    for index in range(26):
        from_middle = first + index * slat
        draw.line(
            [(WIDTH / 2 + from_middle * far, top), (WIDTH / 2 + from_middle * near, bottom)], fill=(20, 22, 26), width=4
        )
    draw.line([(0, top), (WIDTH, top)], fill=(70, 76, 84), width=3)


def place(time_s: float) -> float:
    """How many places the belt has moved on at ``time_s``: it stands, then moves with a soft start and stop."""
    step, within = divmod(time_s, STAND_S + MOVE_S)
    moving = max(0.0, within - STAND_S) / MOVE_S
    return step + (1 - math.cos(math.pi * moving)) / 2


def frames() -> list[Image.Image]:
    """Draws one whole loop."""
    wall = background()
    parcels = [parcel_image(parcel) for parcel in PARCELS]
    shadows = [shadow_of(parcel) for parcel in parcels]
    ring = SPACING * len(parcels)
    loop_s = len(parcels) * (STAND_S + MOVE_S)
    drawn = []
    for index in range(round(loop_s * FRAMES_PER_SECOND)):
        offset = place(index / FRAMES_PER_SECOND) * SPACING
        frame = wall.copy()
        draw_belt(frame, offset)
        for number, (parcel, shadow) in enumerate(zip(parcels, shadows, strict=True)):
            # The ring runs to the right; the first parcel stands at the left when the loop begins.
            centre = (offset + SPACING * (len(parcels) - number) + 164) % ring
            left = round(centre - parcel.width / 2 - (ring if centre > WIDTH + SPACING else 0))
            top = FLOOR_Y + 26 - parcel.height - (number * 7) % 18
            frame.paste(shadow, (left - 34, top - 26), shadow)
            frame.paste(parcel, (left, top), parcel)
        drawn.append(frame)
    return drawn


def write(images: list[Image.Image], path: Path, bit_rate: int) -> None:
    """Encodes ``images`` as VP9 in WebM."""
    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = bit_rate
        stream.options = {"deadline": "good", "cpu-used": "2", "crf": "34", "row-mt": "1", "g": "96"}
        for image in images:
            for packet in stream.encode(av.VideoFrame.from_image(image)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def main() -> None:
    """Reads the command line and writes the video, and a still of it where asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("sample.webm"))
    parser.add_argument("--still", type=Path, help="also write one frame as PNG")
    parser.add_argument("--bit-rate", type=int, default=420_000, help="bits per second at most")
    options = parser.parse_args()
    images = frames()
    if options.still:
        images[0].save(options.still)
    write(images, options.out, options.bit_rate)
    print(f"{options.out}: {len(images)} frames, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
