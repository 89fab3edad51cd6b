"""What Firefox makes of its own scripts in a new profile, given to the next one: a third of what its start costs.

It holds nothing of any page and no trait of a profile: Firefox's compiled scripts, and which Firefox compiled them,
without which it throws them away. Firefox sees whether they are whole, as it has to after a power cut, and does without
them where they cannot be kept.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_COMPILED = "startupCache"
_COMPILED_BY = "compatibility.ini"


class FirefoxStartup:
    """Keeps what the first profile that ended has."""

    def __init__(self, folder: Path) -> None:
        """Keep nothing yet.

        Args:
            folder: for what will be kept, or of what others kept; made when there is something, and whoever gave it
                removes it.
        """
        self._folder = folder

    def take(self, profile: Path) -> None:
        """Keep what lies in a profile whose Firefox has ended, unless something is kept."""
        if not (self._folder / _COMPILED_BY).exists():
            with suppress(OSError):
                _copy(profile, self._folder)

    def give(self, profile: Path) -> None:
        """Lay what is kept into a profile that no Firefox has run on."""
        if (self._folder / _COMPILED_BY).exists() and not (profile / _COMPILED_BY).exists():
            with suppress(OSError):
                _copy(self._folder, profile)


def _copy(source: Path, target: Path) -> None:
    """Lay a copy into a folder, whole or not at all: others may read it, or make one, at the same time.

    Raises:
        OSError: it cannot be made, or another one was there first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{target.name}-", dir=target.parent) as made:
        whole = Path(made)
        shutil.copytree(source / _COMPILED, whole / _COMPILED)
        shutil.copy(source / _COMPILED_BY, whole)
        target.mkdir(exist_ok=True)
        (whole / _COMPILED).rename(target / _COMPILED)
        # What names the Firefox goes last: without it the rest is nothing.
        (whole / _COMPILED_BY).rename(target / _COMPILED_BY)
