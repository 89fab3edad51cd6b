"""The processes of one machine, the network, the license server, and the oracle that watches them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from dlt_web.testing.lts_process import LtsProcess, Usage
from tests.chaos.network import Network
from tests.chaos.oracle import Oracle
from tests.host.chaos.schedule import Schedule
from tests.host.chaos.worker import work
from tests.host.devices import FILE, purge

# Longer than a schedule lasts: what was seen in a process is a duplicate to its end.
FORGET_TIME_MS = 180_000
SYMBOLOGIES = ("qr_code", "code_128", "data_matrix", "pdf417")
# A commit is a few milliseconds; a loaded machine takes longer.
ANSWER_TIMEOUT_S = 20.0
SETTLE_TIMEOUT_S = 60.0
# A request that hangs is not waited for; the next step comes.
FLUSH_WAIT_S = 0.5
MACHINE = "machine"
# Its processes are forked from one that has imported everything, and has no thread: half a second less for each.
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.host.chaos.worker"])


@dataclass
class Process:
    """One process with a tracker, and the calls that it has not answered yet."""

    process: BaseProcess
    pipe: Connection


class World:
    """Carries out a schedule on one device."""

    def __init__(self, schedule: Schedule, lts: LtsProcess, network: Network, folder: Path) -> None:
        self.oracle = Oracle(may_lose=schedule.theme in ("purge", "traits"))
        self.log: list[str] = []
        self._schedule = schedule
        self._lts = lts
        self._network = network
        self._path = folder / FILE
        self._code = lts.add_code()
        self._processes: dict[str, Process] = {}
        self._answers: dict[int, Any] = {}
        self._asked = 1_000_000  # numbers of what is no scan
        self._texts = 0
        self._purges = 0
        self._started_s = time.monotonic()

    def run(self) -> list[str]:
        """Take every step, let the dust settle, and return what is wrong with the books."""
        try:
            for word, *arguments in self._schedule.steps:
                self._note(f"{word} {' '.join(arguments)}: {getattr(self, '_' + word.replace('-', '_'))(*arguments)}")
            return self._settle()
        finally:
            for process in self._processes.values():
                process.process.kill()
                process.process.join()

    # -- steps --

    def _start(self, name: str, how: str = "waited") -> str:
        ours, theirs = _CONTEXT.Pipe()
        options = {
            "handshake_code": self._code,
            "license_server": self._network.servers("proxy"),
            "store": str(self._path),
            "edition": "server" if self._schedule.theme == "traits" else "random",
            "duplicate_forget_time_ms": FORGET_TIME_MS,
        }
        process = _CONTEXT.Process(target=work, args=(theirs, options), daemon=True)
        process.start()
        theirs.close()
        self._processes[name] = Process(process, ours)
        if how == "waited":
            self._await(name, 0, ANSWER_TIMEOUT_S)
        return f"pid {process.pid}"

    def _scan(self, name: str, count: str) -> str:
        return self._call(name, [self._fresh(int(count))], is_awaited=True)

    def _rush(self, name: str, count: str) -> str:
        return self._call(name, [self._fresh(1 + n % 3) for n in range(int(count))], is_awaited=False)

    def _race(self, count: str) -> str:
        """All processes at once, so that each commit of one makes those of the others decide anew."""
        return "; ".join(self._rush(name, "1") for _ in range(int(count)) for name in self._processes)

    def _again(self, name: str) -> str:
        known = [tuple(text.split(" ")) for text in self.oracle.known_texts(name)[-3:]]
        return self._call(name, [known], is_awaited=True)  # type: ignore[list-item]

    def _flush(self, name: str) -> Any:
        before = self.oracle.resolved_of(name)
        self._asked += 1
        answer = self._ask(name, "flush", self._asked, FLUSH_WAIT_S)
        if answer is not None and answer["left"] == 0:
            self.oracle.flushed(before)
        return answer and answer["left"]

    def _kill(self, name: str, after_ms: str) -> str:
        time.sleep(int(after_ms) / 1000)
        process = self._processes.pop(name)
        process.process.kill()
        process.process.join()
        self._hear(process)
        cut = len(self.oracle.pending_of(name))
        self.oracle.ended(name)
        if self._purges:
            self.oracle.runtime_ended(MACHINE)
        return f"{cut} calls cut"

    def _close(self, name: str) -> str:
        self._asked += 1
        self._wait_for_calls(name)
        self._ask(name, "close", self._asked)
        process = self._processes.pop(name)
        process.process.join(ANSWER_TIMEOUT_S)
        self.oracle.ended(name)
        if self._purges:
            self.oracle.runtime_ended(MACHINE)
        return f"exit code {process.process.exitcode}"

    def _purge(self) -> str:
        for name in list(self._processes):
            self._wait_for_calls(name)
        # What each process knows of the others' counts depends on when it has last looked.
        self.oracle.purged(MACHINE, known_loads=list(self._processes))
        self._purges += 1
        purge(self._path.parent)
        return "deleted"

    def _fault(self, which: str, kind: str) -> str:
        self._network.break_(which, kind)
        return "broken"

    def _heal(self) -> str:
        self._network.heal()
        return "well"

    def _restart_lts(self) -> str:
        self._lts.restart()
        return "up"

    # -- calls --

    def _fresh(self, count: int) -> list[tuple[str, str]]:
        self._texts += count
        return [(SYMBOLOGIES[n % len(SYMBOLOGIES)], f"CHAOS-{n}") for n in range(self._texts - count, self._texts)]

    def _call(self, name: str, frames: list[list[tuple[str, str]]], *, is_awaited: bool) -> str:
        known = set(self.oracle.known_texts(name))
        numbers = []
        for frame in frames:
            texts = {" ".join(barcode) for barcode in frame}
            call = self.oracle.called(MACHINE, name, len(texts - known), sorted(texts))
            barcodes = [{"format": symbology, "text": text} for symbology, text in frame]
            self._processes[name].pipe.send(("scan", call.number, barcodes))
            numbers.append(call.number)
        if is_awaited:
            self._wait_for_calls(name)
        self._hear(self._processes[name])
        fates = sorted({self.oracle.calls[number].fate for number in numbers})
        return f"calls {numbers[0]}-{numbers[-1]} {', '.join(fates)}"

    def _wait_for_calls(self, name: str) -> None:
        process, end = self._processes[name], time.monotonic() + ANSWER_TIMEOUT_S
        while self.oracle.pending_of(name) and time.monotonic() < end:
            self._hear(process, wait_s=0.1)

    def _ask(self, name: str, word: str, number: int, timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
        self._processes[name].pipe.send((word, number))
        return self._await(name, number, timeout_s)

    def _await(self, name: str, number: int, timeout_s: float) -> Any:
        process, end = self._processes[name], time.monotonic() + timeout_s
        while number not in self._answers and time.monotonic() < end:
            self._hear(process, wait_s=0.1)
        return self._answers.pop(number, None)

    def _hear(self, process: Process, *, wait_s: float = 0.0) -> None:
        try:
            while process.pipe.poll(wait_s):
                number, answer = process.pipe.recv()
                if number in self.oracle.calls:
                    self.oracle.answered(number, answer)
                else:
                    self._answers[number] = answer
                wait_s = 0.0
        except (EOFError, OSError):
            pass  # killed: it has said all that it will say

    # -- the end --

    def _settle(self) -> list[str]:
        self._network.heal()
        self._start("last")
        for name in self._processes:
            self._wait_for_calls(name)
        self._report_all()
        usage = self._lts.usage(self._code)
        self._note(f"{self.oracle.summary()}; the server has {usage}")
        wrong = self._judge(usage)
        copies = self._network.replay(random.Random(usage.scans))
        self._note(f"{copies} copies of reports that were sent before came again")
        return wrong or self._judge(self._lts.usage(self._code))

    def _report_all(self) -> None:
        end = time.monotonic() + SETTLE_TIMEOUT_S
        while True:
            left = {name: self._flush(name) for name in self._processes}
            self._note(f"left {left}")
            if not any(left.values()) and None not in left.values():
                return
            if time.monotonic() > end:
                for name in self._processes:
                    self._asked += 1
                    self._note(f"{name} explains: {self._ask(name, 'flush', self._asked)}")
                raise AssertionError(f"something is left to report: {left}")

    def _judge(self, usage: Usage) -> list[str]:
        wrong = self.oracle.verdict(usage)
        most = 1 + (self._purges if self._schedule.theme == "purge" else 0)
        if len(found := self._lts.devices(self._code)) > most:
            wrong.append(f"{len(found)} devices, where {most} were made: {found}")
        return wrong

    def _note(self, text: str) -> None:
        self.log.append(f"{time.monotonic() - self._started_s:6.2f} s  {text}")
