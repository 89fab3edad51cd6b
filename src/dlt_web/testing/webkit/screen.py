"""A screen that nobody looks at: WebKitGTK shows its windows somewhere, also in tests."""

from __future__ import annotations

import subprocess
from types import TracebackType
from typing import Self

_STOP_TIMEOUT_S = 10.0


class VirtualScreen:
    """An X server in memory (Xvfb); a context manager.

    Attributes:
        display: its name for ``DISPLAY``, such as ``:3``, while it runs.
    """

    def __init__(self) -> None:
        """Prepare; entering starts it."""
        self.display = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        # It picks a free number itself and says which once it can be drawn on.
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        number = self._process.stdout.readline().strip()
        if not number:
            self._stop()
            raise RuntimeError("Xvfb ended before it had a screen: is there another X server, or no room in /tmp?")
        self.display = f":{number}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(_STOP_TIMEOUT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
