"""What Firefox makes of its own scripts in a new profile, given to the next one: a third of what its start costs.

It holds nothing of any page and no trait of a profile: Firefox's compiled scripts, and which Firefox compiled them,
without which it throws them away.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

_COMPILED = "startupCache"
_COMPILED_BY = "compatibility.ini"


class FirefoxStartup:
    """Keeps what the first profile that ended has, for as long as this process lives."""

    def __init__(self) -> None:
        self._kept: Path | None = None

    def take(self, profile: Path) -> None:
        """Keep what lies in a profile whose Firefox has ended, unless something is kept, or Firefox came to nothing.

        Firefox itself sees whether these files are whole, as it has to after a power cut.
        """
        has_both = (profile / _COMPILED).is_dir() and (profile / _COMPILED_BY).is_file()
        if self._kept is not None or not has_both:
            return
        self._kept = Path(tempfile.mkdtemp(prefix="dlt-web-firefox-startup-"))
        weakref.finalize(self, shutil.rmtree, self._kept, ignore_errors=True)
        _copy(profile, self._kept)

    def give(self, profile: Path) -> None:
        """Lay what is kept into a profile that no Firefox has run on."""
        if self._kept is not None and not (profile / _COMPILED_BY).exists():
            profile.mkdir(parents=True, exist_ok=True)
            _copy(self._kept, profile)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source / _COMPILED, target / _COMPILED, dirs_exist_ok=True)
    shutil.copy(source / _COMPILED_BY, target)
