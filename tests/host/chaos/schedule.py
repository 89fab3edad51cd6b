"""A schedule of faults for the processes of one machine: a list of steps, made of a seed and of nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.network import FAULTS

Step = tuple[str, ...]
THEMES = ("walk", "walk", "purge", "walk", "traits", "walk", "walk", "walk", "walk", "restart-lts")
MAX_PROCESSES = 3
# Continuous integration has no time for more; longer ones come with the seeds after these.
SHORT_SEEDS, SHORT_STEP_COUNTS, STEP_COUNTS = 100, range(8, 14), range(12, 30)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens, in order.

    Attributes:
        seed: what all random choices came from; 0 where it was written by hand.
        theme: ``walk``; ``purge``: the file is deleted, too; ``traits``: the same of a device whose UUID is made of
            traits; ``restart-lts``: the server is killed, too.
        steps: see :mod:`tests.host.chaos.world`, which has a method for each word.
    """

    seed: int
    theme: str
    steps: tuple[Step, ...]

    def as_text(self) -> str:
        """Return it as :func:`schedule_from_text` reads it, one step a line."""
        return "\n".join([f"seed {self.seed}", f"theme {self.theme}", "", *map(" ".join, self.steps)]) + "\n"


def schedule_from_text(text: str) -> Schedule:
    """Return the schedule that a file says; empty lines and what follows ``#`` mean nothing."""
    lines = [tuple(line.partition("#")[0].split()) for line in text.splitlines()]
    settings = {line[0]: line[1] for line in lines if line and line[0] in ("seed", "theme")}
    theme = settings.get("theme", "walk")
    assert theme in THEMES, f"theme is one of {sorted(set(THEMES))}; found {theme}"
    steps = tuple(line for line in lines if line and line[0] not in settings)
    return Schedule(int(settings.get("seed", "0")), theme, steps)


def plan(seed: int) -> Schedule:
    """Return the schedule of a seed; consecutive seeds go round the themes."""
    rng = random.Random(f"host/{seed}")
    theme = THEMES[seed % len(THEMES)]
    planner = _Planner(rng)
    planner.walk(rng.choice(SHORT_STEP_COUNTS if seed <= SHORT_SEEDS else STEP_COUNTS), theme)
    return Schedule(seed, theme, tuple(planner.steps))


class _Planner:
    """Knows which processes there will be when its steps are carried out."""

    def __init__(self, rng: random.Random) -> None:
        self.steps: list[Step] = []
        self._rng = rng
        self._processes: list[str] = []
        self._started = 0
        self._is_faulty = False

    def walk(self, count: int, theme: str) -> None:
        """Take so many steps at random, with the theme's act among them."""
        self._start()
        self._start()
        act = {"purge": "purge", "traits": "purge", "restart-lts": "restart-lts"}.get(theme)
        moment = self._rng.randrange(3, count)
        for number in range(1, count):
            if number == moment and act is not None:
                self._add(act)
                continue
            weights = list(self._choices())
            self._rng.choices([act for act, _ in weights], weights=[weight for _, weight in weights])[0]()

    def _choices(self) -> Iterator[tuple[Callable[[], None], float]]:
        if self._processes:
            yield lambda: self._add("scan", self._any(), str(self._rng.randint(1, 4))), 5
            yield lambda: self._add("rush", self._any(), str(self._rng.randint(2, 8))), 4
            yield lambda: self._add("again", self._any()), 0.7
            if len(self._processes) > 1:
                yield lambda: self._add("race", str(self._rng.randint(2, 6))), 5
            yield lambda: self._add("flush", self._any()), 2
            yield self._kill, 4
            yield self._close, 0.5
        if len(self._processes) < MAX_PROCESSES:
            yield self._start, 3 if self._processes else 12
        yield self._fault, 2
        if self._is_faulty:
            yield self._heal, 2

    def _add(self, *step: str) -> None:
        self.steps.append(step)

    def _any(self) -> str:
        return self._rng.choice(self._processes)

    def _start(self) -> None:
        self._started += 1
        name = f"p{self._started}"
        self._processes.append(name)
        # Killed before it is up, it must leave a file that the next one can use; killed later, what it counted.
        self._add("start", name, self._rng.choice(("waited", "waited", "waited", "unwaited")))

    def _kill(self) -> None:
        name = self._any()
        if self._rng.random() < 0.6:
            # In the midst of calls, and of what answers to them.
            what = ("race",) if self._rng.random() < 0.5 else ("rush", name)
            self._add(*what, str(self._rng.randint(2, 8)))
        self._processes.remove(name)
        self._add("kill", name, str(self._rng.choice((0, 0, 1, 3, 10, 30))))

    def _close(self) -> None:
        name = self._any()
        self._processes.remove(name)
        self._add("close", name)

    def _fault(self) -> None:
        self._is_faulty = True
        self._add("fault", self._rng.choice(("main", "standby", "both", "both")), self._rng.choice(sorted(FAULTS)))

    def _heal(self) -> None:
        self._is_faulty = False
        self._add("heal")
