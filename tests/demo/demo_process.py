"""``dlt-web demo`` as a process of its own, for the tests that look at it from outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from dlt_web.lts.admin import Administration
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.reads import Reads, UsageView
from dlt_web.lts.records import Device
from dlt_web.lts.store import open_store
from dlt_web.testing.deadline import wait_until

# The package that the tests themselves import, wherever it is installed.
COMMAND = (sys.executable, "-c", "from dlt_web.cli import main; main()")
# Where the page has to be built first, that takes its time.
START_TIMEOUT_S = 120.0


class DemoProcess:
    """A running demo: what it says, and what its license server has counted."""

    def __init__(
        self,
        data: Path,
        *,
        command: Sequence[str] = COMMAND,
        working_folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._data = data
        self._command = command
        self._working_folder = working_folder
        self._environment = environment
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        """Starts it and waits until it answers."""
        self._process = subprocess.Popen(
            [*self._command, "demo", "--port", "0", "--lts-port", "0", "--no-browser"],
            cwd=self._working_folder,
            env={**self._environment, "XDG_DATA_HOME": str(self._data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            wait_until(
                lambda: self._said("Ctrl-C ends it") or self._process.poll() is not None,
                what="the demo to answer",
                timeout_s=START_TIMEOUT_S,
            )
            assert self._said("Ctrl-C ends it"), self.log()
        except BaseException:
            self._process.kill()
            self._wait()
            raise
        self.store = open_store(f"sqlite:///{self._find('Counts kept in +(.+)')}")
        self.reads = Reads(self.store)
        self.admin = Administration(self.store, SystemClock(), actor="test")
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it as a person does, and expects it to end well."""
        self.store.close()
        self._process.send_signal(signal.SIGINT)
        code = self._wait()
        assert code == 0, self.log()
        assert "Traceback" not in self.log(), self.log()

    @property
    def shop_a(self) -> str:
        """Origin of the page."""
        return self._find(r"Demo page +(\S+)")

    @property
    def shop_b(self) -> str:
        """Origin of the other domain."""
        return self._find(r"Other domain +(\S+)")

    @property
    def license_server(self) -> str:
        """Origin of the license server."""
        return self._find(r"License server +(\S+)")

    def usage(self, code: str = "200001-demo") -> UsageView:
        """What the license server has counted, read from its database."""
        return self.reads.usage(code)

    def devices(self, code: str = "200001-demo") -> list[Device]:
        """Devices that hold a seat."""
        return [device for device in self.reads.devices(code) if device.license_id is not None]

    def log(self) -> str:
        """All that it said."""
        return "".join(self._lines)

    def _wait(self) -> int:
        """Gives the exit code, after the last line was read."""
        code = self._process.wait(timeout=20)
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(iter(self._process.stdout.readline, ""))

    def _said(self, words: str) -> bool:
        return any(words in line for line in self._lines)

    def _find(self, pattern: str) -> str:
        match = re.search(pattern, self.log())
        assert match, self.log()
        return match[1]
