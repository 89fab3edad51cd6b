"""Hardware traits: what a machine says of itself, read without special rights and kept as digests only.

What a trait really names differs from one kind of machine to another; docs/host.md tells for each system where it is
read. A value never leaves this module but for :mod:`~dlt_web.host.identity`, which digests it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

TRAIT_NAMES = ("cpu_id", "board", "mac", "machine_id", "os_id")
# Traits of the machine, in contrast to those of what is installed on it, which a copy of the disk has, too.
HARDWARE = ("cpu_id", "board", "mac")

# What vendors leave in place of a serial number; it is the same on a million boards.
_PLACEHOLDER = re.compile(
    r"(?i)(to be filled by o\.?e\.?m\.?|default string|not (specified|available|applicable|present)|none|n/?a|unknown"
    r"|(system|base board) serial number|uninitialized|invalid|empty|[0\W]*|[fF\W]*|0?123456789)"
)


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait of this machine.

    Attributes:
        value: as the machine says it, without surrounding space, in lower case.
        is_unique: no other machine has it by design; a processor's model is shared by millions.
        others: further values that are this machine's, as of its other network cards. They never make a UUID; that one
            of them is what is remembered shows that a machine is the same.
    """

    value: str
    is_unique: bool = True
    others: tuple[str, ...] = ()


Traits = Mapping[str, Trait]
"""What could be read, by name; one that could not is absent."""


def trait_of(text: str | None, *, is_unique: bool = True) -> Trait | None:
    """Return a trait of what was read; None where that is nothing, or stands for nothing."""
    value = " ".join((text or "").split()).strip("\0 ").lower()
    return None if _PLACEHOLDER.fullmatch(value) else Trait(value, is_unique)


def mac_trait(addresses: list[str]) -> Trait | None:
    """Return the trait of the network cards' addresses, the preferred one first.

    One that was assigned by software (its locally administered bit is set) may be another tomorrow, or elsewhere, too.
    """
    addresses = [one.replace("-", ":") for one in addresses]
    by_maker = [one for one in addresses if not int(one.split(":")[0], 16) & 0b10]
    if by_maker:
        first = trait_of(by_maker[0])
        return first and replace(first, others=tuple(by_maker[1:]))
    return trait_of(addresses[0], is_unique=False) if addresses else None
