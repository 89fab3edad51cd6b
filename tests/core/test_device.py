import uuid

import pytest

from dlt_web.device import Entropy, is_uuid4, uuid4_from, uuid4_of


def test_a_uuid_is_version_4_of_the_given_bytes():
    for raw in (bytes(16), b"\xff" * 16, bytes(range(16))):
        text = uuid4_from(raw)
        assert (uuid.UUID(text).version, uuid.UUID(text).variant) == (4, uuid.RFC_4122)
        assert is_uuid4(text)
        assert text == str(uuid.UUID(bytes=raw, version=4))


@pytest.mark.parametrize("raw", [b"", bytes(15), bytes(17)])
def test_a_uuid_needs_exactly_sixteen_bytes(raw):
    with pytest.raises(ValueError, match="16 bytes"):
        uuid4_from(raw)


def test_a_name_stands_for_one_uuid_and_names_that_differ_anywhere_for_others():
    page = bytes(range(16)).hex()
    names = [f"{page}/{number}{seq}" for number in range(200) for seq in ("", "/1", "/2")]
    names += [page[:at] + ("0" if page[at] != "0" else "1") + page[at + 1 :] for at in range(32)]
    assert len({uuid4_of(name) for name in names}) == len(names)
    assert all(is_uuid4(uuid4_of(name)) for name in names)
    assert uuid4_of(names[0]) == uuid4_of(names[0])


@pytest.mark.parametrize(
    "text", [None, 5, "", "0" * 36, "a1e9f224-e8e0-11f1-a0ca-02fc00000001", "13440A5A-2CFD-4D14-A595-B7577562B3B8"]
)
def test_other_values_are_no_uuid(text):
    assert not is_uuid4(text)


def test_names_never_repeat_even_beyond_the_given_bytes():
    entropy = Entropy(bytes(range(64)))
    assert len({entropy.uuid4() for _ in range(5000)}) == 5000


def test_fractions_lie_from_zero_to_one():
    assert Entropy(bytes(64)).fraction() == 0.0
    assert 0.999 < Entropy(b"\xff" * 64).fraction() < 1.0


def test_too_little_randomness_is_refused():
    with pytest.raises(ValueError, match="64 random bytes"):
        Entropy(bytes(63))
