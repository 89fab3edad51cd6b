"""Where the license tracking server keeps its counts: a contract, a reference in memory, and SQLite."""

from __future__ import annotations

from ...errors import OptionError
from . import sqlite_copies as copies
from . import sqlite_dump as dumps
from . import sqlite_erasure as erasure
from .file_trouble import file_trouble
from .memory import MemoryStore
from .protocol import Reading, Store, StoreFormatError, StoreUnavailableError, Writing
from .sqlite import SqliteStore
from .sqlite_files import used_alone

__all__ = [
    "MemoryStore",
    "Reading",
    "SqliteStore",
    "Store",
    "StoreFormatError",
    "StoreUnavailableError",
    "Writing",
    "copies",
    "dumps",
    "erasure",
    "file_trouble",
    "open_store",
    "sqlite_path",
    "used_alone",
]

SQLITE_PREFIX = "sqlite:///"


def open_store(url: str) -> Store:
    """Open the store that a URL names: ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``memory:``.

    Raises:
        OptionError: the URL names no store that this software knows.
        StoreUnavailableError: the store cannot be opened now.
        StoreFormatError: the file is no store of this software.
    """
    if url == "memory:":
        return MemoryStore()
    return SqliteStore(sqlite_path(url))


def sqlite_path(url: str) -> str:
    """Return the file that a store URL names.

    Raises:
        OptionError: it names none.
    """
    path = url.removeprefix(SQLITE_PREFIX)
    if path == url or not path:
        raise OptionError(f"A store URL looks like sqlite:///dlt-web.db; {url!r} does not.")
    return path
