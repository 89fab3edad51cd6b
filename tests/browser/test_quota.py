"""What a page meets when the quota is used up (spec §6), and how it works again."""

from __future__ import annotations

from typing import Any

import pytest

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.harness_page import HarnessPage, PageError, plain
from dlt_web.testing.lts_process import LtsProcess

CODE = plain("qr_code", "QUOTA")


def refused(tab: HarnessPage, options: dict[str, Any]) -> PageError:
    """Start a tracker that the LTS must refuse, and return the error of ``ready``."""
    tab.create(options)
    with pytest.raises(PageError) as caught:
        tab.ready()
    return caught.value


def test_a_used_up_quota_refuses_the_next_device_until_a_seat_is_released(
    warm_tab: HarnessPage, tab: HarnessPage, lts: LtsProcess
) -> None:
    code = lts.add_code("per_device", quota=1)
    options = {"handshakeCode": code, "licenseServer": lts.url}
    second = tab
    seated = warm_tab.start(options)

    error = refused(second, options)
    assert (error.name, error.code) == ("LicenseError", "QUOTA_EXHAUSTED")
    assert "QUOTA_EXHAUSTED" in second.page.inner_text("#license-error")
    assert second.license_state() == "refused"
    with pytest.raises(PageError) as caught:
        second.scan(CODE)
    assert (caught.value.name, caught.value.code) == ("LicenseError", "QUOTA_EXHAUSTED")
    second.flush()
    assert lts.usage(code).scans == 0
    assert lts.seated(code) == {seated}

    lts.release(seated, code)
    second.reload()
    new = second.start(options)
    assert second.scan(CODE).scans == 1
    second.flush()
    assert lts.seated(code) == {new}
    assert lts.usage(code).scans == 1
    assert second.uncaught() == []


def test_a_refused_page_works_again_without_a_reload(warm_tab: HarnessPage, tab: HarnessPage, lts: LtsProcess) -> None:
    code = lts.add_code("per_device", quota=1)
    options = {"handshakeCode": code, "licenseServer": lts.url}
    second = tab
    seated = warm_tab.start(options)
    refused(second, options)
    lts.release(seated, code)

    def is_licensed() -> bool:
        second.flush()
        return second.license_state() == "licensed"

    wait_until(is_licensed, what="the refused page to be licensed")
    assert second.scan(CODE).scans == 1
    second.flush()
    assert lts.usage(code).scans == 1


def test_with_enforcement_by_event_a_refused_page_counts_and_says_so(
    warm_tab: HarnessPage, tab: HarnessPage, lts: LtsProcess
) -> None:
    code = lts.add_code("per_device", quota=1)
    options = {"handshakeCode": code, "licenseServer": lts.url, "enforcement": "event"}
    second = tab
    seated = warm_tab.start(options)
    assert refused(second, options).code == "QUOTA_EXHAUSTED"
    answer = second.scan(CODE)
    assert answer.scans == 1
    assert answer.results[0]["unlicensed"] is True
    second.flush()
    usage = lts.usage(code)
    # Usage that was made is never refused: it is counted, and its device is shown apart from the quota.
    assert (usage.scans, usage.devices, usage.unseated_devices) == (1, 1, 1)
    assert lts.seated(code) == {seated}


def test_a_full_per_scan_item_refuses_after_its_last_scan(warm_tab: HarnessPage, lts: LtsProcess) -> None:
    code = lts.add_code("per_scan", quota=2)
    options = {"handshakeCode": code, "licenseServer": lts.url}
    warm_tab.start(options)
    for number in range(2):
        warm_tab.scan(plain("qr_code", f"PER-SCAN-{number}"))
    warm_tab.flush()
    assert lts.usage(code).scans == 2
    warm_tab.reload()
    assert refused(warm_tab, options).code == "QUOTA_EXHAUSTED"
