"""Machines that tests make up: what a Linux system shows of itself, as a folder that stands for its root."""

from __future__ import annotations

from pathlib import Path

SERVER = {
    "etc/machine-id": "0f9c4b1e8a7d4c2b9e1f0a3b5c7d9e1f\n",
    "proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nstepping\t: 7\n",
    "sys/class/dmi/id/board_serial": "CN7016384F00A1\n",
    "sys/class/dmi/id/board_vendor": "Dell Inc.\n",
    "sys/class/dmi/id/board_name": "0X45T9\n",
}
BOARD = {
    "etc/machine-id": "a1b2c3d4e5f60718293a4b5c6d7e8f90\n",
    "proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nSerial\t\t: 10000000a3f1c2d4\n",
    "sys/firmware/devicetree/base/serial-number": "10000000a3f1c2d4\0",
    "sys/firmware/devicetree/base/model": "Raspberry Pi 4 Model B Rev 1.4\0",
}


def make_machine(
    root: Path, files: dict[str, str], *, mac: str | None = "dc:a6:32:01:02:03", fs_uuid: str | None = "4f1c-77aa"
) -> Path:
    """Lay out a machine below a folder; return the folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if mac is not None:
        add_card(root, "eth0", mac)
    if fs_uuid is not None:
        add_file_system(root, fs_uuid)
    return root


def add_card(root: Path, name: str, mac: str, *, bus: str = "pci0000:00", is_own: bool = True) -> None:
    """Add a network card."""
    device = root / "sys/devices" / bus / name
    device.mkdir(parents=True)
    card = root / "sys/class/net" / name
    card.mkdir(parents=True)
    (card / "device").symlink_to(device)
    (card / "address").write_text(f"{mac}\n")
    (card / "addr_assign_type").write_text("0\n" if is_own else "3\n")


def add_bridge(root: Path, name: str, mac: str) -> None:
    """Add what is no card: a bridge, or one end of a container's cable."""
    card = root / "sys/class/net" / name
    card.mkdir(parents=True)
    (card / "address").write_text(f"{mac}\n")
    (card / "addr_assign_type").write_text("0\n")


def add_file_system(root: Path, uuid: str) -> None:
    """Mount a root file system of this UUID."""
    (root / "dev/disk/by-uuid").mkdir(parents=True)
    (root / "dev/mmcblk0p2").touch()
    (root / "dev/disk/by-uuid" / uuid).symlink_to("../../mmcblk0p2")
    (root / "proc/self").mkdir(parents=True, exist_ok=True)
    (root / "proc/self/mountinfo").write_text(
        "22 27 0:21 / /proc rw - proc proc rw\n27 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
    )
