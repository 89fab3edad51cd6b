"""A shell on CPython: carries out the tracker's commands against a store in memory and a network held by the test."""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from dlt_web.messages import (
    AbandonStore,
    AskToPersist,
    CallsClaimed,
    ClaimCalls,
    ClearJournal,
    Command,
    Commit,
    CommitConflicted,
    Committed,
    ExplainRequested,
    HoldBeacon,
    HttpAnswered,
    HttpFailed,
    Input,
    JournalRead,
    LoadStore,
    Mirror,
    Notify,
    PageJoined,
    ReadJournal,
    Recount,
    Reject,
    Resolve,
    ScanSeen,
    SendHttp,
    SetTimer,
    StoreFailed,
    StoreLoaded,
    StorePurged,
    TimerFired,
    TokenVerified,
    VerifyToken,
    ready_of,
)
from dlt_web.model import Moment
from dlt_web.options import TrackerOptions
from dlt_web.tracker import Tracker

START_WALL_MS = 1_764_000_000_000  # start of a slot
assert START_WALL_MS % 180_000 == 0


@dataclass
class FakeStore:
    """The compare-and-swap that IndexedDB gives, in memory; any number of shells share one.

    ``journal`` holds what pages have journalled: objects with ``handshakeCode``, ``page`` and ``number``; with it lies
    ``seed``, which they write into an empty one. Calls of ``living_pages`` are not left. While it ``hangs`` no answer
    comes; one that ``is_unreadable`` cannot be read, and of one that ``is_stuck`` nothing can be deleted.
    """

    revision: int = 0
    records: dict[str, Any] = field(default_factory=dict)
    kind: str = "indexeddb"
    failure: str | None = None
    journal: list[dict[str, Any]] = field(default_factory=list)
    seed: str | None = None
    hangs: bool = False
    is_stuck: bool = False
    is_unreadable: bool = False
    living_pages: set[str] = field(default_factory=set)

    def load(self) -> tuple[int, dict[str, Any]]:
        return self.revision, json.loads(json.dumps(self.records))

    def commit(self, command: Commit) -> Input | None:
        """Answer; a test may put another one in its place, which gives None where the answer is to come later."""
        if command.expected_revision != self.revision:
            return CommitConflicted(*self.load())
        self.records |= json.loads(json.dumps(dict(command.put)))
        for key in command.delete:
            del self.records[key]
        self.revision += 1
        return Committed(self.revision)


@dataclass
class FakeClock:
    """Both clocks of a device; the test moves them."""

    wall_ms: int = START_WALL_MS
    monotonic_ms: int = 1_000

    def advance(self, ms: int) -> None:
        self.wall_ms += ms
        self.monotonic_ms += ms


class FakeShell:
    """One runtime. Store commands are answered at once; requests wait in ``sent`` until the test answers them."""

    def __init__(
        self,
        options: TrackerOptions | None = None,
        *,
        store: FakeStore | None = None,
        clock: FakeClock | None = None,
        seed: int = 0,
        page: str = "page-1",
        is_started: bool = True,
    ) -> None:
        self.options = options or TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",))
        self.store = self.disk = store if store is not None else FakeStore()
        self.clock = clock if clock is not None else FakeClock()
        self.tracker = Tracker(self.options)
        self.page = page
        self.sent: list[SendHttp] = []
        self.verifications: list[VerifyToken] = []
        self.verdict: str = "valid"
        self.resolved: dict[str, Any] = {}
        self.rejected: dict[str, Reject] = {}
        self.events: list[Notify] = []
        self.state: dict[str, Any] = {}
        self.beacon: list[Any] = []
        self.times_asked_to_persist = 0
        self.timer_at_ms: int | None = None
        # Pages that are gone, or hang: they answer nothing.
        self.gone_pages: set[str] = set()
        # Calls that pages told a runtime before this one.
        self.told_before: set[int] = set()
        self.commits: list[Commit] = []
        self._rng = random.Random(seed)
        self._calls = 0
        self._store_inputs: deque[Input] = deque()
        self._answers: tuple[Command, ...] = ()
        self.join(page)
        if is_started:
            self.start()

    def start(self) -> None:
        self._carry_out(self.tracker.start())

    def explain(self) -> dict[str, Any]:
        """Return what the tracker says of itself."""
        call = f"explain-{len(self.resolved)}"
        self.feed(ExplainRequested(call))
        told: dict[str, Any] = self.resolved[call]
        return told

    def join(self, page: str) -> str:
        """Have a page construct the tracker; return the name of its ``ready``."""
        self.feed(PageJoined(page))
        return ready_of(page)

    @property
    def next_number(self) -> int:
        """Number of the page's next call."""
        return self._calls + 1

    @property
    def ready(self) -> str:
        return ready_of(self.page)

    def feed(self, given: Input) -> list[Command]:
        moment = Moment(self.clock.wall_ms, self.clock.monotonic_ms, self._rng.randbytes(64))
        commands = self.tracker.feed(given, moment)
        self._carry_out(commands)
        return commands

    def scan(self, *barcodes: tuple[str, str], source: str = "video", stream: str = "default", **more: Any) -> str:
        """Scan barcodes given as (format, text); return the call's name."""
        page = more.pop("page", self.page)
        self._calls += 1
        # A call that is said again has its number again, and what follows goes on from there.
        number = self._calls = more.pop("number", self._calls)
        call = f"{page}/{self._calls}"
        found = more.pop("found", [{"format": name, "text": text} for name, text in barcodes])
        given = ScanSeen(
            call=call,
            page=page,
            number=number,
            stream=stream,
            source=source,
            time_ms=more.pop("time_ms", self.clock.monotonic_ms),
            called_wall_ms=more.pop("called_wall_ms", self.clock.wall_ms),
            called_monotonic_ms=self.clock.monotonic_ms,
            barcodes=found,
        )
        self.feed(given)
        return call

    def advance(self, ms: int) -> None:
        """Move the clocks, firing the timer where its time comes."""
        until_ms = self.clock.monotonic_ms + ms
        while self.timer_at_ms is not None and self.timer_at_ms <= until_ms:
            self.clock.advance(max(0, self.timer_at_ms - self.clock.monotonic_ms))
            self.timer_at_ms = None
            self.feed(TimerFired())
        self.clock.advance(until_ms - self.clock.monotonic_ms)

    def answer(self, request: SendHttp, status: int, body: Any, retry_after: str | None = None) -> None:
        self.sent.remove(request)
        text = body if isinstance(body, str) else json.dumps(body)
        self.feed(HttpAnswered(request.request, status, retry_after, text))

    def lose(self, request: SendHttp, reason: str = "no network") -> None:
        self.sent.remove(request)
        self.feed(HttpFailed(request.request, reason))

    def only_request(self, path: str) -> SendHttp:
        """Return the one request under way to a path."""
        [request] = [sent for sent in self.sent if sent.url.endswith(path)]
        return request

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            self._one(command)
        while self._store_inputs:
            self.answer_from_store(self._store_inputs.popleft())

    def answer_from_store(self, given: Input) -> list[Command]:
        """Have the store answer, one that is held by the test included.

        What a commit has for pages is told once it is on disk; what is not told then is never told.
        """
        if isinstance(given, Committed | CommitConflicted | StorePurged | StoreFailed):
            answers, self._answers = self._answers, ()
            for answer in answers if isinstance(given, Committed) else ():
                self._one(answer)
        return self.feed(given)

    def _one(self, command: Command) -> None:  # noqa: C901 - one case a command
        match command:
            case LoadStore():
                self._store_inputs.append(StoreLoaded(self.store.kind, *self.store.load(), self.store.failure))  # type: ignore[arg-type]
            case AbandonStore():
                self.use_memory()
                self._store_inputs.append(StoreFailed("abandoned", False))
            case ReadJournal(handshake_code):
                if self.store.is_unreadable:
                    self._store_inputs.append(JournalRead([], None, None))
                elif not self.store.hangs:
                    calls = [call for call in self.store.journal if call["handshakeCode"] == handshake_code]
                    left = [call for call in calls if call["page"] not in self.store.living_pages]
                    pages = sorted({call["page"] for call in calls if isinstance(call["page"], str)})
                    self._store_inputs.append(JournalRead(json.loads(json.dumps(left)), self.store.seed, pages))
            case ClearJournal() if self.store.is_stuck:
                pass
            case ClearJournal(handshake_code, pages):
                self.store.journal = [
                    call
                    for call in self.store.journal
                    if (call["handshakeCode"], call["page"]) not in {(handshake_code, page) for page in pages}
                ]
                self.store.seed = None
            case ClaimCalls(page) if page not in self.gone_pages:
                self._store_inputs.append(CallsClaimed(page, self.claim_calls(page)))
            case ClaimCalls():
                pass
            case Commit():
                self.commits.append(command)
                self._answers = command.answers
                outcome = self.store.commit(command)
                if outcome is not None:
                    self._store_inputs.append(outcome)
            case SendHttp():
                json.dumps(command.body)
                self.sent.append(command)
            case VerifyToken(token, _):
                self.verifications.append(command)
                self._store_inputs.append(TokenVerified(token, self.verdict))  # type: ignore[arg-type]
            case SetTimer(at_monotonic_ms):
                self.timer_at_ms = at_monotonic_ms
            case Resolve(call, value):
                assert call not in self.resolved
                assert call not in self.rejected
                self.resolved[call] = value
            case Reject(call=call):
                assert call not in self.resolved
                assert call not in self.rejected
                self.rejected[call] = command
            case Mirror(state):
                self.state = state
            case Recount(scans, reports):
                self.state = {**self.state, "pending": {**self.state["pending"], "scans": scans, "reports": reports}}
            case Notify():
                self.events.append(command)
            case HoldBeacon(requests):
                self.beacon = requests
            case AskToPersist():
                self.times_asked_to_persist += 1
            case _:
                raise AssertionError(f"unknown command {command}")

    def claim_calls(self, page: str) -> list[int]:
        """Have a page take back what it journalled; return the numbers of calls of which it cannot."""
        code = self.options.handshake_code
        own = [call for call in self.disk.journal if (call["handshakeCode"], call["page"]) == (code, page)]
        if self.disk.is_stuck:
            return sorted({call["number"] for call in own} | self.told_before)
        self.disk.journal = [call for call in self.disk.journal if call not in own]
        return sorted(self.told_before)

    def use_memory(self) -> None:
        self.store = FakeStore(kind="memory")
