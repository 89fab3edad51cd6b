"""A real server process and the real command line, on a real file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

# A busy machine may take its time; nothing waits so long where all is well.
PATIENCE_S = 120

COMMAND = [sys.executable, "-c", "from dlt_web.lts.cli import lts; lts(prog_name='dlt-web lts')"]


def run_cli(store: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command of ``dlt-web lts`` on a store file."""
    environment = os.environ | {"DLT_WEB_STORE": f"sqlite:///{store}"}
    return subprocess.run(
        [*COMMAND, *words],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def cli_json(store: Path, *words: str, stdin: str = "") -> Any:
    """Run a command that must succeed and return what it prints with ``--json``."""
    result = run_cli(store, *words, "--json", stdin=stdin)
    assert (result.returncode, result.stderr) == (0, ""), result
    return json.loads(result.stdout)


class ServerProcess:
    """``dlt-web lts serve --port 0``; a context manager that stops it."""

    def __init__(self, store: Path, *words: str) -> None:
        self._arguments = [*COMMAND, "--store", f"sqlite:///{store}", "serve", "--port", "0", *words]
        self._log_path = store.with_suffix(".log")
        self.url = ""

    def __enter__(self) -> ServerProcess:
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("LTS ready at http://127.0.0.1:"), self.log()
        self.url = line.removeprefix("LTS ready at ").strip()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop(signal.SIGTERM)

    def client(self) -> httpx.Client:
        """Return a client of the server, to be closed."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S)

    def signal(self, how: signal.Signals) -> None:
        """Send the process a signal."""
        self._process.send_signal(how)

    def stop(self, how: signal.Signals) -> int:
        """End the process with a signal and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        code = self._process.wait(PATIENCE_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def log(self) -> str:
        """Return what it wrote to stderr."""
        return self._log_path.read_text()
