"""Lists that are asked for again and again: what has not changed is neither read nor sent once more.

A list has one version for all its pages. Who has its first page, and is told that the version is still that one, has
every other page as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from .store import Reading, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """A page of a list as it is now.

    Attributes:
        version: of the whole list: another one after any change of it.
        rows: the page; None for whoever has this version.
    """

    version: str
    rows: T | None


def read_unless_known(
    store: Store, version_of: Callable[[Reading], str], look: Callable[[Reading], T], known: Collection[str] = ()
) -> Versioned[T]:
    """Return what ``look`` reads, and the version of the same moment; nothing is read in a version that is known."""

    def read(rows: Reading) -> Versioned[T]:
        version = version_of(rows)
        return Versioned(version, None if version in known else look(rows))

    return store.read(read).result()
