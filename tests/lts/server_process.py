"""A real server process and the real command line, on a real file."""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

# A busy machine may take its time; nothing waits so long where all is well.
PATIENCE_S = 120

COMMAND = [sys.executable, "-c", "from dlt_web.lts.cli import lts; lts(prog_name='dlt-web lts')"]


class CommandForks:
    """The program of ``cli_forks.py``, which runs commands one after another as long as this process lives."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("cli_forks.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self._end)

    def run(self, words: list[str], environment: dict[str, str], stdin: str) -> subprocess.CompletedProcess[str]:
        """Run one command of ``dlt-web lts`` to its end."""
        with tempfile.TemporaryDirectory() as folder:
            given, out, error = files = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
            for file, text in zip(files, (stdin, "", ""), strict=True):
                file.write_text(text, encoding="utf-8")
            command = {"folder": os.getcwd(), "environment": environment, "words": words, "patience_s": PATIENCE_S}
            code = self._ask(command | {"streams": [str(file) for file in (given, out, error)]})
            return subprocess.CompletedProcess(words, code, out.read_text("utf-8"), error.read_text("utf-8"))

    def _ask(self, command: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(command)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def _end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@functools.cache
def command_forks() -> CommandForks:
    """Return the one of this process."""
    return CommandForks()


def run_cli(store: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command of ``dlt-web lts`` on a store file, in a process of its own."""
    return command_forks().run(list(words), os.environ | {"DLT_WEB_STORE": f"sqlite:///{store}"}, stdin)


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
