"""Verifies the harness's own page, in every browser that is here, and writes the table of docs/browsers.md.

``python -m tests.harness.reference_run`` (``make browser-matrix``); further words go to ``dlt-web verify``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import quote

from dlt_web.bundle import ensure_bundle
from dlt_web.cli import main
from dlt_web.testing.static_site import STRICT_POLICY, StaticSite

ROOT = Path(__file__).parents[2]
CODE = "reference"
# Nobody listens there: what asks it is led to the run's own server.
LICENSE_SERVER = "http://lts.localhost:8019"


def pages(site: StaticSite) -> list[str]:
    """The page at two domains, with the options by which it starts a tracker."""
    options = quote(json.dumps({"handshakeCode": CODE, "licenseServer": LICENSE_SERVER}), safe="")
    return [f"{shop.harness}#{options}" for shop in (site.shop_a, site.shop_b)]


def run() -> None:
    """Run the command and end with its exit code."""
    with StaticSite({"/": ensure_bundle()}, policy=STRICT_POLICY) as site:
        first, second = pages(site)
        words = ["verify", first, "--second-url", second, "--handshake-code", CODE, "--own-lts"]
        sys.argv = ["dlt-web", *words, "--matrix", str(ROOT / "docs" / "browsers.md"), *sys.argv[1:]]
        main()


if __name__ == "__main__":
    run()
