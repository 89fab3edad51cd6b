import json

import pytest

from dlt_web.errors import WireError
from dlt_web.messages import (
    Committed,
    HttpAnswered,
    SetTimer,
    StoreLoaded,
    input_from_json,
    message_to_json,
)


@pytest.mark.parametrize(
    "given", [StoreLoaded("indexeddb", 3, {"device": {}}, None), Committed(4), HttpAnswered(1, 200, None, "{}")]
)
def test_an_input_survives_its_json(given):
    assert input_from_json(json.loads(json.dumps(message_to_json(given)))) == given


def test_a_command_says_its_type_and_fields_in_camel_case():
    assert message_to_json(SetTimer(7)) == {"type": "SetTimer", "atMonotonicMs": 7}


@pytest.mark.parametrize("body", [None, [], {}, {"type": "Explode"}, {"type": "Committed"}])
def test_an_unknown_or_incomplete_input_is_an_error(body):
    with pytest.raises(WireError, match="expected"):
        input_from_json(body)
