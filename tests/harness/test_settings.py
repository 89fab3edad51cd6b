"""What a run is told, as far as it is more than refused or taken."""

from __future__ import annotations

import pytest

from dlt_web.testing.conformance.errors import VerifyError
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


def test_an_address_is_kept_as_browsers_send_it_and_so_it_is_hidden():
    settings = Settings("https://shop.example/größe a?an=Jörg's%20{key}#'s {\"x\"}", "code")
    assert settings.app_url == "https://shop.example/gr%C3%B6%C3%9Fe%20a?an=J%C3%B6rg%27s%20{key}#'s%20{%22x%22}"
    assert settings.hide(f"at {settings.app_url}.") == "at https://shop.example/gr%C3%B6%C3%9Fe%20a?…#…."


def test_a_host_of_letters_beyond_ascii_is_asked_for_by_its_other_name():
    with pytest.raises(VerifyError, match=r"^The second URL names its host by letters beyond ASCII, 'bücher\.example'"):
        Settings("https://shop.example/", "code", second_url="https://bücher.example/?s3cret")


@pytest.mark.parametrize("url", ["shop.example/scan?s3cret#s4cret", "shop.example/#s3cret"])
def test_an_address_that_is_none_is_named_without_what_lets_people_in(url: str):
    with pytest.raises(VerifyError, match=r"^The app URL 'shop\.example/(scan)?[?#]…' is none: ") as caught:
        Settings(url, "code")
    assert "cret" not in str(caught.value)


def test_two_addresses_of_one_domain_are_named_without_what_lets_people_in():
    with pytest.raises(VerifyError, match=r"^https://shop\.example/b\?… is of the same domain as ") as caught:
        Settings(APP, "code", second_url="https://shop.example/b?s5cret")
    assert "cret" not in str(caught.value)
