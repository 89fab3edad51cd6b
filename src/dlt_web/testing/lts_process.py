"""A real license tracking server as a process of its own, on a database file of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dlt_web.model import ChargeWay
from dlt_web.testing.booked import Device, Usage
from dlt_web.testing.kept_port import SERVERS_BIND_BESIDE, keep_port

READY_PREFIX = "LTS ready at "
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
# What the installed command ``dlt-web lts`` runs; found wherever this package is.
_COMMAND = (sys.executable, "-c", "from dlt_web.lts.cli import lts; lts(prog_name='dlt-web lts')")


class LtsError(RuntimeError):
    """The server did not start, or a command of it was refused; holds what it said."""


class LtsProcess:
    """A server on ``127.0.0.1``, on a SQLite file in ``folder``; a context manager that starts and kills it.

    Administration and reads go through the command line on the same store file, so what a test asserts on is what the
    database holds.

    Attributes:
        url: ``http://127.0.0.1:PORT`` while it runs.
        store_url: of the database, for ``--store``.
    """

    def __init__(self, folder: Path, *, test_clock: bool = True) -> None:
        """Prepare a server; :meth:`start` starts it.

        Args:
            folder: for database and log; must exist.
            test_clock: the server's time stands still until :meth:`advance` moves it.
        """
        self.store_url = f"sqlite:///{folder / 'lts.db'}"
        self._log_path = folder / "lts.log"
        self._test_clock = test_clock
        self._process: subprocess.Popen[str] | None = None
        self._output: threading.Thread | None = None
        self._log_start = 0
        self._kept_port: socket.socket | None = None  # from a kill to the next start
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.end()

    def start(self, *, port: int = 0) -> None:
        """Start the server and return when it answers.

        Args:
            port: 0 picks a free one; a restart may ask for its old one.

        Raises:
            LtsError: it ended, or stayed silent for 30 s; the message holds its log.
        """
        if not SERVERS_BIND_BESIDE:
            self._give_port_back()
        arguments = [*_COMMAND, "serve", "--port", str(port), *(["--test-clock"] if self._test_clock else [])]
        with self._log_path.open("a") as log:
            self._process = subprocess.Popen(
                arguments, env=self._environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        first_line = _first_line(self._process, START_TIMEOUT_S)
        if not first_line.startswith(READY_PREFIX):
            self.kill()
            raise LtsError(f"The LTS did not get ready; it said {first_line!r}. Its log:\n{self.log(whole=True)}")
        self.url = first_line.removeprefix(READY_PREFIX).strip()
        self._give_port_back()
        self._output = threading.Thread(target=self._keep_output, args=(self._process,), daemon=True)
        self._output.start()

    @property
    def is_running(self) -> bool:
        """Tell whether it was started and not killed since."""
        return self._process is not None

    @property
    def port(self) -> int:
        """Port of the running, or last running, server."""
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End the server at once, as a power cut would (SIGKILL); nothing happens when it does not run.

        Its port is kept for the next :meth:`start`, and connections to it are refused; :meth:`end` gives it back.
        """
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)
            if self._output is None:
                assert self._process.stdout is not None
                self._process.stdout.close()
            else:
                self._output.join(STOP_TIMEOUT_S)
            self._process = self._output = None
            if self.url and self._kept_port is None:
                self._kept_port = keep_port(self.port)

    def end(self) -> None:
        """End the server for good."""
        self.kill()
        self._give_port_back()

    def restart(self) -> None:
        """Kill the server and start it on the same store and port."""
        port = self.port
        self.kill()
        self.start(port=port)

    def add_license(
        self,
        charge_way: ChargeWay = "per_device",
        *,
        quota: int = 1000,
        device_lifetime: str | None = None,
        on_exhausted: str | None = None,
        grace_percent: int | None = None,
        valid_until: str | None = None,
    ) -> str:
        """Add a license item and return its id."""
        options = {
            "--device-lifetime": device_lifetime,
            "--on-exhausted": on_exhausted,
            "--grace-percent": grace_percent,
            "--valid-until": valid_until,
        }
        given = [text for name, value in options.items() if value is not None for text in (name, str(value))]
        added = self.cli("license", "add", "--charge-way", charge_way, "--quota", str(quota), *given)
        return str(added["id"])

    def add_handshake(
        self,
        *license_ids: str,
        code: str | None = None,
        allow_origins: Sequence[str] = (),
        session_password: str | None = None,
    ) -> str:
        """Add a handshake code that uses these items in this order, and return it; a fresh one when none is given."""
        code = code or f"test-{secrets.token_hex(6)}"
        arguments: list[str] = []
        for license_id in license_ids:
            arguments += ["--license", license_id]
        for origin in allow_origins:
            arguments += ["--allow-origin", origin]
        if session_password is not None:
            arguments.append("--session-password-stdin")
        # A code may begin as an option does.
        self.cli("handshake", "add", *arguments, "--", code, standard_input=session_password)
        return code

    def add_code(self, charge_way: ChargeWay = "per_device", *, quota: int = 1000) -> str:
        """Add an item and a fresh handshake code that uses it, and return the code."""
        return self.add_handshake(self.add_license(charge_way, quota=quota))

    def usage(self, code: str) -> Usage:
        """Return what is booked for a handshake code, read from the database."""
        return Usage.from_json(self.cli("usage", "--handshake", code))

    def devices(self, code: str) -> list[Device]:
        """Return the devices of a handshake code, read from the database."""
        return [Device.from_json(row) for row in self.cli("devices", "list", "--handshake", code)]

    def seated(self, code: str) -> set[str]:
        """Return the UUIDs that are in the usage database for a handshake code now."""
        return {device.device_uuid for device in self.devices(code) if device.seated}

    def release(self, device_uuid: str, code: str) -> None:
        """Give a device's seat back."""
        self.cli("devices", "release", device_uuid, "--handshake", code, as_json=False)

    def advance(self, seconds: float) -> datetime:
        """Move the test clock on, with every sweep that falls due on the way, and return the new time."""
        body = json.dumps({"advanceSeconds": seconds}).encode()
        request = urllib.request.Request(
            f"{self.url}/v1/test/clock", data=body, headers={"Content-Type": "application/json"}
        )
        # On this machine, whatever proxy the machine has for others.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as response:
            return datetime.fromisoformat(json.load(response)["now"])

    def cli(self, *arguments: str, standard_input: str | None = None, as_json: bool = True) -> Any:
        """Run ``dlt-web lts …`` on this store inside this process, which saves half a second of start-up.

        Args:
            arguments: what follows ``dlt-web lts``.
            standard_input: text for commands that read some.
            as_json: add ``--json`` and return the parsed output; else return its text.

        Raises:
            LtsError: the exit code was not 0; the message holds what the command said.
        """
        # Imported here: only with the extra ``lts`` there is a server to run.
        from click.testing import CliRunner

        from dlt_web.lts.cli import lts

        named = arguments.index("--") if "--" in arguments else len(arguments)
        words = [*arguments[:named], *(["--json"] if as_json else []), *arguments[named:]]
        result = CliRunner().invoke(lts, words, input=standard_input, env={"DLT_WEB_STORE": self.store_url})
        if result.exit_code != 0:
            raise LtsError(f"dlt-web lts {' '.join(words)}: exit code {result.exit_code}: {result.stderr}") from (
                None if isinstance(result.exception, SystemExit) else result.exception
            )
        return json.loads(result.stdout) if as_json else result.stdout

    def cli_process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``dlt-web lts …`` as a real process on this store; its exit code is the caller's to judge."""
        return subprocess.run(
            [*_COMMAND, *arguments], env=self._environment(), capture_output=True, text=True, timeout=60, check=False
        )

    def mark_log(self) -> None:
        """Let :meth:`log` begin here; the next test wants only its own lines."""
        self._log_start = self._log_path.stat().st_size if self._log_path.exists() else 0

    def log(self, *, whole: bool = False) -> str:
        """Return what the server wrote since :meth:`mark_log`, or all of it."""
        if not self._log_path.exists():
            return ""
        return self._log_path.read_bytes()[0 if whole else self._log_start :].decode(errors="replace")

    def _give_port_back(self) -> None:
        if self._kept_port is not None:
            self._kept_port.close()
            self._kept_port = None

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DLT_WEB_STORE": self.store_url, "PYTHONUNBUFFERED": "1"}

    def _keep_output(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with self._log_path.open("a") as log, process.stdout:
            for line in process.stdout:
                log.write(line)
                log.flush()


def _first_line(process: subprocess.Popen[str], timeout_s: float) -> str:
    """Return the first line of a process's output; empty when none came in time."""
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda out: lines.append(out.readline()), args=(process.stdout,), daemon=True)
    reader.start()
    reader.join(timeout_s)
    return lines[0] if lines else ""
