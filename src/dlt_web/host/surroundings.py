"""What of a machine makes its device less lasting, or less its own, than it looks: containers, and where files lie."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path("/")

NoticeCode = Literal[
    "container", "container_file", "container_traits", "copied", "trait_missing", "trait_shared", "traits_changed"
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the device that its operator is to know.

    Attributes:
        code: ``container``: in one; ``container_file``: the device's file goes with it; ``container_traits``: traits
            are the image's or the host's; ``copied``: the file came from another machine; ``trait_missing``,
            ``trait_shared``: one cannot be read, or is no one machine's own; ``traits_changed``: the file was made by
            other rules, which go on holding.
        message: what was found, and what to do about it.
    """

    code: NoticeCode
    message: str


def container_kind(root: Path = ROOT, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the kind of container that this process runs in, e.g. ``docker``; None outside of one.

    Args:
        root: stands for ``/``.
        environment: of the process; engines and Kubernetes tell there what they are.
    """
    said = _text(root / "run/systemd/container").strip() or environment.get("container")
    if said:
        return said
    for mark, kind in (("run/.containerenv", "podman"), (".dockerenv", "docker")):
        if (root / mark).exists():
            return kind
    if (root / "var/run/secrets/kubernetes.io").exists() or "KUBERNETES_SERVICE_HOST" in environment:
        return "kubernetes"
    found = re.search(r"(docker|kubepods|containerd|libpod|lxc|garden)", _text(root / "proc/1/cgroup"))
    return found[1] if found else _kind_by_layers(_text(root / "proc/self/mountinfo"))


def _kind_by_layers(mounts: str) -> str | None:
    """Tell the engine by where it keeps the layers of the root; a container of today sees no other's control groups."""
    found = re.search(r"^\d+ \d+ \S+ \S+ / .*/(docker|containerd|containers/storage)/", mounts, re.MULTILINE)
    return None if found is None else "podman" if found[1] == "containers/storage" else found[1]


def notices_about_container(kind: str, folder: Path, traits: tuple[str, ...], root: Path = ROOT) -> list[Notice]:
    """Return what is to be known of a device in a container.

    Args:
        kind: of the container.
        folder: where the device's file lies.
        traits: names of those that make its UUID; none where it is random.
        root: stands for ``/``.
    """
    notices = [Notice("container", f"This process runs in a container ({kind}).")]
    if _device_of(folder) == _device_of(root):
        notices.append(
            Notice(
                "container_file",
                f"The device's file lies in the container itself ({folder}) and goes with it, reports that wait "
                "included: mount a volume there.",
            )
        )
    if traits:
        notices.append(
            Notice(
                "container_traits",
                f"In a container {', '.join(traits)} may be those of its image or of its host, so that several "
                "containers are one device: give each a volume of its own and a random UUID.",
            )
        )
    return notices


def _device_of(path: Path) -> int | None:
    for one in (path, *path.parents):
        try:
            return os.stat(one).st_dev
        except OSError:
            continue
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
