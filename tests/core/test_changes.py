from dlt_web.changes import Deciding
from dlt_web.device import Entropy
from dlt_web.license_changes import AuthorizationAsked
from dlt_web.local_state import LocalState


def test_an_earlier_first_request_of_another_tab_stays_the_first():
    state = LocalState("c")
    for wall_ms in (5, 9):
        AuthorizationAsked().apply(state, Deciding(wall_ms, Entropy(bytes(64)), True, None, 1))
    assert state.first_request_at_ms == 5
