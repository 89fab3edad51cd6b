"""Which traits a machine has: read of made-up Linux systems, and of what others' commands are documented to say."""

from __future__ import annotations

import json
import plistlib
import sys
from pathlib import Path

import pytest

from dlt_web.errors import OptionError
from dlt_web.host import HostTracker
from dlt_web.host.files import default_path
from dlt_web.host.machine import read_traits
from dlt_web.host.traits import TRAIT_NAMES, Trait, mac_trait, trait_of
from dlt_web.host.traits_linux import gather_linux
from dlt_web.host.traits_macos import CPU, NETWORK, PLATFORM, VOLUME, gather_macos
from dlt_web.host.traits_windows import gather_windows
from tests.host.devices import NOWHERE
from tests.host.machines import BOARD, SERVER, add_bridge, add_card, make_machine


def values(root: Path) -> dict[str, str]:
    return {name: trait.value for name, trait in gather_linux(TRAIT_NAMES, root).items()}


def test_a_board_tells_its_serial_number_its_card_and_what_is_installed_on_it(tmp_path: Path):
    assert values(make_machine(tmp_path, BOARD)) == {
        "cpu_id": "10000000a3f1c2d4",
        "board": "10000000a3f1c2d4",
        "mac": "dc:a6:32:01:02:03",
        "machine_id": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "os_id": "4f1c-77aa",
    }


def test_a_servers_processor_is_one_of_many_and_its_board_is_not(tmp_path: Path):
    traits = gather_linux(TRAIT_NAMES, make_machine(tmp_path, SERVER))
    assert traits["cpu_id"] == Trait("genuineintel-6-85-7", is_unique=False)
    assert traits["board"] == Trait("cn7016384f00a1")


def test_a_board_whose_serial_number_only_the_superuser_reads_is_one_of_many(tmp_path: Path):
    files = {name: text for name, text in SERVER.items() if not name.endswith("board_serial")}
    assert gather_linux(("board",), make_machine(tmp_path, files))["board"] == Trait("dell inc. 0x45t9", False)


def test_what_is_no_card_is_not_taken_for_one_and_a_built_in_one_comes_first(tmp_path: Path):
    root = make_machine(tmp_path, BOARD, mac="dc:a6:32:ff:ff:ff")
    add_bridge(root, "docker0", "00:00:5e:00:53:01")
    add_card(root, "given", "00:00:5e:00:53:02", is_own=False)
    add_card(root, "usb0", "00:00:5e:00:53:03", bus="pci0000:00/usb1")
    assert values(root)["mac"] == "dc:a6:32:ff:ff:ff"


def test_the_only_card_may_be_plugged_in(tmp_path: Path):
    root = make_machine(tmp_path, BOARD, mac=None)
    add_card(root, "usb0", "00:00:5e:00:53:03", bus="pci0000:00/usb1")
    assert values(root)["mac"] == "00:00:5e:00:53:03"


def test_an_address_that_software_gave_is_no_machines_own():
    assert mac_trait(["02:fc:00:00:00:01", "dc-a6-32-01-02-03"]) == Trait("dc:a6:32:01:02:03")
    assert mac_trait(["dc:a6:32:01:02:03", "dc:a6:32:01:02:04"]).others == ("dc:a6:32:01:02:04",)
    assert mac_trait(["02:fc:00:00:00:01"]) == Trait("02:fc:00:00:00:01", is_unique=False)
    assert mac_trait([]) is None


def test_an_empty_system_has_no_traits(tmp_path: Path):
    assert values(tmp_path) == {}
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("27 1 0:9 / / rw - overlay overlay rw\n")
    assert values(tmp_path) == {}
    (tmp_path / "proc/self/mountinfo").write_text("27 1 0:9 / / rw - ext4 /dev/vda1 rw\n")
    assert values(tmp_path) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "To Be Filled By O.E.M.",
        "Default string",
        "None",
        "0000-0000",
        "FFFFFFFF",
        "123456789",
        "uninitialized\n",
        None,
    ],
)
def test_what_stands_for_nothing_is_no_trait(text: str | None):
    assert trait_of(text) is None


def test_this_machine_is_read():
    traits = read_traits(TRAIT_NAMES)
    if sys.platform == "linux":
        assert "cpu_id" in traits
    assert all(trait.value for trait in traits.values())
    assert set(read_traits(("cpu_id",))) <= {"cpu_id"}


# As `ioreg -a`, `networksetup` and `diskutil -plist` are documented to answer; no Mac was here.
MAC_SAYS = {
    PLATFORM: plistlib.dumps([{"IOPlatformSerialNumber": "C02XK0AAJG5J", "IOPlatformUUID": "5F8E-11AA"}]),
    CPU: b"Apple M2\n",
    NETWORK: b"\nHardware Port: Wi-Fi\nDevice: en0\nEthernet Address: f0:18:98:0a:0b:0c\n\n"
    b"Hardware Port: Thunderbolt Bridge\nDevice: bridge0\nEthernet Address: 36:00:00:00:00:00\n",
    VOLUME: plistlib.dumps({"VolumeUUID": "0A81F3B1-51D9"}),
}


def test_a_mac_is_read_by_what_its_commands_say():
    traits = gather_macos(TRAIT_NAMES, MAC_SAYS.__getitem__)
    assert traits == {
        "cpu_id": Trait("apple m2", is_unique=False),
        "board": Trait("c02xk0aajg5j"),
        "mac": Trait("f0:18:98:0a:0b:0c"),
        "machine_id": Trait("5f8e-11aa"),
        "os_id": Trait("0a81f3b1-51d9"),
    }


@pytest.mark.parametrize("said", [b"", b"no plist", plistlib.dumps("a text"), plistlib.dumps([])])
def test_a_mac_whose_commands_fail_has_no_traits(said: bytes):
    assert gather_macos(TRAIT_NAMES, lambda command: said if command in (PLATFORM, VOLUME) else b"") == {}


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has them")
def test_commands_that_are_not_there_tell_nothing():
    assert gather_macos(TRAIT_NAMES) == {}


# As PowerShell's ConvertTo-Json is documented to write it; no Windows was here.
WINDOWS_SAYS = {
    "cpu": ["BFEBFBFF000906EA"],
    "board": "/8XKQ2N2/CNWS2008BE00DJ/",
    "macs": ["D8:9E:F3:11:22:33"],
    "machine": "3c8f2a10-5f0e-4e0a-9a55-8a5b1f6f0a11",
    "volume": "\\\\?\\Volume{8a1b0c5d-0000-0000-0000-100000000000}\\",
}


def test_windows_is_read_by_what_powershell_says():
    traits = gather_windows(TRAIT_NAMES, lambda: json.dumps(WINDOWS_SAYS))
    assert traits["cpu_id"] == Trait("bfebfbff000906ea", is_unique=False)
    assert {name: trait.value for name, trait in traits.items() if name != "cpu_id"} == {
        "board": "/8xkq2n2/cnws2008be00dj/",
        "mac": "d8:9e:f3:11:22:33",
        "machine_id": "3c8f2a10-5f0e-4e0a-9a55-8a5b1f6f0a11",
        "os_id": "\\\\?\\volume{8a1b0c5d-0000-0000-0000-100000000000}\\",
    }
    assert set(gather_windows(("mac",), lambda: json.dumps(WINDOWS_SAYS))) == {"mac"}


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"macs": null, "cpu": "x", "board": 7}', '{"macs": ["nonsense"]}'])
def test_windows_that_says_nothing_of_use_has_no_traits(said: str):
    assert gather_windows(TRAIT_NAMES, lambda: said) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has it")
def test_without_powershell_there_are_no_traits():
    assert gather_windows(TRAIT_NAMES) == {}


HOMES = {"linux": ".local/state/dlt-web", "darwin": "Library/Application Support/dlt-web"}


@pytest.mark.parametrize("system", HOMES)
def test_the_device_s_file_lies_where_programs_of_the_system_keep_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str
):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path() == tmp_path / HOMES[system] / ".dlt-web-device"


@pytest.mark.parametrize("named", ["", "relative/folder"])
def test_a_state_folder_that_is_no_absolute_path_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str):
    """As the XDG Base Directory Specification has it."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", named)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path().is_relative_to(tmp_path / ".local")


def test_a_service_without_a_home_is_told_to_name_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """As of a user who is in no list of users: a container's, or a service manager's."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    with pytest.raises(OptionError, match=r"This user has no home folder .* set store to a path, or XDG_STATE_HOME\."):
        HostTracker(handshake_code="c", license_server=NOWHERE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "dlt-web" / ".dlt-web-device"


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")
