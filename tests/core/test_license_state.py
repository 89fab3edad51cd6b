import itertools

import pytest

from dlt_web.errors import IllegalTransitionError
from dlt_web.license_state import FORBIDDING_STATES, INPUTS, STATES, TRANSITIONS, next_state


@pytest.mark.parametrize(("state", "given"), list(itertools.product(STATES, INPUTS)))
def test_each_pair_has_a_next_state(state, given):
    assert next_state(state, given) in STATES


def test_an_input_that_no_state_knows_is_refused():
    with pytest.raises(IllegalTransitionError, match="licensed knows no input pleaded"):
        next_state("licensed", "pleaded")


def test_a_yes_or_a_no_decides_whatever_was_before():
    for state in STATES:
        assert next_state(state, "granted") == "licensed"
        assert next_state(state, "granted_over_quota") == "grace"
        assert next_state(state, "refused") == "refused"


def test_silence_after_a_no_is_still_a_no():
    assert next_state("refused", "unanswered_allowed") == "refused"
    assert next_state("refused", "unanswered_over") == "refused"
    assert next_state("refused", "unanswered_live") == "refused"


def test_nothing_leads_back_to_starting():
    assert "starting" not in TRANSITIONS.values()


def test_only_a_no_and_the_end_of_all_time_forbid():
    assert {"refused", "expired"} == FORBIDDING_STATES
