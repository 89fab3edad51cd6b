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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..device import is_uuid4
from .files import hide, make_folder
from .identity import Identity, is_told

if sys.platform != "win32":
    import fcntl

Json = Any
FileId = tuple[int, int]

VERSION = 1
# Of a device that is gone; while a file is being made its queue has no name in it yet.
ORPHAN_AGE_S = 3600
_QUEUE = re.compile(r"[0-9a-f]{16}")
# What is made beside the file: drafts of it, and queues with what SQLite lays beside those.
_BESIDE = r"\.[0-9a-f]{16}\.(new|db|db-wal|db-shm|db-journal)"


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
                    _make_private(opened.fileno(), found.st_uid)
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

    def put(self, uuid: str, queue: str, told: Json, *, instead_of: Held | None) -> FileId | None:
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
            with _alone_in(self.path.parent):
                if not self._take_place(draft, instead_of):
                    return None
            hide(self.path)
            return found.st_dev, found.st_ino
        finally:
            draft.unlink(missing_ok=True)
            _sync_folder(self.path.parent)

    def names(self, queue: str) -> bool:
        """Tell whether the file still names a queue. The file's own number may be another file's after a deletion."""
        try:
            held = self.read()
        except (NoDeviceFileError, OSError):
            return True  # nobody has made another device: this one's file was written into, or may not be read
        return held is not None and held.queue == queue

    def sweep(self) -> None:
        """Delete queues of devices that are gone, and nothing else whose name begins with the file's."""
        old_s = time.time() - ORPHAN_AGE_S
        ours = re.compile(re.escape(self.path.name) + _BESIDE)
        found = [path for path in self.path.parent.iterdir() if ours.fullmatch(path.name) and _modified_s(path) < old_s]
        held = self.read()
        for path in found:
            if held is not None and not path.name.startswith(self.queue_path(held.queue).name):
                path.unlink(missing_ok=True)

    def _take_place(self, draft: Path, old: Held | None) -> bool:
        """Put a file in the place of another, so that nobody finds none between; false if that is there no more."""
        if old is not None:
            if not self.names(old.queue):
                return False
            os.replace(draft, self.path)
            return True
        try:
            # Unlike a renaming it never takes the place of a file that another process has made just now.
            os.rename(draft, self.path) if sys.platform == "win32" else os.link(draft, self.path)
        except FileExistsError:
            return False
        except OSError:
            # A file system that knows no second name for a file, as memory cards have: here the lock keeps others off.
            if self.path.exists():
                return False
            os.rename(draft, self.path)
        return True


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let one process at a time look at the file and replace it.

    Where there are no such locks (Windows, some file systems of the network) two may replace the same one; whoever was
    first finds that as it finds a purge.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_private(descriptor: int, owner: int) -> None:
    """Take back what rights others have: somebody has copied the file without care."""
    if sys.platform != "win32":
        try:
            os.fchmod(descriptor, 0o600)
        except OSError:
            # One's own on a file system without rights; another user's is nothing to count in.
            if owner != os.geteuid():
                raise


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
            with contextlib.suppress(OSError):  # some file systems flush no folder
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
