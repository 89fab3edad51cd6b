"""All rows of a SQLite store, whatever its tables are: out of it in one committed state, and into a new one."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import apsw

from .migrate import migrate
from .protocol import StoreFormatError, StoreUnavailableError
from .sqlite_files import connect, make_private

# Made anew by whoever fills a store.
LEDGER = "schema_migration"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, SQLite type, whether it may be null, whether it is part of the primary key."""

    name: str
    type: str
    is_nullable: bool
    is_key: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    columns: tuple[Column, ...]


class Dump:
    """One committed state of a store."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.tables = read_tables(connection)
        (self.step,) = cast("tuple[int]", connection.execute(f"SELECT max(number) FROM {LEDGER}").fetchone())

    def rows(self, table: Table) -> Iterator[dict[str, Any]]:
        """Yield a table's rows in the order of its primary key, by column."""
        names = [column.name for column in table.columns]
        order = ", ".join(column.name for column in table.columns if column.is_key) or "rowid"
        sql = f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {order}"
        for row in self._connection.execute(sql):
            yield dict(zip(names, row, strict=True))

    def info(self, name: str) -> str:
        """Return a setting of the store; empty where it has none."""
        row = self._connection.execute("SELECT value FROM store_info WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])


class BadRowError(Exception):
    """A row does not fit its table: the table, its place from 1, and why."""

    def __init__(self, table: str, place: int, why: str) -> None:
        super().__init__(f"{table}: row {place}: {why}")
        self.table, self.place, self.why = table, place, why


@contextmanager
def opened_dump(path: str) -> Iterator[Dump]:
    """Give one committed state of a store that may be in use; commits go on meanwhile.

    Raises:
        StoreUnavailableError: it cannot be read now.
        StoreFormatError: it is damaged, or no store.
    """
    try:
        connection = connect(path)
        try:
            connection.execute("BEGIN")
            yield Dump(connection)
        finally:
            connection.close()
    except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError) as error:
        raise StoreFormatError(f"{path} is damaged, or no store of this software: {error}.") from error
    except apsw.Error as error:
        raise StoreUnavailableError(f"The store {path} cannot be used now: {error}.") from error


def fill_new(path: str, step: int, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Make a store file with the schema of a step, and fill all its tables.

    Raises:
        BadRowError: a row does not fit its table.
        StoreFormatError: the step is not known, or the tables are not those that it has.
        StoreUnavailableError: the file cannot be written.
    """
    make_private(path)
    try:
        connection = connect(path)
        try:
            migrate(connection, step)
            known = {table.name: table for table in read_tables(connection)}
            if known.keys() != tables.keys():
                odd = ", ".join(sorted(known.keys() ^ tables.keys()))
                raise StoreFormatError(f"The tables are not those of schema step {step}: {odd} is missing or unknown.")
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("BEGIN")
            for name, rows in tables.items():
                _fill(connection, known[name], rows)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except apsw.Error as error:
        raise StoreUnavailableError(f"The store {path} cannot be written: {error}.") from error


def has_rows(path: str, names: Iterable[str]) -> list[str]:
    """Return those of some tables that have rows.

    Raises:
        StoreUnavailableError: the store cannot be read now.
        StoreFormatError: it is damaged, or no store.
    """
    with opened_dump(path) as dump:
        return [table.name for table in dump.tables if table.name in names and next(dump.rows(table), None) is not None]


def read_tables(connection: apsw.Connection) -> list[Table]:
    """Return the tables of a store, but for those that say how it was made."""
    sql = f"""SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
              AND name <> '{LEDGER}' ORDER BY name"""
    names = [str(row[0]) for row in connection.execute(sql)]
    return [Table(name, tuple(_columns(connection, name))) for name in names]


def _columns(connection: apsw.Connection, table: str) -> Iterator[Column]:
    for row in connection.execute(f"PRAGMA table_info({table})"):
        _place, name, kind, is_not_null, _default, key = cast("tuple[int, str, str, int, Any, int]", row)
        yield Column(name, kind, not is_not_null and not key, key > 0)


def _fill(connection: apsw.Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    names = [column.name for column in table.columns]
    blobs = {column.name for column in table.columns if column.type == "BLOB"}
    sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    place = 0

    def values() -> Iterator[tuple[Any, ...]]:
        nonlocal place
        for row in rows:
            place += 1
            if row.keys() != set(names):
                odd = ", ".join(sorted(map(str, row.keys() ^ set(names))))
                raise BadRowError(table.name, place, f"{odd} is missing or unknown")
            yield tuple(_value(row[name], name in blobs) for name in names)

    try:
        connection.executemany(sql, values())
    except (apsw.ConstraintError, apsw.MismatchError, TypeError, ValueError, OverflowError) as error:
        raise BadRowError(table.name, place, str(error)) from None


def _value(value: Any, is_blob: bool) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, type(None))):
        raise TypeError(f"{type(value).__name__} is no value of a column")
    return b64decode(value, validate=True) if is_blob and isinstance(value, str) else value
