"""How a device gets its UUID, at random or from traits of the machine, and whether a device's file is this machine's.

The UUID is made once and kept in the device's file; what follows from a trait that is missing later, or is another one,
is decided here. Traits are kept and told as digests only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ..device import UUID_BYTES, uuid4_from
from ..errors import DltError, OptionError, shown
from .machine import read_traits
from .surroundings import Notice, container_kind, notices_about_container
from .traits import HARDWARE, TRAIT_NAMES, Traits

Json = Any
Edition = Literal["random", "server", "embedded"]

# Names of traits; those that end in ? never make the UUID, and only tell a machine from a copy of it.
EDITION_TRAITS: dict[Edition, tuple[str, ...]] = {
    "random": ("cpu_id?", "board?", "mac?", "machine_id?", "os_id?"),
    # A server's parts are exchanged, its installation stays.
    "server": ("machine_id", "board?", "mac?"),
    # All devices of a fleet are installed from one image, so that what is installed tells none from another.
    "embedded": ("cpu_id", "mac", "os_id?"),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How this device's UUID is to be made.

    Attributes:
        edition: its name.
        making: traits that make the UUID, sorted; none where it is random.
        telling: further ones that tell a machine from a copy of it.
    """

    edition: Edition
    making: tuple[str, ...]
    telling: tuple[str, ...]


def recipe_of(edition: object, traits: Sequence[str] | None) -> Recipe:
    """Return the recipe of an edition, or of these traits.

    Raises:
        OptionError: names what is wrong with them.
    """
    if edition not in get_args(Edition):
        raise OptionError(f"edition is {', '.join(get_args(Edition))}; found {shown(edition)}.")
    names = EDITION_TRAITS[edition] if traits is None else traits  # type: ignore[index]
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise OptionError(f"traits is a list of names; found {shown(traits)}.")
    unknown = [name for name in names if name.removesuffix("?") not in TRAIT_NAMES]
    if unknown:
        raise OptionError(
            f"There is no trait {shown(unknown[0])}; the traits are {', '.join(TRAIT_NAMES)}, each with a ? behind "
            "it where it may be missing."
        )
    making = tuple(sorted({name for name in names if not name.endswith("?")}))
    telling = tuple(sorted({name.removesuffix("?") for name in names} - set(making)))
    if edition == "random" and making:
        raise OptionError(
            f"A random UUID is made of no trait; found {making[0]}. Choose the edition server or embedded."
        )
    if edition != "random" and not making:
        raise OptionError(f"The edition {edition} needs at least one trait without a ? to make the UUID of.")
    return Recipe(edition, making, telling)  # type: ignore[arg-type]


@dataclass
class Identity:
    """Makes and judges the identity of one device.

    Attributes:
        recipe: how.
        folder: where its file lies.
        notices: what its operator is to know, once it was made or judged.
    """

    recipe: Recipe
    folder: Path
    read: Callable[[tuple[str, ...]], Traits] = read_traits
    container: Callable[[], str | None] = container_kind
    notices: list[Notice] = field(default_factory=list)
    _copied: list[Notice] = field(default_factory=list)

    def make(self) -> tuple[str, Json]:
        """Return a UUID for a new file, and what the file is to remember of it.

        Raises:
            DltError: ``TRAIT_MISSING``: one that makes the UUID cannot be read.
        """
        self._look_around()
        self.notices += self._copied
        self._copied.clear()
        traits = self.read(self.recipe.making + self.recipe.telling)
        missing = [name for name in self.recipe.making if name not in traits]
        if missing:
            raise DltError(
                f"The device's UUID is to be made of {' and '.join(self.recipe.making)}, and {missing[0]} cannot be "
                "read on this machine; set traits to others, or edition to random.",
                code="TRAIT_MISSING",
            )
        self._note_shared(traits)
        salt = secrets.token_hex(16)
        seed = _seed(traits, self.recipe.making) if self.recipe.making else secrets.token_bytes(UUID_BYTES)
        told = {
            "edition": self.recipe.edition,
            "madeOf": list(self.recipe.making),
            "salt": salt,
            "traits": {name: _digest(salt, name, trait.value) for name, trait in sorted(traits.items())},
        }
        return uuid4_from(seed), told

    def is_of_this_machine(self, told: Json) -> bool:
        """Tell whether a device's file is this machine's, from what it remembers.

        A trait that cannot be read now tells nothing, and a single card or disk may have been exchanged; in a container
        no trait is the device's own.
        """
        self._look_around()
        if list(told["madeOf"]) != list(self.recipe.making):
            self.notices.append(_changed(told, self.recipe))
        if any(notice.code == "container" for notice in self.notices):
            return True
        traits = self.read(tuple(told["traits"]))
        self.notices += [
            Notice("trait_missing", f"The trait {name} could be read once and cannot now; the device stays the same.")
            for name in told["traits"]
            if name not in traits
        ]
        same = {
            name: any(
                hmac.compare_digest(digest, _digest(told["salt"], name, value))
                for value in (traits[name].value, *traits[name].others)
            )
            for name, digest in told["traits"].items()
            if name in traits
        }
        if _is_another_machine(same, {name for name in same if traits[name].is_unique}, told["madeOf"]):
            changed = ", ".join(name for name, is_same in same.items() if not is_same)
            # It is said of the device that is made in its place.
            self._copied.append(
                Notice(
                    "copied",
                    f"The device's file came from another machine ({changed} differ), as in a cloned image; this "
                    "machine is a device of its own from now on. Make images before the first start.",
                )
            )
            return False
        return True

    def _look_around(self) -> None:
        self.notices.clear()
        kind = self.container()
        if kind is not None:
            self.notices += notices_about_container(kind, self.folder, self.recipe.making)

    def _note_shared(self, traits: Traits) -> None:
        making = self.recipe.making
        if making and not any(traits[name].is_unique for name in making):
            self.notices.append(
                Notice(
                    "trait_shared",
                    f"Of {', '.join(making)} none is this machine's alone: others may be the same device. Add a trait "
                    "that is, or set edition to random.",
                )
            )


def is_told(value: Json) -> bool:
    """Tell whether a value is what :meth:`Identity.make` has a file remember."""
    if not isinstance(value, dict) or not isinstance(value.get("salt"), str):
        return False
    made_of, traits = value.get("madeOf"), value.get("traits")
    is_salt = re.fullmatch(r"[0-9a-f]{32}", value["salt"]) is not None
    is_list = isinstance(made_of, list) and set(map(str, made_of)) <= set(TRAIT_NAMES)
    is_digests = isinstance(traits, dict) and all(
        name in TRAIT_NAMES and isinstance(digest, str) and digest.isascii() for name, digest in traits.items()
    )
    return is_salt and is_list and is_digests


def _is_another_machine(same: dict[str, bool], unique: set[str], made_of: list[str]) -> bool:
    if "cpu_id" in unique and same["cpu_id"]:
        return False  # a serial number that is burnt in: cards are exchanged, and may come up late
    made = [same[name] for name in made_of if name in same]
    if made:
        return not all(made)
    hardware = [same[name] for name in HARDWARE if name in same and name in unique]
    installed = [same[name] for name in ("machine_id", "os_id") if name in same]
    if not hardware or any(hardware):
        return False
    return len(hardware) > 1 or (bool(installed) and not all(installed))


def _changed(told: Json, recipe: Recipe) -> Notice:
    was, now = (", ".join(names) or "random" for names in (told["madeOf"], recipe.making))
    return Notice(
        "traits_changed",
        f"The device's UUID was made of other traits ({was}) than are set now ({now}); it stays until its file is "
        "deleted.",
    )


def _seed(traits: Traits, names: tuple[str, ...]) -> bytes:
    """Return the bytes that a UUID is made of; always the same for the same traits."""
    text = "\n".join(["dlt-web device", *(f"{name}={traits[name].value}" for name in names)])
    return hashlib.sha256(text.encode()).digest()[:UUID_BYTES]


def _digest(salt: str, name: str, value: str) -> str:
    return hmac.digest(bytes.fromhex(salt), f"{name}={value}".encode(), "sha256").hex()[:32]
