import itertools

import pytest

from dlt_web.errors import IllegalTransitionError
from dlt_web.license_state import FORBIDDING_STATES, INPUTS, STATES, TRANSITIONS, next_state

ANSWERED = {"granted": "licensed", "granted_over_quota": "grace", "refused": "refused"}


def follows(state, given):
    """Say in other words than the table's what spec §8 has an answer, or its absence, come to."""
    if given in ANSWERED:
        return ANSWERED[given]
    if state == "refused":
        return "refused"
    if given == "unanswered_live":
        return "grace" if state == "grace" else "licensed"
    return {"unanswered_allowed": "offline", "unanswered_over": "expired"}[given]


@pytest.mark.parametrize(("state", "given"), list(itertools.product(STATES, INPUTS)))
def test_each_pair_goes_where_the_rules_say(state, given):
    assert next_state(state, given) == follows(state, given)


def test_there_are_no_other_pairs():
    assert set(TRANSITIONS) == set(itertools.product(STATES, INPUTS))


def test_an_input_that_no_state_knows_is_refused():
    with pytest.raises(IllegalTransitionError, match="licensed knows no input pleaded"):
        next_state("licensed", "pleaded")


def test_nothing_leads_back_to_starting():
    assert "starting" not in TRANSITIONS.values()


def test_only_a_no_and_the_end_of_all_time_forbid():
    assert {"refused", "expired"} == FORBIDDING_STATES
