"""Statements with named values on one SQLite connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import apsw


class NamedReads:
    """Reads through one connection, for those who list and look."""

    _connection: apsw.Connection

    def _named(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return all that a statement finds."""
        return cast("list[tuple[Any, ...]]", self._connection.execute(sql, dict(values)).fetchall())
