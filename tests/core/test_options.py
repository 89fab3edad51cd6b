import pytest

from dlt_web.errors import OptionError
from dlt_web.options import TrackerOptions, options_from_json

LEAST = {"handshakeCode": "200001-demo", "licenseServer": "https://lts.test/"}


def test_the_least_options_give_the_documented_defaults():
    assert options_from_json(LEAST) == TrackerOptions(
        handshake_code="200001-demo",
        license_servers=("https://lts.test",),
        product="barcode-reader",
        forget_time_ms=3000,
        duplicate_mode="sliding",
        enforcement="throw",
        authorize="start",
        durability="relaxed",
        persist_storage=False,
        consent="not-required",
    )


def test_everything_that_can_be_set_is_taken():
    options = options_from_json(
        LEAST
        | {
            "licenseServer": ["https://main.test", "https://standby.test"],
            "origin": "https://shop.test",
            "product": "p",
            "sessionPassword": "secret",
            "deviceFriendlyName": "Till 4",
            "duplicateForgetTime": 0,
            "duplicateMode": "fixed",
            "enforcement": "event",
            "authorize": "first-scan",
            "durability": "strict",
            "persistStorage": True,
            "consent": "required",
            "partitioned": True,
        }
    )
    assert options.license_servers == ("https://main.test", "https://standby.test")
    assert (options.forget_time_ms, options.duplicate_mode, options.partitioned) == (0, "fixed", True)
    assert (options.enforcement, options.authorize, options.friendly_name) == ("event", "first-scan", "Till 4")
    assert (options.persist_storage, options.durability, options.consent) == (True, "strict", "required")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"handshakeCode": None}, "handshakeCode"),
        ({"handshakeCode": "with space"}, "handshakeCode"),
        ({"handshakeCode": "x" * 129}, "handshakeCode"),
        ({"licenseServer": None}, "licenseServer"),
        ({"licenseServer": []}, "licenseServer"),
        ({"licenseServer": ["https://a", "https://b", "https://c"]}, "licenseServer"),
        ({"licenseServer": "ftp://lts.test"}, "https:// or http://"),
        ({"licenseServer": [5]}, "licenseServer"),
        ({"licenseServer": ""}, "licenseServer"),
        ({"licenseServer": "https://"}, "name a host"),
        ({"licenseServer": "https://lts.test/?a=1"}, "have no query"),
        ({"duplicateForgetTime": {"number": "NaN"}}, "found NaN"),
        ({"duplicateMode": {"bigint": "1"}}, "found 1"),
        ({"enforcement": {"function": ""}}, "found a function"),
        ({"enforcement": True}, "found true"),
        ({"enforcement": {"of": "the app"}}, "found {'of': 'the app'}"),
        ({"duplicateForgetTime": -1}, "duplicateForgetTime is a number of milliseconds from 0 to 180000; found -1"),
        ({"duplicateForgetTime": 180001}, "found 180001"),
        ({"duplicateForgetTime": "3000"}, "found '3000'"),
        ({"duplicateMode": "none"}, "duplicateMode"),
        ({"enforcement": "log"}, "enforcement is throw or event"),
        ({"authorize": "later"}, "authorize is start or first-scan"),
        ({"deviceFriendlyName": ""}, "deviceFriendlyName"),
        ({"deviceFriendlyName": "x" * 121}, "deviceFriendlyName"),
        ({"product": 5}, "product"),
        ({"durability": "weak"}, "durability is relaxed or strict; found 'weak'"),
        ({"consent": True}, "consent is not-required or required; found true"),
        ({"persistStorage": "yes"}, "persistStorage is true or false; found 'yes'"),
    ],
)
def test_an_option_out_of_range_is_named(change, named):
    with pytest.raises(OptionError, match=named):
        options_from_json(LEAST | change)


def test_a_bad_password_is_not_repeated_in_the_error():
    with pytest.raises(OptionError) as caught:
        options_from_json(LEAST | {"sessionPassword": "secret\n"})
    assert "secret" not in caught.value.message


def test_a_misspelt_option_is_named_with_those_there_are():
    with pytest.raises(OptionError, match="no option 'duplicateForgetTme'; the options are handshakeCode"):
        options_from_json(LEAST | {"duplicateForgetTme": 5})


def test_options_are_an_object():
    with pytest.raises(OptionError, match="handshakeCode and licenseServer"):
        options_from_json(None)


def test_a_name_tells_options_apart_is_no_longer_than_it_must_be_and_holds_no_secret():
    given = {"handshakeCode": "code-1", "licenseServer": ["https://lts.test"]}
    others = [
        {},
        {"licenseServer": ["https://lts.test", "https://standby.test"]},
        {"product": "document-reader"},
        {"duplicateForgetTime": 3001},
        {"duplicateMode": "fixed"},
        {"enforcement": "event"},
        {"authorize": "first-scan"},
        {"durability": "strict"},
        {"persistStorage": True},
        {"consent": "required"},
    ]
    names = [options_from_json(given | other).name for other in others]
    assert len(set(names)) == len(names)
    assert names == [options_from_json(given | other).name for other in others]
    assert max(map(len, names)) <= 11
    secrets = {"sessionPassword": "secret", "deviceFriendlyName": "Till 3"}
    assert options_from_json(given | secrets).name == names[0]
