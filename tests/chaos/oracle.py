"""Keeps the books that the license server's are held against: what was called, and what was resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dlt_web.testing.lts_process import Usage

# With these `scan()` says that it counted nothing, because the server has said no.
LICENSE_ERROR = "LicenseError"


@dataclass(slots=True)
class Call:
    """One call of ``scan()``.

    Attributes:
        number: unique among all calls of a schedule.
        profile: whose device counts it.
        load: the page load that called.
        scans: how many of its barcodes are new, by the rules.
        texts: what becomes known on the page load's video stream with it.
        fate: ``pending``, ``resolved``, ``refused`` (with ``LicenseError``) or ``cut``: its page ended first.
        is_acknowledged: a flush since has left nothing.
        is_purged: it was on disk only, and was deleted or set back while no page ran that could have known it.
        is_at_risk: it was deleted on disk and is held in memory only.
        is_in_memory: its page was told that nothing is kept on disk, and then that it is counted.
    """

    number: int
    profile: str
    load: str
    scans: int
    texts: tuple[str, ...]
    fate: str = "pending"
    is_acknowledged: bool = False
    is_purged: bool = False
    is_at_risk: bool = False
    is_in_memory: bool = False


@dataclass(slots=True)
class Oracle:
    """All calls of a schedule, and what was wrong with their answers."""

    may_lose: bool = False
    calls: dict[int, Call] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    # -- what happens --

    def called(self, profile: str, load: str, scans: int, texts: Iterable[str]) -> Call:
        """A page is about to call."""
        call = Call(len(self.calls) + 1, profile, load, scans, tuple(texts))
        self.calls[call.number] = call
        return call

    def answered(self, number: int, answer: dict[str, object]) -> None:
        """A page has seen the promise of a call settle."""
        call = self.calls[number]
        if call.fate != "pending":
            return
        if "scans" in answer:
            call.fate = "resolved"
            call.is_in_memory = answer.get("storage") == "memory"
            if answer["scans"] != call.scans:
                self.complaints.append(f"call {number} counted {answer['scans']} scans, which should be {call.scans}")
                call.scans = int(str(answer["scans"]))
        elif answer["name"] == LICENSE_ERROR:
            call.fate = "refused"
        else:
            call.fate = "cut"
            self.complaints.append(f"call {number} was rejected: {answer}")

    def flushed(self, calls: Iterable[Call]) -> None:
        """Nothing is left to send of what these calls had counted before."""
        for call in calls:
            call.is_acknowledged = True

    def ended(self, load: str) -> None:
        """A page load is gone: nobody hears of its calls any more."""
        for call in self._of_load(load):
            if call.fate == "pending":
                call.fate = "cut"

    def runtime_ended(self, profile: str) -> None:
        """A runtime of a profile may be gone, and with it what lay in memory only."""
        for call in self.calls.values():
            is_held = call.is_at_risk or (call.is_in_memory and not call.is_acknowledged)
            if call.profile == profile and is_held:
                call.is_purged = True

    def purged(self, profile: str, *, known_loads: Iterable[str]) -> None:
        """A profile's database was deleted or set back; the runtimes of these page loads know what it held of them."""
        known = set(known_loads)
        for call in self.calls.values():
            if call.profile == profile and call.fate == "resolved" and not call.is_acknowledged:
                call.is_at_risk = True
                call.is_purged = call.is_purged or call.load not in known

    # -- what is known --

    def resolved_of(self, load: str) -> list[Call]:
        """Return the calls of a page load that resolved."""
        return [call for call in self._of_load(load) if call.fate == "resolved"]

    def pending_of(self, load: str) -> list[int]:
        """Return the numbers of a page load's calls that have not settled."""
        return [call.number for call in self._of_load(load) if call.fate == "pending"]

    def known_texts(self, load: str) -> list[str]:
        """Return what is known for sure on a page load's stream: all its calls after these may have failed."""
        return [text for call in self.resolved_of(load) for text in call.texts]

    @property
    def least(self) -> int:
        """How many scans must be counted, apart from what trackers have said as lost."""
        return sum(call.scans for call in self.calls.values() if call.fate == "resolved" and not call.is_purged)

    @property
    def most(self) -> int:
        """How many scans may be counted."""
        return sum(call.scans for call in self.calls.values() if call.fate != "refused")

    def verdict(self, usage: Usage) -> list[str]:
        """Return what is wrong with the server's books, and with the answers before."""
        wrong = [*self.complaints]
        wrong += [f"call {number} never settled" for load in self._loads() for number in self.pending_of(load)]
        lost = sum(usage.lost.values())
        if not self.least - lost <= usage.scans <= self.most:
            wrong.append(
                f"resolved <= counted <= called does not hold: {self.least} - {lost} lost, {usage.scans}, {self.most}"
            )
        if lost and not self.may_lose:
            wrong.append(f"nothing was deleted, and trackers say that they lost {usage.lost}")
        if usage.unverified_scans or usage.unseated_devices:
            wrong.append(f"{usage.unverified_scans} unverified scans, {usage.unseated_devices} unseated devices")
        return wrong

    def _loads(self) -> set[str]:
        return {call.load for call in self.calls.values()}

    def _of_load(self, load: str) -> list[Call]:
        return [call for call in self.calls.values() if call.load == load]

    def summary(self) -> str:
        """One line for the log."""
        fates = [call.fate for call in self.calls.values()]
        counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in ("resolved", "refused", "cut", "pending"))
        return f"{len(fates)} calls ({counts}): at least {self.least}, at most {self.most} scans"
