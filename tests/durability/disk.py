"""A disk that fails when a test says so: a VFS between SQLite and the real one."""

from __future__ import annotations

from dataclasses import dataclass
from threading import current_thread
from typing import Any

import apsw

NAME = "failing-disk"


@dataclass
class Disk:
    """Counts what is written, and fails from one operation on until it is repaired.

    Attributes:
        error: what SQLite is told: the disk is full, or reading and writing fails.
        fails_from: number of the first operation that fails, counted from 1; None while the disk is good.
        thread: the only thread for whose operations it fails, by name; None means all.
        fails_to_read: a thread that can read nothing, by name.
        operations: writes, flushes and truncations so far.
        failed: how many of them failed.
    """

    error: type[apsw.Error] = apsw.FullError
    fails_from: int | None = None
    thread: str | None = None
    fails_to_read: str | None = None
    operations: int = 0
    failed: int = 0

    def start(self, error: type[apsw.Error], fails_from: int) -> None:
        """Count anew and fail from an operation on."""
        self.error, self.fails_from, self.operations, self.failed = error, fails_from, 0, 0

    def repair(self) -> None:
        """Work again."""
        self.fails_from = None

    def operate(self) -> None:
        """Take note of one operation, or fail it."""
        if self.thread not in (None, current_thread().name):
            return
        self.operations += 1
        if self.fails_from is not None and self.operations >= self.fails_from:
            self.failed += 1
            raise self.error("injected by the test")


class FailingVfs(apsw.VFS):
    """Hands out files that ask the disk before they write."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        # Named: once this one is the default, an empty name would mean itself.
        self.real = apsw.vfs_names()[0]
        super().__init__(NAME, self.real, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self.disk, self.real, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, real: str, name: Any, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(real, name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._disk.fails_to_read == current_thread().name:
            self._disk.failed += 1
            raise apsw.IOError("injected by the test")
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.operate()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.operate()
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        self._disk.operate()
        super().xTruncate(size)
