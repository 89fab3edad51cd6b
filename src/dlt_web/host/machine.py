"""Reads the traits of the machine that this runs on, by the way of its system."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .traits import Traits


def read_traits(names: tuple[str, ...]) -> Traits:
    """Return those of these traits that can be read on this machine."""
    gather = _gatherer()
    return {name: trait for name, trait in gather(names).items() if name in names}


def _gatherer() -> Callable[[tuple[str, ...]], Traits]:
    if sys.platform == "win32":
        from .traits_windows import gather_windows

        return gather_windows
    if sys.platform == "darwin":
        from .traits_macos import gather_macos

        return gather_macos
    from .traits_linux import gather_linux

    return gather_linux
