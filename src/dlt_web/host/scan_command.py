"""``dlt-web scan``: reads barcodes from pictures or a webcam with zxing-cpp, counts them and reports.

An example of an edition on CPython that is of use by itself. Exit codes: 0 good, 1 refused, unreadable or lost, 2 bad
usage.
"""

from __future__ import annotations

import json
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

try:
    import zxingcpp
    from PIL import Image

    from .pictures import PictureError, files_of, frames_of, pictures_of
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"dlt-web scan needs the package {error.name}: pip install 'dlt-web[host]'.", name=error.name
    ) from error

from . import HostTracker, OptionError, ScanAnswer

Json = Any
CAMERA = "camera"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option(
    "--camera",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[DEVICE]",
    help="Read a webcam, the first one where no DEVICE is named (on Windows name it: video=NAME); a video file is "
    "played in its own time.",
)
@click.option("--seconds", type=click.FloatRange(min=0), metavar="N", help="Read the camera for so long; else: Ctrl-C.")
@click.option("--handshake-code", required=True, metavar="CODE", help="What everything is counted under.")
@click.option(
    "--license-server", "servers", required=True, multiple=True, metavar="URL", help="Main; repeat for a standby."
)
@click.option(
    "--edition",
    type=click.Choice(("random", "server", "embedded")),
    default="random",
    show_default=True,
    help="Make the device's UUID at random, or of traits of the machine.",
)
@click.option(
    "--trait",
    "traits",
    multiple=True,
    metavar="NAME",
    help="Another set than the edition's, repeatable: cpu_id, board, mac, machine_id, os_id; with a ? where it may be "
    "missing.",
)
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="The device's file.")
@click.option("--friendly-name", metavar="NAME", help="Shown to the operator beside the device's UUID.")
@click.option("--session-password-stdin", is_flag=True, help="Read the session password from standard input.")
@click.option("--text", "with_text", is_flag=True, help="Print the barcodes' texts, too; they are never sent.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each picture, and one at the end.")
def scan(
    paths: tuple[Path, ...],
    camera: str | None,
    seconds: float | None,
    session_password_stdin: bool,
    with_text: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Read barcodes from pictures (PATH: files, folders) or a webcam, count them and report the counts."""
    if bool(paths) == (camera is not None):
        raise click.UsageError("Name pictures or --camera, one of the two.")
    if seconds is not None and camera is None:
        raise click.UsageError("--seconds goes with --camera.")
    # What Pillow warns of in a damaged picture it says again, in a line of ours, where the picture cannot be read.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    files = files_of(paths)
    password = sys.stdin.readline().rstrip("\r\n") if session_password_stdin else None
    printer = _Printer(as_json=as_json, with_text=with_text)
    with _tracker(session_password=password, **options) as tracker:
        tracker.wait_until_ready()
        for notice in tracker.notices:
            click.echo(f"Note: {notice.message}", err=True)
        try:
            signal.signal(signal.SIGTERM, _interrupt)
            if camera is None:
                _scan_files(tracker, files, printer)
            else:
                _scan_frames(tracker, camera, seconds, printer)
        except KeyboardInterrupt:
            pass  # what was counted is reported
        finally:
            printer.end(tracker)
    if printer.unreadable or printer.lost_scans:
        sys.exit(1)


def _tracker(
    *,
    handshake_code: str,
    servers: tuple[str, ...],
    edition: str,
    traits: tuple[str, ...],
    store: Path | None,
    friendly_name: str | None,
    session_password: str | None,
) -> HostTracker:
    try:
        return HostTracker(
            handshake_code=handshake_code,
            license_server=list(servers),
            edition=edition,
            traits=list(traits) or None,
            store=store,
            device_friendly_name=friendly_name,
            session_password=session_password,
        )
    except OptionError as error:
        raise click.UsageError(error.message) from error


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _scan_files(tracker: HostTracker, files: list[Path], printer: _Printer) -> None:
    for path in files:
        try:
            for picture in pictures_of(path):
                found = _read(picture)
                printer.told(str(path), found, tracker.scan(found, source="image"))
        except PictureError as error:
            printer.unreadable += 1
            click.echo(f"Error: {error}", err=True)


def _scan_frames(tracker: HostTracker, camera: str, seconds: float | None, printer: _Printer) -> None:
    for frame in frames_of(camera, seconds):
        found = _read(frame.picture)
        if found:
            answer = tracker.scan(found, time_ms=frame.time_ms, stream=CAMERA)
            if answer.scans:  # a code that is held before the camera is told once
                printer.told(CAMERA, found, answer)


def _read(picture: Image.Image) -> list[Any]:
    return list(zxingcpp.read_barcodes(picture.convert("L")))


def _scans(count: int) -> str:
    return "1 scan" if count == 1 else f"{count} scans"


class _Printer:
    """Tells of what was found: for people, or line by line for programs."""

    def __init__(self, *, as_json: bool, with_text: bool) -> None:
        self.unreadable = 0
        self.lost_scans = 0
        self._as_json = as_json
        self._with_text = with_text
        self._scans: Counter[str] = Counter()

    def told(self, source: str, found: list[Any], answer: ScanAnswer) -> None:
        """Tell of one picture."""
        rows = list(self._rows(found, answer))
        self._scans.update(row["symbology"] for row in rows if not row["duplicate"])
        if self._as_json:
            click.echo(json.dumps({"source": source, "barcodes": rows}))
        elif not rows:
            click.echo(f"{source}: no barcode")
        for row in [] if self._as_json else rows:
            text = f" {row['text']!a}" if self._with_text else ""
            click.echo(f"{source}: {row['symbology']}{text}, {'a duplicate' if row['duplicate'] else 'counted'}")

    def _rows(self, found: list[Any], answer: ScanAnswer) -> Iterator[dict[str, Json]]:
        for barcode, result in zip(found, answer.results, strict=True):
            text = {"text": barcode.text} if self._with_text else {}
            yield {"symbology": result.symbology, "duplicate": result.duplicate, **text}

    def end(self, tracker: HostTracker) -> None:
        """Report, and tell what it came to."""
        left = tracker.flush()
        # Without its file the device ends here, and what waits in memory with it.
        self.lost_scans = left.pending_scans if tracker.storage == "memory" else 0
        told = {
            "deviceUuid": tracker.device_uuid,
            "storage": tracker.storage,
            "license": tracker.license.state,
            "scans": self._scans.total(),
            "bySymbology": dict(self._scans),
            "pendingScans": left.pending_scans - self.lost_scans,
            "lostScans": self.lost_scans,
            "notices": [notice.code for notice in tracker.notices],
        }
        if self._as_json:
            click.echo(json.dumps(told))
            return
        click.echo(f"{_scans(self._scans.total())} by device {tracker.device_uuid} ({tracker.storage}).")
        why = tracker.pending.message or tracker.license.message or "the server did not take them yet"
        if self.lost_scans:
            click.echo(
                f"{_scans(self.lost_scans)} lost: counted in memory alone, and the server could not be told: {why}"
            )
        elif left.pending_scans:
            click.echo(f"{_scans(left.pending_scans)} on this device to be sent at the next start: {why}")
