"""The device's hidden file: its UUID, how that came to be, and the name of its queue.

It is written whole or not at all, and only its owner may read it. Each time it is made it names a new queue (a SQLite
database beside it), so that whoever deletes both while processes use them deletes nothing of those that come after.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..device import is_uuid4
from .files import hide, make_folder
from .identity import Identity, is_told

Json = Any
FileId = tuple[int, int]

VERSION = 1
# Of a device that is gone; while a file is being made its queue has no name in it yet.
ORPHAN_AGE_S = 3600
_QUEUE = re.compile(r"[0-9a-f]{16}")


class NoDeviceFileError(ValueError):
    """What lies there is no device's file, or one of a later version; it is left as it is."""


@dataclass(frozen=True, slots=True)
class Held:
    """A device's file as it was read.

    Attributes:
        uuid: of the device.
        queue: names the queue's database.
        told: how the UUID came to be, see :class:`~dlt_web.host.identity.Identity`.
        file: tells it from another one of its name.
    """

    uuid: str
    queue: str
    told: Json
    file: FileId


def file_id(path: Path) -> FileId | None:
    """Return what tells a file from another one of its name; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class DeviceFile:
    """Reads the hidden file, and makes it where there is none."""

    def __init__(self, path: Path, identity: Identity) -> None:
        self.path = path
        self.identity = identity

    def read(self) -> Held | None:
        """Return what the file says; None where there is none.

        Raises:
            NoDeviceFileError: it is something else.
            OSError: it cannot be read.
        """
        try:
            with self.path.open("rb") as opened:
                found = os.fstat(opened.fileno())
                content = opened.read()
                if sys.platform != "win32" and found.st_mode & 0o077:
                    # Somebody has copied it without care.
                    os.fchmod(opened.fileno(), 0o600)
        except FileNotFoundError:
            return None
        try:
            said = json.loads(content)
            uuid, queue, told = said["uuid"], said["queue"], said["made"]
            is_named = is_uuid4(uuid) and _QUEUE.fullmatch(queue) is not None
            is_good = said["version"] == VERSION and is_named and is_told(told)
        except (ValueError, TypeError, KeyError):
            is_good = False
        if not is_good:
            raise NoDeviceFileError("it is no device's file of this version; delete it to make a new device")
        return Held(uuid, queue, told, (found.st_dev, found.st_ino))

    def queue_path(self, queue: str) -> Path:
        """Return where a queue's database lies."""
        return self.path.with_name(f"{self.path.name}.{queue}.db")

    def new_name(self) -> str:
        """Return a name that no queue has had."""
        make_folder(self.path.parent)
        return secrets.token_hex(8)

    def put(self, uuid: str, queue: str, told: Json, *, instead_of: FileId | None) -> FileId | None:
        """Write the file, unless another process has written it meanwhile; return what tells it from others, or None.

        Args:
            uuid: of the device.
            queue: names its queue, which is there already.
            told: how the UUID came to be.
            instead_of: the file that it takes the place of; None where there was none.
        """
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}.new")
        said = {"version": VERSION, "uuid": uuid, "queue": queue, "made": told}
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
                json.dump(said, opened)
                opened.flush()
                os.fsync(opened.fileno())
                found = os.fstat(opened.fileno())
            if instead_of is not None and not self._take_away(instead_of):
                return None
            with contextlib.suppress(FileExistsError):
                # Unlike a renaming it never takes the place of a file that another process has made just now.
                os.rename(draft, self.path) if sys.platform == "win32" else os.link(draft, self.path)
                hide(self.path)
                return found.st_dev, found.st_ino
            return None
        finally:
            draft.unlink(missing_ok=True)
            _sync_folder(self.path.parent)

    def sweep(self) -> None:
        """Delete queues of devices that are gone."""
        old_s = time.time() - ORPHAN_AGE_S
        found = [path for path in self.path.parent.glob(f"{self.path.name}.*") if _modified_s(path) < old_s]
        held = self.read()
        for path in found:
            if held is not None and not path.name.startswith(self.queue_path(held.queue).name):
                path.unlink(missing_ok=True)

    def _take_away(self, old: FileId) -> bool:
        """Take a file away; one that another process has put there meanwhile is put back."""
        aside = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}.old")
        try:
            os.rename(self.path, aside)
        except FileNotFoundError:
            return False
        is_old = file_id(aside) == old
        if not is_old:
            with contextlib.suppress(FileExistsError):
                os.rename(aside, self.path) if sys.platform == "win32" else os.link(aside, self.path)
        aside.unlink(missing_ok=True)
        return is_old


def _modified_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def _sync_folder(folder: Path) -> None:
    """Have the file's name reach the disk, too."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
