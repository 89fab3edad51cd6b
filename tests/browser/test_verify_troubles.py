"""``dlt-web verify`` in a real browser, where what a check needs is lost in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.conformance import suite
from dlt_web.testing.conformance.checks import CHECKS
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.processes import kill_process_tree
from dlt_web.testing.proxy_upstream import Relay, Upstreams
from dlt_web.testing.recorded_request import RecordedRequest
from dlt_web.testing.static_site import StaticSite
from tests.browser.test_verify import CODE, JS_TRACKER, PAGES, in_chromium, plain_page, verify
from tests.harness.troubled_run import SAID

RELOAD, SECOND_TAB, AT_ONCE = CHECKS[:3]


@pytest.fixture(scope="module")
def site() -> Iterator[StaticSite]:
    """The tracker in plain JavaScript, which starts at once."""
    with StaticSite({"/": PAGES, "/js-tracker/": JS_TRACKER}) as running:
        yield running


@pytest.mark.long_only
@in_chromium
def test_a_browser_and_a_server_that_are_lost_accuse_no_app(
    site: StaticSite, browser_name: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = set(psutil.Process().children(recursive=True))
    killed = []

    def without_browser(run: EngineRun) -> object:
        app = run.open(run.isolated())
        for process in set(psutil.Process().children(recursive=True)) - others:
            with suppress(psutil.Error):  # it has gone with another one
                # Neither the server nor what drives the browser.
                if process.is_running() and process.name().lower().startswith("chrom"):
                    kill_process_tree(process)
                    killed.append(process)
        return run.scan_once(app)

    def without_server(run: EngineRun) -> object:
        assert run.own_lts is not None
        run.own_lts.process.kill()
        return AT_ONCE.run(run)

    checks = (replace(RELOAD, run=without_browser), SECOND_TAB, replace(AT_ONCE, run=without_server))
    monkeypatch.setattr(suite, "CHECKS", checks)
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--wait", "5"]
    done = verify(plain_page(site), *words, "--report", str(tmp_path))
    assert killed
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert ", 0 failed, " in done.stdout, done.stdout + done.stderr
    made = [line.partition(": ")[2] for line in done.stderr.splitlines() if not line.startswith("Error: ")]
    assert f"{RELOAD.row.title}: not tested" in made
    assert f"{SECOND_TAB.row.title}: passed" in made
    assert SECOND_TAB.counted is not None
    assert f"{SECOND_TAB.counted.title}: passed" in made
    assert made[-1].endswith(": not tested")
    assert f"Error: {browser_name}: {SAID}" in done.stderr
    assert "The suite's own license server at http://127.0.0.1:" in done.stderr
    assert (tmp_path / "report.html").is_file()


@in_chromium
def test_a_page_that_one_of_several_tabs_could_not_fetch_accuses_no_app(
    site: StaticSite, browser_name: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, asked = Upstreams.exchange, []

    def unreliable(upstreams: Upstreams, request: RecordedRequest, url: str) -> Relay:
        if request.method == "GET" and request.path == "/index.html":
            asked.append(request)
            # The first visit is none of a check.
            if len(asked) == 2:
                raise ConnectionResetError("Connection reset by peer")
        return exchange(upstreams, request, url)

    monkeypatch.setattr(Upstreams, "exchange", unreliable)
    # So long the tab waits that has no app, and three at once may take where others use the machine.
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--wait", "15"]
    done = verify(plain_page(site), *words, "--only", AT_ONCE.row.id)
    assert done.returncode == 2, done.stdout + done.stderr
    reached = f"{plain_page(site).partition('?')[0]}?…#… cannot be reached any more"
    assert f"{SAID}{reached}: ConnectionResetError: Connection reset by peer" in done.stderr
