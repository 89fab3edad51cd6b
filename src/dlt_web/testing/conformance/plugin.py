"""Options of ``pytest --pyargs dlt_web.testing.conformance``, registered before any test is found."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what ``dlt-web verify`` takes; the browsers are pytest-playwright's ``--browser``."""
    group = parser.getgroup("dlt-web", "dlt-web: verify an app (pytest --pyargs dlt_web.testing.conformance)")
    group.addoption("--app-url", metavar="URL", help="The page that loads the tracker.")
    group.addoption("--handshake-code", metavar="CODE", help="Which of the page's trackers is verified.")
    group.addoption("--second-url", metavar="URL", help="The same app at another domain.")
    group.addoption(
        "--own-lts", action="store_true", help="Lead the tracker's requests to a license server of the run."
    )
    group.addoption("--lts", metavar="URL", help="The app's license server: ask it what it counted.")
    group.addoption("--lts-key-env", metavar="NAME", help="Environment variable with an administration key of it.")
    group.addoption(
        "--app-click", action="append", default=[], metavar="SELECTOR", help="Click this first; repeatable."
    )
    group.addoption("--app-ca-file", metavar="FILE", help="One more authority (PEM) whose certificates are good.")
    group.addoption("--app-outside", action="store_true", default=None, help="Pages may ask other machines.")
    group.addoption("--app-report", metavar="DIR", help="Write junit.xml and report.html there.")
    group.addoption("--app-wait", type=float, default=60.0, metavar="SECONDS", help="How long a tracker may take.")
