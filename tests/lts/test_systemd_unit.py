"""The systemd unit of docs/operating.md: it starts what the command line has, with few rights and no secret."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from dlt_web.lts.cli import lts
from tests.docs.sh_lines import wrong_with
from tests.lts.server_process import ServerProcess
from tests.lts.test_operating_guide import CONFIG, LINES, PAGE

(BLOCK,) = re.findall(r"```ini\n# (/etc/systemd/system/\S+)\n(.*?)```", PAGE, re.DOTALL)
NAME, UNIT = Path(BLOCK[0]).name, BLOCK[1]
# What `systemd-analyze security` asks for first, each of which closes a way.
LEAST_RIGHTS = {
    "CapabilityBoundingSet": "",
    "LockPersonality": "true",
    "MemoryDenyWriteExecute": "true",
    "NoNewPrivileges": "true",
    "PrivateDevices": "true",
    "PrivateTmp": "true",
    "ProtectControlGroups": "true",
    "ProtectHome": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelTunables": "true",
    "ProtectSystem": "strict",
    "RestrictNamespaces": "true",
    "RestrictSUIDSGID": "true",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}
# Of ten. Later versions of systemd look at more.
MOST_EXPOSURE = 2.0


def section(name: str) -> dict[str, str]:
    # Not strict: a list of system calls is given, and then a part of it taken back.
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    parser.optionxform = str
    parser.read_string(UNIT)
    return dict(parser[name])


def test_it_starts_a_command_that_is_one_with_options_that_it_has() -> None:
    program, *words = shlex.split(section("Service")["ExecStart"])
    assert words[:2] == ["lts", "serve"]
    assert wrong_with(shlex.join(["dlt-web", *words])) is None
    installed = [line for line in LINES if re.fullmatch(rf"sudo {Path(program).parent}/pip install dlt-web", line)]
    assert (Path(program).name, len(installed)) == ("dlt-web", 1)


def test_it_starts_again_after_a_failure_and_has_time_to_stop() -> None:
    service, drain_s = section("Service"), tomllib.loads(CONFIG)["serve"]["drain-seconds"]
    assert (service["Restart"], section("Unit")["StartLimitIntervalSec"]) == ("on-failure", "0")
    assert int(service["TimeoutStopSec"]) >= drain_s + 30
    assert section("Install") == {"WantedBy": "multi-user.target"}


def test_it_has_few_rights_and_one_folder() -> None:
    service = section("Service")
    assert service.items() >= LEAST_RIGHTS.items()
    folder = f"/var/lib/{service['StateDirectory']}"
    assert tomllib.loads(CONFIG)["store"] == f"sqlite:///{folder}/lts.db"
    assert service["StateDirectoryMode"] == "0700"
    assert f"sudo install -d -o {service['User']} -m 700 {folder}" in LINES
    (settings,) = [line.split()[-1] for line in LINES if line.endswith("lts.toml") and line.startswith("sudo install")]
    assert service["Environment"] == f"DLT_WEB_CONFIG={settings}"


def test_no_secret_is_in_it_and_the_first_key_is_not_shown_in_a_journal(tmp_path: Path) -> None:
    assert not re.search(r"(?i)key|secret|password|token|credential", UNIT)
    service = section("Service")
    (line,) = [line for line in LINES if line.startswith(f"sudo -u {service['User']} ")]
    before, words = line.split(f"{shlex.split(service['ExecStart'])[0]} lts ")
    assert before.split()[-1] == service["Environment"]
    store = tmp_path / "lts.db"
    made = CliRunner().invoke(lts, shlex.split(words), env={"DLT_WEB_STORE": f"sqlite:///{store}"})
    assert (made.exit_code, "dlt_admin_" in made.stdout) == (0, True)
    with ServerProcess(store) as server:
        server.stop(signal.SIGTERM)
    assert "key" not in server.log()
    order = [at for at, text in enumerate(LINES) if text == line or "systemctl enable" in text]
    assert order == sorted(order)
    assert LINES[order[0]] == line


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not here; its keys are held all the same"
)
def test_systemd_has_nothing_to_say_of_it(tmp_path: Path) -> None:
    unit = tmp_path / NAME
    # It looks for the program.
    unit.write_text(UNIT.replace(shlex.split(section("Service")["ExecStart"])[0], sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    (level,) = re.findall(rf"Overall exposure level for {NAME}: ([\d.]+) OK", told.stdout)
    assert float(level) <= MOST_EXPOSURE
    (version, promised) = re.findall(r"that of systemd (\d+) puts its\s+exposure at ([\d.]+) of 10", PAGE)[0]
    is_that_one = subprocess.check_output(["systemd-analyze", "--version"], text=True).startswith(f"systemd {version} ")
    assert not is_that_one or level == promised
