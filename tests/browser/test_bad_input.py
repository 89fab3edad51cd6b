"""Whatever a page hands over, it gets a clear error or a defined state, loses no count, and does not break."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, PageError, plain, plain_bytes
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import NO_WASM_POLICY, Site, StaticSite

CODE = plain("qr_code", "BAD-INPUT")
README = Path(__file__).parents[2] / "README.md"


def error_of(action: Callable[[], object]) -> PageError:
    with pytest.raises(PageError) as caught:
        action()
    return caught.value


def test_an_unknown_handshake_code_is_refused(warm_tab: HarnessPage, lts: LtsProcess) -> None:
    warm_tab.create({"handshakeCode": "nobody-knows-this", "licenseServer": lts.url})
    error = error_of(warm_tab.ready)
    assert (error.name, error.code) == ("LicenseError", "HANDSHAKE_CODE_UNKNOWN")
    assert warm_tab.license_state() == "refused"
    assert error_of(lambda: warm_tab.scan(CODE)).code == "HANDSHAKE_CODE_UNKNOWN"
    assert warm_tab.uncaught() == []


def test_a_wrong_session_password_is_refused_and_the_right_one_works(warm_tab: HarnessPage, lts: LtsProcess) -> None:
    code = lts.add_handshake(lts.add_license(), session_password="correct horse")
    options = {"handshakeCode": code, "licenseServer": lts.url}
    warm_tab.create({**options, "sessionPassword": "wrong"})
    assert error_of(warm_tab.ready).code == "SESSION_PASSWORD_WRONG"
    warm_tab.reload()
    warm_tab.start({**options, "sessionPassword": "correct horse"})
    assert warm_tab.license_state() == "licensed"


def test_a_foreign_origin_is_refused(
    warm_tab: HarnessPage, lts: LtsProcess, site: StaticSite, visitor: BrowserContext
) -> None:
    code = lts.add_handshake(lts.add_license(), allow_origins=[site.shop_b.origin])
    options = {"handshakeCode": code, "licenseServer": lts.url}
    warm_tab.create(options)
    assert error_of(warm_tab.ready).code == "ORIGIN_NOT_ALLOWED"
    HarnessPage.open(visitor, site.shop_b).start(options)
    assert lts.usage(code).devices == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.drop(), id="unreachable server"),
        pytest.param(Fault.html_page(), id="server answering HTML"),
        pytest.param(Fault.status(500), id="server failing"),
    ],
)
def test_without_an_answer_of_an_lts_the_page_works_offline_and_no_count_is_lost(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy, fault: Fault
) -> None:
    proxy.inject(fault, path="/v1/")
    warm_tab.create(options)
    warm_tab.ready()
    assert warm_tab.license_state() == "offline"
    assert warm_tab.scan(CODE).scans == 1
    warm_tab.flush()
    assert warm_tab.state()["pending"]["scans"] == 1
    proxy.heal()

    def arrived() -> bool:
        warm_tab.flush()
        return lts.usage(code).scans == 1

    wait_until(arrived, what="the count made while there was no server")
    assert warm_tab.license_state() == "licensed"
    assert warm_tab.uncaught() == []


def test_a_server_that_is_no_lts_leaves_the_page_offline(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.create({**options, "licenseServer": warm_tab.site.origin})
    warm_tab.ready()
    assert warm_tab.license_state() == "offline"
    assert warm_tab.scan(CODE).scans == 1
    warm_tab.flush()
    warm_tab.reload()
    warm_tab.start(options)
    warm_tab.flush()
    assert lts.usage(code).scans == 1


WRONG_OPTIONS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"duplicateForgetTime": -1}, ("duplicateForgetTime", "-1", "180000")),
    ({"duplicateForgetTime": 180_001}, ("duplicateForgetTime", "180001", "180000")),
    ({"duplicateForgetTime": "3000"}, ("duplicateForgetTime", "180000")),
    ({"duplicateMode": "sometimes"}, ("duplicateMode", "sometimes")),
    ({"handshakeCode": ""}, ("handshakeCode",)),
    ({"handshakeCode": 7}, ("handshakeCode",)),
    ({"licenseServer": "ftp://lts.example"}, ("licenseServer",)),
    ({"licenseServer": []}, ("licenseServer",)),
    ({"enforcement": "shout"}, ("enforcement", "shout")),
    ({"authorize": "never"}, ("authorize", "never")),
]


def test_an_option_out_of_range_is_an_error_that_names_it(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    for number, (wrong, named) in enumerate(WRONG_OPTIONS):
        name = f"wrong {number}"
        # A code of its own each time: with the same one it would be a second tracker with other options.
        given = {**options, "handshakeCode": f"{code}-{number}", **wrong}

        def start(given: dict[str, Any] = given, name: str = name) -> None:
            warm_tab.create(given, name=name)
            warm_tab.ready(name=name)

        error = error_of(start)
        assert (error.code, wrong) == ("OPTION_INVALID", wrong)
        assert [word for word in named if word not in error.message] == [], error.message
    # None of them stands in the way of a good one.
    warm_tab.start(options)
    assert warm_tab.scan(CODE).scans == 1
    assert warm_tab.uncaught() == []


MALFORMED = {
    "missing format": '[{ text: "no format" }]',
    "empty format": '[{ format: "", text: "x" }]',
    "format no name": '[{ format: 7.5, text: "x" }]',
    "neither text nor bytes": '[{ format: "qr_code" }]',
    "empty text": '[{ format: "qr_code", text: "" }]',
    "10 MB text": '[{ format: "qr_code", text: "x".repeat(10 * 1024 * 1024) }]',
    "10 MB of bytes": '[{ format: "qr_code", bytes: new Uint8Array(10 * 1024 * 1024) }]',
    "no bytes": '[{ format: "qr_code", bytes: new Uint8Array(0) }]',
    "text no string": '[{ format: "qr_code", text: { toString() { throw new Error("trap"); } } }]',
    "text a number": '[{ format: "qr_code", text: 4006381333931 }]',
    "a getter that throws": '[{ format: "qr_code", get text() { throw new Error("trap"); } }]',
    "null in the list": "[null]",
    "one bad among good": '[{ format: "qr_code", text: "good" }, { text: "bad" }]',
    "a string": '"a string"',
    "a number": "42",
}


def test_malformed_results_are_an_error_and_count_nothing(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.start(options)
    for what, expression in MALFORMED.items():
        error = error_of(lambda given=expression: warm_tab.settle(f'await harness.tracker("main").scan({given})'))
        assert (what, error.code) == (what, "SCAN_INVALID")
    # The tracker goes on as if nothing had been.
    assert warm_tab.scan(CODE).scans == 1
    warm_tab.flush()
    assert lts.usage(code).scans == 1
    assert warm_tab.uncaught() == []


def test_unusual_but_readable_results_count(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.start(options)
    lone = 'await harness.tracker("main").scan([{ format: "qr_code", text: "a\\ud800b" }], { time: 0 })'
    assert warm_tab.settle(lone)["scans"] == 1
    assert warm_tab.settle(lone)["scans"] == 0
    assert warm_tab.scan(plain_bytes("data_matrix", bytes(range(256)))).scans == 1
    assert warm_tab.scan(plain("qr_code", "x\0y")).scans == 1
    assert warm_tab.scan(plain("A Brand New Symbology", "x")).scans == 1
    assert warm_tab.scan().scans == 0
    warm_tab.flush()
    assert lts.usage(code).by_symbology == {"qr_code": 2, "data_matrix": 1, "a_brand_new_symbology": 1}


def test_a_scan_after_close_is_an_error(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    warm_tab.start(options)
    warm_tab.scan(CODE)
    warm_tab.close_tracker()
    assert error_of(lambda: warm_tab.scan(plain("qr_code", "TOO LATE"))).code == "TRACKER_CLOSED"
    warm_tab.close_tracker()
    wait_until(lambda: lts.usage(code).scans == 1, what="the count made before close()")
    assert warm_tab.uncaught() == []


def test_two_trackers_with_equal_options_count_as_one(
    warm_tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str
) -> None:
    assert warm_tab.start(options, name="first") == warm_tab.start(options, name="second")
    assert warm_tab.scan(CODE, name="first", time=0).scans == 1
    # They share the runtime and its streams.
    assert warm_tab.scan(CODE, name="second", time=10).scans == 0
    # And count references: the second lives on when the first is closed.
    warm_tab.close_tracker(name="first")
    assert warm_tab.scan(plain("qr_code", "OTHER"), name="second", time=20).scans == 1
    warm_tab.flush(name="second")
    assert lts.usage(code).scans == 2
    assert lts.usage(code).devices == 1


def test_two_trackers_with_differing_options_are_an_error_that_names_the_option(
    warm_tab: HarnessPage, options: dict[str, Any]
) -> None:
    warm_tab.start(options, name="first")
    error = error_of(lambda: warm_tab.create({**options, "duplicateForgetTime": 5000}, name="second"))
    assert error.code == "OPTION_CONFLICT"
    assert "duplicateForgetTime" in error.message
    assert warm_tab.scan(CODE, name="first").scans == 1


def profile_without_storage(folder: Path, engine: str) -> dict[str, Any]:
    """Set up a profile in which sites can store nothing, and return what must be said when it is opened."""
    if engine == "firefox":
        # What a user sets who forbids all cookies and site data.
        return {"firefox_prefs": {"network.cookie.cookieBehavior": 2}}
    # A damaged profile: where the browser keeps its databases lies a file.
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "IndexedDB").touch()
    return {}


@pytest.mark.untestable_in(
    "webkit", why="WebKitGTK has no switch for it, and makes folders of a profile anew that a file stands in for"
)
def test_without_indexed_db_the_tracker_works_in_memory_and_says_so(
    open_profile: Callable[..., BrowserContext],
    browser_name: str,
    shop: Site,
    options: dict[str, Any],
    lts: LtsProcess,
    code: str,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "forbidding"
    tab = HarnessPage.open(open_profile(folder=folder, **profile_without_storage(folder, browser_name)), shop)
    device = tab.start(options)
    assert tab.state()["storage"] == "memory"
    assert [tab.scan(CODE, time=t).scans for t in (0, 10)] == [1, 0]
    tab.flush()
    assert lts.usage(code).scans == 1
    (row,) = lts.devices(code)
    assert (row.device_uuid, row.storage) == (device, "memory")
    assert tab.uncaught() == []


def test_the_tracker_works_under_the_very_policy_that_the_readme_gives(
    visitor: BrowserContext, options: dict[str, Any], lts: LtsProcess, code: str, site_mounts: dict[str, Path]
) -> None:
    (told,) = re.findall(r"^script-src .*worker-src .*$", README.read_text(), re.MULTILINE)
    assert "https://lts.example" in told
    policy = f"default-src 'none'; {told.replace('https://lts.example', lts.url)}"
    with StaticSite(site_mounts, policy=policy) as strict:
        tab = HarnessPage.open(visitor, strict.shop_a)
        tab.start(options)
        assert tab.scan(CODE).scans == 1
        tab.flush()
        assert lts.usage(code).scans == 1


def test_a_policy_that_forbids_webassembly_is_a_clear_error(
    visitor: BrowserContext, options: dict[str, Any], site_mounts: dict[str, Path], browser_name: str
) -> None:
    with StaticSite(site_mounts, policy=NO_WASM_POLICY) as forbidding:
        tab = HarnessPage.open(visitor, forbidding.shop_a)
        tab.create(options)
        error = error_of(tab.ready)
        # WebKit says nothing at all; then the tracker stops waiting after a minute.
        assert error.code == ("LOAD_TIMEOUT" if browser_name == "webkit" else "LOAD_FAILED")
        assert "wasm-unsafe-eval" in str(error)
        assert error_of(lambda: tab.scan(CODE)).code == error.code
        assert tab.uncaught() == []


def test_missing_runtime_files_are_a_clear_error(tab: HarnessPage, options: dict[str, Any]) -> None:
    tab.create({**options, "assetBase": tab.site.url("/no-such-folder/")})
    error = error_of(tab.ready)
    assert error.code == "LOAD_FAILED"
    assert error_of(lambda: tab.scan(CODE)).code == "LOAD_FAILED"
    assert tab.uncaught() == []
