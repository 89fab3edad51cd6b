"""Makes a schedule out of a seed, and out of nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.chaos.faulty_workers import NEWER, RUNNING_FAULTS, STARTING_FAULTS
from tests.chaos.network import FAULTS
from tests.chaos.schedule import BUILDS, MAINS, PROFILES, THEMES, Schedule, Step, Theme, Workers

# Continuous integration has no time for more; longer ones come with the seeds after these.
SHORT_SEEDS, SHORT_STEP_COUNTS, STEP_COUNTS = 100, range(8, 13), range(12, 25)
MAX_TABS = 3
# A start of a browser costs seconds.
MAX_BROWSER_KILLS = 2
# Themes that seeds go round, but for those from this one on: a schedule of an earlier seed is what it always was.
ROUND = THEMES[:8]
FIRST_STORAGE_SEED = 1_000_000
PURGE_WAYS = ("clear-site-data", "delete-database")


def plan(seed: int, workers: Workers) -> Schedule:
    """Return the schedule of a seed; consecutive ones go round the themes, and storage has a range of its own."""
    rng = random.Random(f"{seed}/{workers}")
    number = seed % FIRST_STORAGE_SEED
    theme: Theme = ROUND[seed % len(ROUND)] if seed < FIRST_STORAGE_SEED else "storage-fault"
    main = rng.choices(MAINS, weights=[6, 2, 1, 1])[0]
    planner = _Planner(rng, workers)
    step_count = rng.choice(SHORT_STEP_COUNTS if number < SHORT_SEEDS else STEP_COUNTS)
    planner.walk(step_count, list(planner.themed(theme)))
    return Schedule(seed, workers, theme, main, tuple(planner.steps))


class _Planner:
    """Knows what there will be when its steps are carried out, as far as the steps themselves decide that."""

    def __init__(self, rng: random.Random, workers: Workers) -> None:
        self.steps: list[Step] = []
        self._rng = rng
        self._workers = workers
        # Tab -> profile and what is in it: "on", "quit" (its tracker was closed) or "away".
        self._tabs: dict[str, tuple[str, str]] = {}
        self._tab_count = 0
        self._kills = 0
        self._is_lts_up = True
        self._is_faulty = False
        self._offline: set[str] = set()
        # After a purge what is not acknowledged lies in memory only: little is proven by ending that soon.
        self._is_quiet = False
        # A second profile is a second browser, so few schedules have one.
        self._profiles = PROFILES if rng.random() < 0.3 else PROFILES[:1]

    def walk(self, count: int, acts: list[Callable[[], None]]) -> None:
        """Take so many steps at random, with the theme's acts among them in their order."""
        self._open()
        if self._rng.random() < 0.6:
            self._rush()
        moments = sorted(self._rng.sample(range(2, count), len(acts)))
        for number in range(1, count):
            if moments and number == moments[0]:
                moments.pop(0)
                acts.pop(0)()
            else:
                weights = list(self._choices())
                self._rng.choices([act for act, _ in weights], weights=[weight for _, weight in weights])[0]()

    def themed(self, theme: str) -> Iterator[Callable[[], None]]:
        """Give the acts of a theme, in order."""
        match theme:
            case "purge":
                yield self._purge
            case "kill-runtime":
                yield self._kill_runtime
            case "put-back":
                yield lambda: self._replace("keep", "a", "a")
                yield lambda: self._replace("put-back", "a", "a")
            case "clone":
                yield lambda: self._replace("keep", "a", "a")
                yield lambda: self._replace("put-back", "a", "b")
            case "forbid":
                yield lambda: self._add("forbid")
                yield lambda: self._add("permit")
            case "restore":
                yield lambda: self._add("backup")
                yield lambda: self._add("restore")
            case "offline":
                yield lambda: self._go_offline("a")
                yield lambda: self._go_online("a")
            case "storage-fault":
                yield self._break_storage
                yield self._break_storage
                if self._rng.random() < 0.5:
                    yield self._heal_storage

    def _choices(self) -> Iterator[tuple[Callable[[], None], float]]:
        can_end = not self._is_quiet or self._rng.random() < 0.2
        if self._named("on"):
            yield lambda: self._add("scan", self._any("on"), str(self._rng.randint(1, 4))), 6
            yield self._rush, 3
            yield lambda: self._add("again", self._any("on")), 1.5
            yield lambda: self._add("mix", self._any("on")), 2
            yield lambda: self._add("flush", self._any("on")), 2
            yield lambda: self._add("hide", self._any("on")), 1
            if can_end:
                yield self._reload, 1.2
                yield lambda: self._move("away", "on", "away"), 0.7
                yield lambda: self._move("quit", "on", "quit"), 0.7
        if self._named("quit"):
            yield lambda: self._move("renew", "quit", "on"), 2
        if self._named("away"):
            yield lambda: self._move("back", "away", "on"), 3
        if len(self._tabs) < MAX_TABS:
            yield self._open, 1.5 if self._named("on") else 12
        if self._tabs and can_end:
            yield self._close, 1
            if self._kills < MAX_BROWSER_KILLS:
                yield self._kill_browser, 1.2
        yield self._fault, 2
        if self._is_faulty:
            yield self._heal, 2
        if self._is_lts_up:
            yield lambda: self._add("restart-lts"), 0.7
            yield self._kill_lts, 0.7
        else:
            yield self._start_lts, 2

    # -- acts --

    def _add(self, *step: str) -> None:
        self.steps.append(step)

    def _named(self, state: str) -> list[str]:
        return [name for name, (_, found) in self._tabs.items() if found == state]

    def _any(self, state: str) -> str:
        return self._rng.choice(self._named(state))

    def _open(self, fault: str | None = None) -> None:
        reachable = [profile for profile in self._profiles if profile not in self._offline]
        if not reachable:
            return
        self._tab_count += 1
        name, profile = f"t{self._tab_count}", self._rng.choice(reachable)
        build = self._rng.choice(BUILDS) if self._workers == "deploy" else BUILDS[0]
        self._tabs[name] = (profile, "on")
        if fault is None:
            self._add("open", name, profile, build)
        else:
            self._add("open-broken", name, profile, build, fault)

    def _rush(self) -> None:
        self._add("rush", self._any("on"), str(self._rng.randint(2, 6)))

    def _reload(self) -> None:
        name = self._any("on")
        if self._tabs[name][0] not in self._offline:
            self._add("reload", name)

    def _move(self, word: str, before: str, after: str) -> None:
        name = self._any(before)
        profile = self._tabs[name][0]
        if profile not in self._offline:
            self._tabs[name] = (profile, after)
            self._add(word, name)

    def _close(self) -> None:
        name = self._rng.choice(list(self._tabs))
        del self._tabs[name]
        self._add("close", name, self._rng.choice(("politely", "abruptly")))

    def _end_all(self, profile: str) -> None:
        self._tabs = {name: tab for name, tab in self._tabs.items() if tab[0] != profile}
        self._offline.discard(profile)

    def _kill_browser(self) -> None:
        profile = self._rng.choice(sorted({profile for profile, _ in self._tabs.values()}))
        on_it = [name for name in self._named("on") if self._tabs[name][0] == profile]
        if on_it and self._rng.random() < 0.7:
            # Right after a call was answered, or right in one.
            self._add(self._rng.choice(("scan", "rush")), self._rng.choice(on_it), "2")
        self._kills += 1
        self._end_all(profile)
        self._add("kill-browser", profile)

    def _replace(self, word: str, source: str, target: str) -> None:
        on_it = [name for name in self._named("on") if self._tabs[name][0] == source]
        if on_it and self._rng.random() < 0.7:
            self._add("flush", self._rng.choice(on_it))
        for profile in {source, target}:
            self._end_all(profile)
        if target not in self._profiles:
            self._profiles = (*self._profiles, target)
        self._add(word, *([source] if word == "keep" else [source, target]))

    def _purge(self) -> None:
        self._is_quiet = True
        if not self._named("on") and self._rng.random() < 0.8:
            self._open()
        self._add("purge", "a", self._rng.choice(PURGE_WAYS))

    def _kill_runtime(self) -> None:
        if not self._named("on"):
            self._open()
        if self._rng.random() < 0.5:
            self._rush()
        self._add("kill-runtime", self._tabs[self._any("on")][0])

    def _break_storage(self) -> None:
        if not self._named("on"):
            self._open()
        profile = self._tabs[self._any("on")][0]
        if self._rng.random() < 0.4:
            # A shared worker that runs is not started by another tab.
            if self._workers != "own" and self._kills < MAX_BROWSER_KILLS and self._rng.random() < 0.7:
                self._kills += 1
                self._end_all(profile)
                self._add("kill-browser", profile)
            self._open(self._rng.choice(sorted(STARTING_FAULTS)))
        else:
            kind = self._rng.choice([*sorted(RUNNING_FAULTS), NEWER])
            self._add("storage-fault", profile, kind, self._rng.choice(("one", "all")))
        if self._rng.random() < 0.8:
            self._add(self._rng.choice(("scan", "rush")), self._any("on"), "2")

    def _heal_storage(self) -> None:
        self._add("heal-storage", "a")

    def _fault(self) -> None:
        self._is_faulty = True
        self._add("fault", self._rng.choice(("main", "standby", "both", "both")), self._rng.choice(sorted(FAULTS)))

    def _heal(self) -> None:
        self._is_faulty = False
        self._add("heal")

    def _kill_lts(self) -> None:
        self._is_lts_up = False
        self._add("kill-lts")

    def _start_lts(self) -> None:
        self._is_lts_up = True
        self._add("start-lts")

    def _go_offline(self, profile: str) -> None:
        self._offline.add(profile)
        self._add("offline", profile)

    def _go_online(self, profile: str) -> None:
        self._offline.discard(profile)
        self._add("online", profile)
