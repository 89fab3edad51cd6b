"""What a scan costs, in calls of Python functions: these can be counted alike everywhere, which no time can.

Each call in the page takes about a microsecond. Whoever adds to them on purpose raises the limit below.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.core.fake_lts import accept_reports
from tests.core.fake_shell import FakeShell
from tests.core.reporting_steps import SLOT_MS, A, flush, licensed

# Of both steps of a scan with a new barcode, without the JSON of what goes in and comes out. Python 3.12 and later have
# fewer, since comprehensions are none there.
MAX_CALLS = 200


def calls_of(run: Callable[[], Any]) -> int:
    """Count the calls of the package's functions, those included that it had made for its classes."""
    count = 0

    def note(frame: FrameType, event: str, _given: object) -> None:
        nonlocal count
        name = frame.f_code.co_filename
        count += event == "call" and ("dlt_web" in name or name == "<string>")

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def calls_of_a_scan(shell: FakeShell) -> int:
    """Count those of a new barcode in a slot that has one already, and go on to the next slot."""
    shell.scan(A)
    shell.clock.advance(5000)
    count = calls_of(lambda: shell.scan(A))
    shell.clock.advance(SLOT_MS - 5000)
    return count


def test_a_scan_takes_few_calls():
    assert 100 < calls_of_a_scan(licensed()) <= MAX_CALLS


def test_a_scan_takes_no_more_calls_with_many_reports_kept():
    shell, calls = licensed(), []
    for _ in range(50):
        calls.append(calls_of_a_scan(shell))
        flush(shell)
        accept_reports(shell)
    assert len(shell.tracker._ledger.state.queue.reports) == 50
    assert calls[-1] == calls[20]


def test_a_scan_takes_no_more_calls_with_many_reports_waiting():
    shell, calls = licensed(), []
    for _ in range(150):
        calls.append(calls_of_a_scan(shell))
    assert len(shell.tracker._ledger.state.queue.pending()) == 150
    # The page holds those that a beacon has room for.
    assert calls[-1] == calls[-50]
