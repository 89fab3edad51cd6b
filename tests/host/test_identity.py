"""A device's UUID: of which traits it is made, what of them may change, and what makes a machine another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlt_web.device import is_uuid4
from dlt_web.errors import DltError, OptionError
from dlt_web.host.identity import Identity, recipe_of
from dlt_web.host.surroundings import container_kind, notices_about_container
from dlt_web.host.traits import Traits
from dlt_web.host.traits_linux import gather_linux
from tests.host.machines import BOARD, SERVER, add_card, make_machine

MOUNTED = "27 1 0:52 / / rw,relatime - overlay overlay rw,lowerdir={0},upperdir={0}/diff,workdir={0}/work\n"


def reader(root: Path) -> Callable[[tuple[str, ...]], Traits]:
    return lambda names: gather_linux(names, root)


def identity(root: Path, edition: str = "random", traits: list[str] | None = None, kind: str | None = None) -> Identity:
    return Identity(recipe_of(edition, traits), root, reader(root), lambda: kind)


def codes(one: Identity) -> list[str]:
    return [notice.code for notice in one.notices]


def machine(tmp_path: Path, name: str = "one", files: dict[str, str] = BOARD, **more: Any) -> Path:
    return make_machine(tmp_path / name, files, **more)


class TestMaking:
    def test_traits_make_the_same_uuid_whenever_it_is_made(self, tmp_path: Path):
        root = machine(tmp_path)
        for edition in ("server", "embedded"):
            first, second = (identity(root, edition).make()[0] for _ in range(2))
            assert first == second
            assert is_uuid4(first)
        assert identity(root, "server").make()[0] != identity(root, "embedded").make()[0]

    def test_a_random_uuid_is_another_each_time(self, tmp_path: Path):
        root = machine(tmp_path)
        assert identity(root).make()[0] != identity(root).make()[0]

    def test_other_machines_are_other_devices(self, tmp_path: Path):
        one, two = machine(tmp_path), machine(tmp_path, "two", mac="dc:a6:32:01:02:04")
        assert identity(one, "embedded").make()[0] != identity(two, "embedded").make()[0]

    @pytest.mark.parametrize(
        ("edition", "traits", "missing"),
        [
            ("embedded", None, {"fs_uuid": None}),
            ("server", None, {"mac": None}),
            ("server", ["machine_id", "mac?"], {"mac": None}),
            ("server", ["board", "os_id?"], {"fs_uuid": None}),
        ],
    )
    def test_an_optional_trait_that_is_missing_changes_nothing(
        self, tmp_path: Path, edition: str, traits: list[str] | None, missing: dict[str, None]
    ):
        whole, without = machine(tmp_path), machine(tmp_path, "two", **missing)
        assert identity(whole, edition, traits).make()[0] == identity(without, edition, traits).make()[0]

    def test_a_trait_that_makes_the_uuid_and_is_missing_is_said(self, tmp_path: Path):
        with pytest.raises(DltError, match="cpu_id and mac, and mac cannot be read") as refused:
            identity(machine(tmp_path, mac=None), "embedded").make()
        assert refused.value.code == "TRAIT_MISSING"

    def test_the_set_of_traits_is_free_and_its_order_says_nothing(self, tmp_path: Path):
        root = machine(tmp_path)
        one, other = ["machine_id", "board"], ["board", "machine_id"]
        assert identity(root, "server", one).make()[0] == identity(root, "server", other).make()[0]
        assert identity(root, "server", ["board"]).make()[0] != identity(root, "server", one).make()[0]

    def test_a_uuid_of_nothing_but_what_others_have_too_is_said(self, tmp_path: Path):
        one = identity(machine(tmp_path, files=SERVER), "server", ["cpu_id"])
        one.make()
        assert codes(one) == ["trait_shared"]

    def test_no_trait_is_kept_or_told_in_the_clear(self, tmp_path: Path):
        root = machine(tmp_path)
        for edition in ("random", "server", "embedded"):
            one = identity(root, edition)
            uuid, told = one.make()
            said = json.dumps([uuid, told, codes(one)])
            for trait in gather_linux(("cpu_id", "board", "mac", "machine_id", "os_id"), root).values():
                assert trait.value not in said
                assert trait.value.replace(":", "") not in said
        # Two files of one machine cannot be told to be of one, but by who has the machine.
        assert identity(root).make()[1]["traits"]["mac"] != identity(root).make()[1]["traits"]["mac"]


class TestJudging:
    @pytest.mark.parametrize("edition", ["random", "server", "embedded"])
    def test_a_file_is_its_own_machines(self, tmp_path: Path, edition: str):
        one = identity(machine(tmp_path), edition)
        assert one.is_of_this_machine(one.make()[1])
        assert codes(one) == []

    @pytest.mark.parametrize("edition", ["random", "server", "embedded"])
    def test_a_copied_image_is_recognised_and_said(self, tmp_path: Path, edition: str):
        _, told = identity(machine(tmp_path), edition).make()
        # Started from the same image, whose machine id is made anew at the first boot.
        files = BOARD | {
            "etc/machine-id": "ffff0000ffff0000ffff0000ffff0001\n",
            "proc/cpuinfo": "Serial\t: 100000007777\n",
            "sys/firmware/devicetree/base/serial-number": "100000007777\0",
        }
        copy = identity(machine(tmp_path, "two", files, mac="dc:a6:32:09:09:09"), edition)
        assert not copy.is_of_this_machine(told)
        _, made = copy.make()
        assert codes(copy) == ["copied"]
        assert copy.is_of_this_machine(made)
        assert codes(copy) == []

    def test_one_card_or_an_installation_made_anew_is_no_other_machine(self, tmp_path: Path):
        _, told = identity(machine(tmp_path)).make()
        assert identity(machine(tmp_path, "card", mac="dc:a6:32:09:09:09")).is_of_this_machine(told)
        files = BOARD | {"etc/machine-id": "ffff0000ffff0000ffff0000ffff0001\n"}
        assert identity(machine(tmp_path, "anew", files, fs_uuid="another")).is_of_this_machine(told)

    def test_a_machine_that_shows_one_card_alone_is_another_if_it_is_installed_anew_too(self, tmp_path: Path):
        files = {"etc/machine-id": BOARD["etc/machine-id"]}
        _, told = identity(machine(tmp_path, "one", files)).make()
        assert identity(machine(tmp_path, "card", files, mac="dc:a6:32:09:09:09")).is_of_this_machine(told)
        other = {"etc/machine-id": SERVER["etc/machine-id"]}
        assert not identity(machine(tmp_path, "two", other, mac="dc:a6:32:09:09:09")).is_of_this_machine(told)

    @pytest.mark.parametrize("edition", ["random", "embedded"])
    @pytest.mark.parametrize("mac", ["00:00:5e:00:53:01", "fc:00:00:00:00:01"])
    def test_a_further_card_is_no_other_machine(self, tmp_path: Path, edition: str, mac: str):
        """One that was put in, or whose driver came later than the first start."""
        root = machine(tmp_path)
        _, told = identity(root, edition).make()
        add_card(root, "wlan0", mac)
        later = identity(root, edition)
        assert later.is_of_this_machine(told)
        assert codes(later) == []

    def test_a_processor_of_the_same_serial_number_is_the_same_machine_with_any_card(self, tmp_path: Path):
        """Cards are exchanged, and come up late; no copy of a disk brings a processor's number along."""
        _, told = identity(machine(tmp_path), "embedded").make()
        assert identity(machine(tmp_path, "card", mac="dc:a6:32:09:09:09"), "embedded").is_of_this_machine(told)

    def test_a_processor_of_the_same_model_is_no_proof(self, tmp_path: Path):
        files = {"proc/cpuinfo": SERVER["proc/cpuinfo"]}
        _, told = identity(machine(tmp_path, "one", files), "embedded").make()
        assert not identity(machine(tmp_path, "two", files, mac="dc:a6:32:09:09:09"), "embedded").is_of_this_machine(
            told
        )

    def test_a_trait_that_cannot_be_read_now_is_said_and_changes_nothing(self, tmp_path: Path):
        _, told = identity(machine(tmp_path), "embedded").make()
        later = identity(machine(tmp_path, "later", mac=None), "embedded")
        assert later.is_of_this_machine(told)
        assert codes(later) == ["trait_missing"]

    def test_other_settings_are_said_and_the_file_goes_on(self, tmp_path: Path):
        root = machine(tmp_path)
        _, told = identity(root, "server").make()
        later = identity(root, "embedded")
        assert later.is_of_this_machine(told)
        assert codes(later) == ["traits_changed"]

    def test_in_a_container_no_trait_tells_it_from_another(self, tmp_path: Path):
        _, told = identity(machine(tmp_path), kind="docker").make()
        anew = identity(machine(tmp_path, "anew", SERVER, mac="dc:a6:32:09:09:09"), kind="docker")
        assert anew.is_of_this_machine(told)
        assert "container" in codes(anew)
        assert "copied" not in codes(anew)


class TestContainers:
    @pytest.mark.parametrize(
        ("mark", "text", "kind"),
        [
            (".dockerenv", "", "docker"),
            ("run/.containerenv", "", "podman"),
            ("run/systemd/container", "lxc\n", "lxc"),
            ("var/run/secrets/kubernetes.io/token", "", "kubernetes"),
            ("proc/1/cgroup", "0::/kubepods/besteffort/pod1\n", "kubepods"),
            # What is left where a container sees no control groups but its own, as is usual now.
            ("proc/self/mountinfo", MOUNTED.format("/var/lib/docker/overlay2/l/AB"), "docker"),
            ("proc/self/mountinfo", MOUNTED.format("/var/lib/containerd/io.containerd.snapshotter/7"), "containerd"),
            ("proc/self/mountinfo", MOUNTED.format("/home/me/.local/share/containers/storage/overlay/l/AB"), "podman"),
        ],
    )  # fmt: skip
    def test_a_container_is_recognised(self, tmp_path: Path, mark: str, text: str, kind: str):
        assert container_kind(tmp_path, {}) is None
        (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / mark).write_text(text)
        assert container_kind(tmp_path, {}) == kind

    @pytest.mark.parametrize(
        ("environment", "kind"),
        [({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"), ({"container": "systemd-nspawn"}, "systemd-nspawn")],
    )
    def test_a_container_is_recognised_by_what_its_processes_are_told(
        self, tmp_path: Path, environment: dict[str, str], kind: str
    ):
        assert container_kind(tmp_path, environment) == kind

    @pytest.mark.parametrize("layers", ["/rom:/overlay/upper", "/run/live/rootfs/filesystem.squashfs"])
    def test_a_device_whose_own_root_is_made_of_layers_is_none(self, tmp_path: Path, layers: str):
        """As routers and live systems have it."""
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/mountinfo").write_text(
            MOUNTED.format(layers) + "30 27 0:9 / /var/lib/docker/overlay2/1/merged rw - overlay overlay "
            "rw,lowerdir=/var/lib/docker/overlay2/l/AB\n"
        )
        assert container_kind(tmp_path, {}) is None

    def test_that_the_file_goes_with_the_container_and_whose_traits_they_are_is_said(self, tmp_path: Path):
        folder = tmp_path / "not" / "there"
        said = notices_about_container("docker", folder, ("machine_id",), tmp_path)
        assert [notice.code for notice in said] == ["container", "container_file", "container_traits"]
        # On a volume, which is another file system.
        assert [notice.code for notice in notices_about_container("docker", folder, (), Path("/proc"))] == ["container"]


class TestRecipe:
    @pytest.mark.parametrize(
        ("edition", "traits", "said"),
        [
            ("desktop", None, "edition is random, server, embedded; found 'desktop'"),
            (None, None, "found nothing"),
            ("server", "mac", "traits is a list of names; found 'mac'"),
            ("server", [1], "traits is a list of names"),
            ("server", ["serial"], "There is no trait 'serial'; the traits are cpu_id, board"),
            ("server", ["mac?"], "needs at least one trait without a ?"),
            ("random", ["mac"], "made of no trait; found mac"),
        ],
    )
    def test_what_cannot_be_is_refused(self, edition: Any, traits: Any, said: str):
        with pytest.raises(OptionError) as refused:
            recipe_of(edition, traits)
        assert said in refused.value.message

    def test_who_wants_no_trait_read_says_so(self, tmp_path: Path):
        assert identity(machine(tmp_path), "random", []).make()[1]["traits"] == {}
