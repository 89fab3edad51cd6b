"""The first look at an app in a browser: what it finds is said in one sentence, and no check is made."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.conformance import suite
from dlt_web.testing.conformance.checks.privacy import CHECKS
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.judging import cell_of
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.fixture_types import BrowserWindows
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import StaticSite
from tests.browser.test_verify import CODE, JS_TRACKER, PAGES, Done, in_chromium, plain_page, verify

YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def site() -> Iterator[StaticSite]:
    """The tracker in plain JavaScript, which starts at once."""
    with StaticSite({"/": PAGES, "/js-tracker/": JS_TRACKER}) as running:
        yield running


def assert_one_sentence(done: Done) -> None:
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.in_one_engine("chromium")
def test_a_browser_that_goes_past_the_proxy_is_told_before_it_opens_the_app(
    site: StaticSite, browser_name: EngineName, lts: LtsProcess, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = suite.WindowSetup
    monkeypatch.setattr(suite, "WindowSetup", lambda **given: replace(real(**given), proxy_url=None))
    url = plain_page(site, handshakeCode=code, licenseServer=lts.url)
    done = verify(url, "--handshake-code", code, "--own-lts", "--browser", browser_name, "--only", "privacy")
    assert_one_sentence(done)
    assert f"What this browser sends to {site.shop_a.origin} does not pass the run's recording proxy" in done.stderr
    assert lts.seated(code) == set()


@pytest.mark.in_one_engine("chromium")
def test_where_no_request_of_the_tracker_was_seen_nothing_is_said_of_what_left(
    site: StaticSite, browser_name: EngineName, lts: LtsProcess, code: str, dlt_windows: BrowserWindows, tmp_path: Path
) -> None:
    settings = Settings(plain_page(site, handshakeCode=code, licenseServer=lts.url), code)
    windows: Any = dlt_windows
    (check,) = (check for check in CHECKS if check.row.id == "privacy.requests")
    with RecordingProxy() as proxy:
        run = EngineRun(browser_name, settings, folder=tmp_path, windows=windows, proxy=proxy, counted=None)
        cell = cell_of(run, lambda: check.run(run))
        run.end()
    assert (cell.outcome, cell.reason) == ("not tested", "no request of the tracker was seen")


@in_chromium
@pytest.mark.parametrize(
    ("mutant", "options", "said"),
    [
        ("nothing", {}, "made no tracker within 4 s"),
        ("honest", {"handshakeCode": "other"}, "has a tracker with the handshake code other, and none with reference."),
        ("never-ready", {}, "did not become ready within 4 s"),
        ("refused", {}, "does not work: QUOTA_EXHAUSTED: no seat is left"),
    ],
    ids=["no tracker", "another handshake code", "never ready", "refused"],
)
def test_a_second_domain_that_cannot_be_verified(
    site: StaticSite, browser_name: EngineName, mutant: str, options: dict[str, str], said: str
) -> None:
    second = plain_page(site, mutant, **options).replace(site.shop_a.origin, site.shop_b.origin)
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--wait", "4"]
    done = verify(plain_page(site), "--second-url", second, *words, "--only", "device.domains")
    assert_one_sentence(done)
    assert said in done.stderr
    assert f"{site.shop_b.origin}/" in done.stderr


@in_chromium
def test_an_app_that_starts_in_no_other_browser_fails_not_in_the_one_where_it_does(
    site: StaticSite, browser_name: EngineName
) -> None:
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--wait", "4"]
    done = verify(plain_page(site, "nothing-but-in-chromium"), *words, "--only", "device.browsers")
    assert "0 failed" in done.stdout, done.stdout + done.stderr
    assert "the app can be used in no other browser of this machine: firefox: The page " in done.stdout
    assert "made no tracker within 4 s" in done.stdout
    assert "mutant=" not in done.stdout


class Module(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture
def expired_host() -> Iterator[str]:
    """A server of scripts whose certificate was good until yesterday."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("cdn.localhost", not_after=YESTERDAY).configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Module)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that does not trust it hangs up
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://cdn.localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def page_that_imports(folder: Path, script: str) -> None:
    (folder / "index.html").write_text(f'<!doctype html><script type="module">import "{script}";</script>')


@pytest.mark.in_one_engine("chromium")
def test_a_page_whose_tracker_could_not_be_loaded_says_from_where_and_why(
    expired_host: str, browser_name: EngineName, tmp_path: Path
) -> None:
    page_that_imports(tmp_path, f"{expired_host}/dlt-web.js")
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--wait", "3"]
    with StaticSite({"/": tmp_path}) as app:
        expired = verify(app.shop_a.url("/"), *words)
        page_that_imports(tmp_path, "https://cdn.example/dlt-web.js")
        outside = verify(app.shop_a.url("/"), *words)
    for done in (expired, outside):
        assert_one_sentence(done)
        assert "made no tracker within 3 s" in done.stderr
    met = f"this release of dlt-web. What could not be asked meanwhile: {expired_host}, its certificate is not good: "
    assert met in expired.stderr
    assert "What could not be asked meanwhile: https://cdn.example, it is not on this machine" in outside.stderr
    assert "(--outside lets pages ask them)" in outside.stderr
    assert ".." not in expired.stderr + outside.stderr
