"""Waiting for a condition: patient where everything stands still for a while, and not for ever."""

from __future__ import annotations

import time

import pytest

from dlt_web.testing.deadline import DeadlineMissedError, wait_until


def test_a_look_that_took_all_of_the_time_is_not_the_last_one():
    looks = iter([False, "there"])

    def look() -> object:
        time.sleep(0.1)  # as where the page that is asked stands still
        return next(looks)

    assert wait_until(look, what="it", timeout_s=0.05) == "there"


def test_what_does_not_happen_is_given_up_with_what_was_seen_last():
    with pytest.raises(DeadlineMissedError, match=r"^Waited 0\.1 s for it; last seen: 0\.$"):
        wait_until(lambda: 0, what="it", timeout_s=0.1)
