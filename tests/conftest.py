"""What all tests share: the two engines that they run in unless they are told otherwise."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.chosen import HAS_CHOSEN

# Both judge the speed of the machine, which may be busy with another engine's browser, and not the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

DEFAULT_BROWSERS = ["chromium", "firefox"]


def pytest_configure(config: pytest.Config) -> None:
    """Run browser tests in both engines unless ``--browser`` says otherwise."""
    config.stash[HAS_CHOSEN] = bool(getattr(config.option, "browser", None))
    if getattr(config.option, "browser", None) == []:
        config.option.browser = list(DEFAULT_BROWSERS)
    # pytest-base-url, which pytest-playwright brings, declares a fixture in a way that pytest 10 will refuse.
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance methods")
