"""The license's states as one literal table (spec §8).

``starting``  no answer yet.
``licensed``  the LTS granted a token, or a granted one still lives.
``grace``     licensed, but the answer said ``overQuota``.
``offline``   the LTS cannot be reached; scans stay permitted for a while.
``refused``   the LTS said no.
``expired``   token and offline time are over, and the LTS did not answer since.
"""

from __future__ import annotations

from typing import Literal

from .errors import IllegalTransitionError

LicenseStateName = Literal["starting", "licensed", "grace", "offline", "refused", "expired"]
LicenseInput = Literal[
    "granted",  # a token came, its signature is good (or cannot be checked here)
    "granted_over_quota",  # likewise, and the quota is used up
    "refused",  # the LTS answered with a refusal
    "unanswered_live",  # no answer; the token's online life lasts
    "unanswered_allowed",  # no answer; inside the offline allowance, or in the first 24 hours
    "unanswered_over",  # no answer to a request made after the offline time was over
]

STATES: tuple[LicenseStateName, ...] = ("starting", "licensed", "grace", "offline", "refused", "expired")
INPUTS: tuple[LicenseInput, ...] = (
    "granted",
    "granted_over_quota",
    "refused",
    "unanswered_live",
    "unanswered_allowed",
    "unanswered_over",
)

# A refusal stays until the LTS says otherwise: silence after a no is still a no, whatever token another tab was granted
# meanwhile.
TRANSITIONS: dict[tuple[LicenseStateName, LicenseInput], LicenseStateName] = {
    ("starting", "granted"): "licensed",
    ("starting", "granted_over_quota"): "grace",
    ("starting", "refused"): "refused",
    ("starting", "unanswered_live"): "licensed",
    ("starting", "unanswered_allowed"): "offline",
    ("starting", "unanswered_over"): "expired",
    ("licensed", "granted"): "licensed",
    ("licensed", "granted_over_quota"): "grace",
    ("licensed", "refused"): "refused",
    ("licensed", "unanswered_live"): "licensed",
    ("licensed", "unanswered_allowed"): "offline",
    ("licensed", "unanswered_over"): "expired",
    ("grace", "granted"): "licensed",
    ("grace", "granted_over_quota"): "grace",
    ("grace", "refused"): "refused",
    ("grace", "unanswered_live"): "grace",
    ("grace", "unanswered_allowed"): "offline",
    ("grace", "unanswered_over"): "expired",
    ("offline", "granted"): "licensed",
    ("offline", "granted_over_quota"): "grace",
    ("offline", "refused"): "refused",
    ("offline", "unanswered_live"): "licensed",  # another tab was granted a token meanwhile
    ("offline", "unanswered_allowed"): "offline",
    ("offline", "unanswered_over"): "expired",
    ("refused", "granted"): "licensed",
    ("refused", "granted_over_quota"): "grace",
    ("refused", "refused"): "refused",
    ("refused", "unanswered_live"): "refused",
    ("refused", "unanswered_allowed"): "refused",
    ("refused", "unanswered_over"): "refused",
    ("expired", "granted"): "licensed",
    ("expired", "granted_over_quota"): "grace",
    ("expired", "refused"): "refused",
    ("expired", "unanswered_live"): "licensed",  # as above
    ("expired", "unanswered_allowed"): "offline",  # as above
    ("expired", "unanswered_over"): "expired",
}

FORBIDDING_STATES = frozenset({"refused", "expired"})


def next_state(state: LicenseStateName, given: LicenseInput) -> LicenseStateName:
    """Return the state that follows.

    Raises:
        IllegalTransitionError: this state knows no such input; nothing changes.
    """
    try:
        return TRANSITIONS[state, given]
    except KeyError:
        raise IllegalTransitionError(f"The license state {state} knows no input {given}.") from None
