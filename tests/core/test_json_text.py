import json

import pytest

from dlt_web.json_text import MAX_DEPTH, is_too_deep, parse_json


@pytest.mark.parametrize("value", [{"a": [1, {"b": "]"}]}, [[]] * 1000, "text", None, {'"': "\\[" * 99}])
def test_ordinary_json_is_read_as_ever(value):
    text = json.dumps(value)
    assert parse_json(text) == value
    assert parse_json(text.encode()) == value


def test_the_deepest_text_is_read_and_one_level_more_is_refused():
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(ValueError, match="nested deeper than 32 levels"):
        parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '[{"a":["\\"[",' * 50_000])
def test_what_would_exhaust_the_stack_is_refused(text):
    with pytest.raises(ValueError, match="nested deeper"):
        parse_json(text)


@pytest.mark.parametrize("text", ["", "<html>", "[1", '{"a"', '"' + "[" * 100, b"\xff\xfe"])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011 (json, unicode and depth errors are all told alike)
        parse_json(text)


def test_brackets_inside_strings_are_no_depth():
    assert not is_too_deep(json.dumps(["[" * 1000, '"{' * 1000]))


def test_a_long_unclosed_string_costs_no_time():
    assert not is_too_deep("[" + '"' + '\\"[' * 200_000)
