"""Brings a SQLite file to the schema of this software: numbered .sql files, each applied once, never edited after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

import apsw

from ..audit import hash_entry
from .protocol import StoreFormatError

LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT
"""


class SchemaPendingError(Exception):
    """A store lacks steps of the schema, and somebody else may be working by those that it has."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; ``sha256`` proves that a store was made by these very statements."""

    number: int
    name: str
    sql: str
    sha256: str


def migrations() -> Iterator[Migration]:
    """Yield the steps that ship with this software, in order."""
    folder = files(__package__).joinpath("migrations")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql"):
            content = entry.read_bytes()
            number = int(entry.name.split("_", 1)[0])
            yield Migration(number, entry.name, content.decode(), hashlib.sha256(content).hexdigest())


def migrate(connection: apsw.Connection, last: int | None = None, *, is_alone: bool = True) -> int:
    """Apply what is missing, in one transaction, and return the last step of the store's schema.

    Args:
        connection: to the store.
        last: the last step to apply; all by default.
        is_alone: nobody else uses the store. Else only a store without any step is given some.

    Raises:
        StoreFormatError: the store was made by other statements, or by a newer version.
        SchemaPendingError: steps are missing, and somebody else may use the store; nothing was changed.
    """
    steps = {step.number: step for step in migrations()}
    if last is not None and last not in steps:
        raise StoreFormatError(f"Schema step {last} is not one that this version knows: use a newer one.")
    connection.create_scalar_function("audit_hash", cast("Any", hash_entry), deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(LEDGER)
        applied = dict(connection.execute("SELECT number, sha256 FROM schema_migration"))
        for number, sha256 in applied.items():
            _check(steps, int(str(number)), str(sha256))
        missing = [
            step for step in steps.values() if step.number not in applied and step.number <= (last or step.number)
        ]
        if missing and applied and not is_alone:
            raise SchemaPendingError
        for step in missing:
            connection.execute(step.sql)
            row = (step.number, step.name, step.sha256)
            connection.execute("INSERT INTO schema_migration VALUES (?, ?, ?)", row)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return max([int(str(number)) for number in applied] + [step.number for step in missing])


def _check(steps: dict[int, Migration], number: int, sha256: str) -> None:
    step = steps.get(number)
    if step is None:
        raise StoreFormatError(
            f"The store has schema step {number}, which this version does not know: use a newer one."
        )
    if step.sha256 != sha256:
        raise StoreFormatError(f"The store's schema step {number} differs from {step.name} of this version.")
