"""What a run of the tests knows of itself: whether it is to be whole, in which engines, and what is in browsers."""

from __future__ import annotations

import os

import pytest

# `make test-browsers` says so; `make test` leaves out what is one more of a kind.
IS_WHOLE = bool(os.environ.get("DLT_WEB_EVERY_WAY"))
# Set by tests/conftest.py. What is the same in each engine runs in Chromium alone where nobody has chosen.
HAS_CHOSEN: pytest.StashKey[bool] = pytest.StashKey()
# Of the tests that start browsers, whether these run or not: their folders.
BROWSER_FOLDERS: pytest.StashKey[set[str]] = pytest.StashKey()
