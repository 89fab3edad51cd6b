"""A schedule of faults: a plain list of steps, made before the first is taken, printed when it fails, cut by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Workers = Literal["shared", "own", "deploy"]
"""``shared``: one runtime for all tabs. ``own``: one for each. ``deploy``: one for each of two builds."""
Theme = Literal["walk", "purge", "kill-runtime", "put-back", "forbid", "restore", "offline", "clone", "storage-fault"]
Main = Literal["proxy", "alone", "dns", "tls"]
"""What the first of the license servers is: the proxy, with or without a standby, or one that never answers."""
Step = tuple[str, ...]
"""A word for what is done, and its arguments."""

WORKERS: tuple[Workers, ...] = get_args(Workers)
THEMES: tuple[Theme, ...] = get_args(Theme)
MAINS: tuple[Main, ...] = get_args(Main)
BUILDS = ("0", "1")
PROFILES = ("a", "b")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens, in order.

    Attributes:
        seed: what all random choices came from; 0 where it was written by hand.
        workers: how pages reach Python.
        theme: the rarer fault that it has beside those that each one may have.
        main: what is wrong with the main server all the time.
        steps: see :mod:`tests.chaos.steps`, which has a function for each word.
    """

    seed: int
    workers: Workers
    theme: Theme
    main: Main
    steps: tuple[Step, ...]

    def as_text(self) -> str:
        """Return it as :func:`schedule_from_text` reads it, one step a line."""
        settings = (f"seed {self.seed}", f"workers {self.workers}", f"theme {self.theme}", f"main {self.main}")
        return "\n".join([*settings, "", *(" ".join(step) for step in self.steps)]) + "\n"

    def command(self, engine: str) -> str:
        """Return what makes it again, out of its seed, and carries it out in one engine."""
        return f"make chaos SEED={self.seed} ENGINE={engine} WORKERS={self.workers}"


def schedule_from_text(text: str) -> Schedule:
    """Return the schedule that a file says; empty lines and what follows ``#`` mean nothing."""
    lines = [tuple(line.partition("#")[0].split()) for line in text.splitlines()]
    settings = {line[0]: line[1] for line in lines if line and line[0] in ("seed", "workers", "theme", "main")}
    steps = tuple(line for line in lines if line and line[0] not in settings)
    workers, theme, main = (settings.get(name, default) for name, default in _DEFAULTS.items())
    assert workers in WORKERS, f"workers is one of {WORKERS}; found {workers}"
    assert theme in THEMES, f"theme is one of {THEMES}; found {theme}"
    assert main in MAINS, f"main is one of {MAINS}; found {main}"
    return Schedule(int(settings.get("seed", "0")), workers, theme, main, steps)  # type: ignore[arg-type]


_DEFAULTS = {"workers": "shared", "theme": "walk", "main": "proxy"}
