"""What every command of ``dlt-web lts`` shares: the store it works on, and ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from .admin import Administration
from .cli_values import one_sentence_errors
from .clock import Clock, SystemClock
from .identity import clock_of, ensure_identity
from .reads import Reads
from .store import Store, open_store

STORE = "dlt_web.store"

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON.")


@dataclass(frozen=True, slots=True)
class Office:
    """An opened store, the clock that its server goes by, and the hands that work on it."""

    store: Store
    clock: Clock
    admin: Administration
    reads: Reads


@contextmanager
def open_office() -> Iterator[Office]:
    """Open the store that the command line names, beside a running server or without one."""
    with one_sentence_errors():
        store = open_store(click.get_current_context().meta[STORE])
        try:
            clock = clock_of(store, SystemClock())
            store.write(lambda rows: ensure_identity(rows, clock.now_ms())).result()
            yield Office(store, clock, Administration(store, clock), Reads(store, clock))
        finally:
            store.close()


class StoreCommand(click.Command):
    """A command that takes ``--store`` itself, too, so that the option may stand anywhere on the line."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(click.Option(["--store"], metavar="URL", expose_value=False, callback=remember_store))


class StoreGroup(click.Group):
    """A group of such commands."""

    command_class = StoreCommand
    group_class = type


class AnswerGroup(StoreGroup):
    """A group that is a command itself, too: what is asked for without one of its commands is its own."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **(settings | {"invoke_without_command": True}))
        self.params.append(click.Option(["--store"], metavar="URL", expose_value=False, callback=remember_store))


def remember_store(context: click.Context, _option: click.Parameter, url: str | None) -> None:
    """Let a command's own ``--store`` count instead of the group's."""
    if url is not None:
        context.meta[STORE] = url
