"""A run that is told to stop leaves no process behind, and gives back what outlives processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from dlt_web.testing.conformance import stopping
from dlt_web.testing.conformance.stopping import STOP_SIGNALS, ending_cleanly
from dlt_web.testing.processes import await_end

# Has a child and a grandchild, says who they are, and waits without an end, as in the loop of a driver.
RUN = """
import asyncio, psutil, signal, subprocess, sys
from pathlib import Path
from dlt_web.testing.conformance.stopping import STOP_SIGNALS, ending_cleanly

# Whoever runs the tests may ignore some, as nohup does.
for number in STOP_SIGNALS:
    signal.signal(number, signal.SIG_DFL)
sleeper = "import time; time.sleep(600)"
child = subprocess.Popen(
    [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeper!r}])"]
)

def give_up():
    left = [one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE]
    Path(sys.argv[1]).write_text(f"{len(left)} left")
    raise RuntimeError("2 seats are still taken")

async def wait():
    while not (family := psutil.Process().children(recursive=True))[1:]:
        await asyncio.sleep(0.02)
    print(*(one.pid for one in family), flush=True)
    await asyncio.sleep(600)

with ending_cleanly(give_up):
    asyncio.run(wait())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("number", STOP_SIGNALS, ids=lambda number: number.name)
def test_a_signal_ends_all_processes_then_gives_up_then_ends_with_its_number(number: signal.Signals, tmp_path: Path):
    told = tmp_path / "told"
    command = [sys.executable, "-c", RUN, str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        family = [psutil.Process(int(word)) for word in process.stdout.readline().split()]
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 128 + number
    assert told.read_text() == "0 left"
    assert len(family) >= 2
    assert await_end(family, 0) == []
    assert said.splitlines() == [
        f"Told to stop ({number.name}): giving back what the run took.",
        "Error: 2 seats are still taken",
    ]


def test_what_was_before_is_put_back():
    before = [signal.getsignal(one) for one in STOP_SIGNALS]
    with ending_cleanly(lambda: None):
        heard = [one for one, was in zip(STOP_SIGNALS, before, strict=True) if was is not signal.SIG_IGN]
        assert signal.SIGTERM in heard
        assert all(signal.getsignal(one) not in before for one in heard)
    assert [signal.getsignal(one) for one in STOP_SIGNALS] == before


def test_a_thread_that_hears_no_signals_changes_nothing():
    before = [signal.getsignal(one) for one in STOP_SIGNALS]
    seen = []

    def run() -> None:
        with ending_cleanly(lambda: None):
            seen.extend(signal.getsignal(one) for one in STOP_SIGNALS)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == before


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(STOP_SIGNALS[-1], signal.SIG_IGN)
    try:
        with ending_cleanly(lambda: None):
            assert signal.getsignal(STOP_SIGNALS[-1]) is signal.SIG_IGN
    finally:
        signal.signal(STOP_SIGNALS[-1], before)


def test_a_run_without_standard_error_is_told_to_stop_in_silence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stderr", None)
    stopping.say("Told to stop.")
