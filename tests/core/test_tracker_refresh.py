"""A shell may tell a tracker at any time what others wrote, as a conflict with no commit of its own (spec §5)."""

from dlt_web.messages import CommitConflicted
from tests.core.fake_lts import accept_reports
from tests.core.reporting_steps import REPORTS, B, C, flush, two_tabs


def told_what_others_wrote(shell):
    shell.feed(CommitConflicted(*shell.store.load()))


def test_what_another_tab_has_sent_is_not_sent_again():
    one, two = two_tabs()
    for tab in (two, one):
        for request in list(tab.sent):
            tab.lose(request)
    # What each has scanned is known to the other one only now.
    told_what_others_wrote(one)
    flush(one)
    assert len(accept_reports(one)) == 2
    told_what_others_wrote(two)
    assert two.state["pending"]["scans"] == 0
    flush(two)
    assert accept_reports(two) == []  # a sign of life
    two.scan(C)
    flush(two)
    [report] = two.only_request(REPORTS).body["reports"]
    # Its own open report goes on growing, from what was acknowledged of it through the other tab.
    assert (report["seq"], report["version"], report["counts"]) == (2, 2, {"qr_code": 2})


def test_the_answer_to_a_request_that_is_under_way_is_taken_on_the_fresh_state():
    one, two = two_tabs()
    two.lose(two.only_request(REPORTS))
    two.scan(B)
    told_what_others_wrote(one)
    # Of what the other tab has scanned since, this answer says nothing.
    accept_reports(one)
    flush(one)
    reports = one.only_request(REPORTS).body["reports"]
    assert sum(sum(report["counts"].values()) for report in reports) == 2
    accept_reports(one)
    assert one.state["pending"]["scans"] == 0
