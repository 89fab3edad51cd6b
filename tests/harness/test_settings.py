"""What a run is told, as far as it is more than refused or taken."""

from __future__ import annotations

import pytest

from dlt_web.testing.conformance.settings import Settings

APP = "https://shop.example/scan?token=s3cret&x=1#key=s4cret"
SECOND = "https://other.example/?s5cret"


def test_what_lets_people_into_the_app_is_hidden_wherever_its_address_stands():
    settings = Settings(APP, "code", second_url=SECOND)
    said = settings.hide(f"Page.goto: net::ERR_FAILED at {APP}, then {SECOND}; {APP.partition('#')[0]}")
    assert said == (
        "Page.goto: net::ERR_FAILED at https://shop.example/scan?…#…, then https://other.example/?…; "
        "https://shop.example/scan?…"
    )


@pytest.mark.parametrize("url", ["https://shop.example", "https://shop.example/?", "https://shop.example/#"])
def test_an_address_that_lets_nobody_in_stays_as_it_is(url: str):
    assert Settings(url, "code").hide(f"what? at {url} # and more") == f"what? at {url} # and more"
