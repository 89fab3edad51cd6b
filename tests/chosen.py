"""Whether a run of the tests was told in which engines to run them."""

from __future__ import annotations

import pytest

# Set by tests/conftest.py. What is the same in each engine runs in Chromium alone where nobody has chosen.
HAS_CHOSEN: pytest.StashKey[bool] = pytest.StashKey()
