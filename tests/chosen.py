"""What a run of the tests knows of itself: whether it was told in which engines to run, and what is in browsers."""

from __future__ import annotations

import pytest

# Set by tests/conftest.py. What is the same in each engine runs in Chromium alone where nobody has chosen.
HAS_CHOSEN: pytest.StashKey[bool] = pytest.StashKey()
# Of the tests that start browsers, whether these run or not: their folders.
BROWSER_FOLDERS: pytest.StashKey[set[str]] = pytest.StashKey()
