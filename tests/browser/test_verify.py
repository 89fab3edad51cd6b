"""``dlt-web verify`` in real browsers: on the tracker itself, on pages that cannot be verified, and as tests."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import psutil
import pytest
import trustme

from dlt_web.browsers import FoundBrowser
from dlt_web.cli import main
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.conformance import versions
from dlt_web.testing.conformance.suite import ROWS
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.fixture_types import BrowserWindows
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.processes import await_end
from dlt_web.testing.site_server import SiteServer
from dlt_web.testing.static_site import HARNESS_PATH, STRICT_POLICY, StaticSite
from tests.chosen import IS_WHOLE
from tests.harness.reference_run import CODE, pages
from tests.mutants.mutants import out_of_reach
from tests.plugin.pytest_run import WITHOUT_OURS

PAGES = Path(__file__).parents[1] / "mutants" / "pages"
JS_TRACKER = Path(__file__).parents[2] / "benchmarks" / "browser" / "js_tracker"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def verify(*words: str, **environment: str) -> Done:
    """Run the command in this process, which saves two seconds of start.

    In a thread of its own: pytest's browsers have an event loop in this one, beside which there can be no second one.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_verify, words, environment).result(400)


def _verify(words: Sequence[str], environment: Mapping[str, str]) -> Done:
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        patch.setattr(sys, "argv", ["dlt-web", "verify", *words])
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as ended:
            return Done(int(str(ended.code)), out.getvalue(), err.getvalue())


def verify_in_a_process(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    command = [sys.executable, "-m", "dlt_web.cli", "verify", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)


@pytest.fixture(scope="module")
def strict_site(site_mounts: dict[str, Path]) -> Iterator[StaticSite]:
    """The harness's page under the strictest policy that the tracker can live with."""
    with StaticSite(site_mounts, policy=STRICT_POLICY) as running:
        yield running


@pytest.fixture(scope="module")
def plain_site() -> Iterator[StaticSite]:
    """The tracker in plain JavaScript, which starts at once."""
    with StaticSite({"/": PAGES, "/js-tracker/": JS_TRACKER}) as running:
        yield running


def plain_page(site: StaticSite, mutant: str = "honest", **options: str) -> str:
    given = {"handshakeCode": CODE, "licenseServer": "/lts", **options}
    return site.shop_a.url(f"/index.html?mutant={mutant}#{quote(json.dumps(given), safe='')}")


in_chromium = pytest.mark.untestable_in(
    "firefox", "webkit", why="what happens before any check is the same in every engine; runs in Chromium"
)


@pytest.mark.in_one_engine("chromium")
def test_the_tracker_keeps_every_rule(strict_site: StaticSite, browser_name: EngineName, tmp_path: Path) -> None:
    first, second = pages(strict_site)
    words = ["--second-url", second, "--handshake-code", CODE, "--own-lts", "--browser", browser_name]
    done = verify_in_a_process(first, *words, "--report", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert [case.get("name") for case in suite.findall("testcase")] == [row.id for row in ROWS]
    skipped = {case.get("name") for case in suite.findall("testcase") if case.find("skipped") is not None}
    assert skipped == out_of_reach(browser_name)
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 1
    assert "/v1/usage-reports" in page


@pytest.fixture
def secure_page(site_mounts: dict[str, Path], tmp_path: Path) -> Iterator[str]:
    """The tracker over HTTPS, behind a server that speaks for the license tracking server by a path of its own."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.localhost").configure_cert(context)
    with StaticSite(site_mounts, policy=STRICT_POLICY) as site:
        server = SiteServer(site)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        options = quote(json.dumps({"handshakeCode": CODE, "licenseServer": "/lts"}), safe="")
        yield f"https://shop.localhost:{server.port}{HARNESS_PATH}#{options}"
        server.shutdown()
        server.server_close()


@pytest.mark.long_only
@pytest.mark.in_one_engine("chromium")
def test_an_app_over_https_with_its_license_server_behind_a_path_is_verified(
    secure_page: str, browser_name: EngineName, tmp_path: Path
) -> None:
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--ca-file", str(tmp_path / "ca.pem")]
    only = ["--only", "device.second-tab", "--only", "frame", "--only", "privacy.requests"]
    done = verify(secure_page, *words, *only, "--report", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed, 0 failed" in done.stdout
    assert "https://shop.localhost:" in (tmp_path / "report.html").read_text()


@pytest.mark.in_one_engine("chromium")
def test_a_browser_that_playwright_brought_along_is_named_by_its_version(
    browser_name: EngineName, dlt_windows: BrowserWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    if browser_name == "webkit":
        pytest.skip("WebKitGTK is not of Playwright")
    # The system's browser stands in: what Playwright says of it is what it says of its own.
    window, known = dlt_windows.open_isolated(browser_name), versions.browser_version(browser_name)
    monkeypatch.setattr(versions, "find_browser", lambda engine: FoundBrowser(engine, None))
    told = versions.browser_version(browser_name, window)
    assert re.fullmatch(rf"{known.split('.')[0]}[.\d]+ of Playwright", told)
    assert versions.browser_version(browser_name) == f"{known.split()[0]} of Playwright"


@pytest.mark.every_form
@in_chromium
def test_a_check_that_fails_is_exit_code_1_with_a_picture_and_what_was_sent(
    plain_site: StaticSite, browser_name: EngineName, tmp_path: Path
) -> None:
    words = ["--handshake-code", CODE, "--own-lts", "--browser", browser_name, "--only", "scan.window"]
    done = verify(plain_page(plain_site, "window-does-not-slide"), *words, "--report", str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Failed:\n  scan.window in chromium" in done.stdout
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 2
    assert "What the tracker sent meanwhile" in page


@pytest.mark.every_form
@in_chromium
def test_with_the_apps_own_server_its_counts_are_read_and_the_runs_devices_released(
    plain_site: StaticSite, browser_name: EngineName, lts: LtsProcess, code: str
) -> None:
    key = lts.cli("admin-key", "add", f"verify-{code}")["key"]
    url = plain_page(plain_site, handshakeCode=code, licenseServer=lts.url)
    words = ["--handshake-code", code, "--lts", lts.url, "--lts-key-env", "KEY", "--browser", browser_name]
    done = verify(url, *words, "--only", "device.profiles", "--only", "lifetime.device", KEY=key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Two profiles are counted as two devices +passed", done.stdout)
    assert "time cannot be moved at the app's own server" in done.stdout
    assert lts.usage(code).scans == 3  # the visit before the checks, and one in each profile
    assert lts.seated(code) == set()


@pytest.mark.every_form
@pytest.mark.in_one_engine("chromium")
def test_a_run_that_is_told_to_stop_leaves_no_process_and_no_seat(
    plain_site: StaticSite, browser_name: EngineName, lts: LtsProcess, code: str, tmp_path: Path
) -> None:
    key = lts.cli("admin-key", "add", f"stop-{code}")["key"]
    url = plain_page(plain_site, handshakeCode=code, licenseServer=lts.url)
    words = ["--handshake-code", code, "--lts", lts.url, "--lts-key-env", "KEY", "--browser", browser_name]
    command = [sys.executable, "-m", "dlt_web.cli", "verify", url, *words, "--report", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "KEY": key}) as process:
        assert process.stderr is not None
        process.stderr.readline()  # a check was made, the next one is under way
        wait_until(lambda: lts.seated(code), what="a seat that the run holds")
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "Told to stop (SIGTERM)" in said
    assert len(family) > 1
    assert await_end(family, 0) == []
    assert lts.seated(code) == set()
    first, *_, last = ElementTree.parse(tmp_path / "junit.xml").iter("testcase")
    assert list(first) == []
    assert [error.get("message") for error in last] == ["The run was told to stop (SIGTERM) before this was made."]
    assert (tmp_path / "report.html").is_file()


@in_chromium
def test_with_nobody_who_counts_what_concerns_counts_is_not_tested(
    plain_site: StaticSite, browser_name: EngineName, lts: LtsProcess, code: str
) -> None:
    url = plain_page(plain_site, handshakeCode=code, licenseServer=lts.url)
    words = ["--handshake-code", code, "--browser", browser_name, "--only", "device.reload", "--only", "queue.offline"]
    done = verify(url, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"After a reload the page is the same device +passed", done.stdout)
    assert re.search(r"A reload is counted as one device +not tested", done.stdout)
    assert re.search(r"What is scanned without a network is counted once it is back +not tested", done.stdout)
    assert "nobody was asked what was counted: give --own-lts, or --lts with a key" in done.stdout
    assert f"keeps seats for the run's {len(lts.seated(code))} devices until their time is over" in done.stdout


NO_TRACKER = "The page {url} made no tracker within 2 s"
OTHER_CODE = "has a tracker with the handshake code other, and none with reference."
NEVER_READY = "did not become ready within 2 s"
REFUSED = "The tracker of {url} does not work: "
OFFLINE = "The tracker has no license from http://lts.localhost:8019 (state offline): "


@in_chromium
@pytest.mark.parametrize(
    ("mutant", "options", "own_lts", "said", "wait_s"),
    [
        ("nothing", {}, True, NO_TRACKER, 2),
        ("honest", {"handshakeCode": "other"}, True, OTHER_CODE, 4),
        ("never-ready", {}, True, NEVER_READY, 2),
        # What is said before any patience ends.
        ("refused", {}, True, REFUSED, 30),
        ("honest", {"licenseServer": "http://lts.localhost:8019"}, False, OFFLINE, 30),
    ],
    ids=["no tracker", "another handshake code", "never ready", "refused", "LTS not reached"],
)
def test_an_app_that_cannot_be_verified_is_one_sentence_and_exit_code_2(
    plain_site: StaticSite,
    browser_name: EngineName,
    mutant: str,
    options: dict[str, str],
    own_lts: bool,
    said: str,
    wait_s: int,
) -> None:
    url = plain_page(plain_site, mutant, **options)
    words = ["--handshake-code", CODE, "--browser", browser_name, "--wait", str(wait_s)]
    done = verify(url, *words, *(["--own-lts"] if own_lts else []))
    assert (done.returncode, done.stdout) == (2, "")
    assert said.format(url=f"{url.partition('?')[0]}?…#…") in done.stderr
    assert "mutant=" not in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


@in_chromium
def test_what_is_to_be_clicked_and_is_not_there_is_said(plain_site: StaticSite, browser_name: EngineName) -> None:
    words = ["--handshake-code", CODE, "--browser", browser_name, "--wait", "1", "--own-lts", "--click", "#start"]
    done = verify(plain_page(plain_site), *words)
    assert done.returncode == 2
    assert "There is nothing to click at '#start' on " in done.stderr


@pytest.mark.in_one_engine("chromium")
def test_what_is_to_be_clicked_is_clicked_in_tabs_and_in_frames(
    plain_site: StaticSite, browser_name: EngineName
) -> None:
    words = ["--handshake-code", CODE, "--browser", browser_name, "--wait", "30", "--own-lts", "--click", "#start"]
    asking = plain_page(plain_site).replace("mutant=honest", "mutant=honest&ask")
    only = ["--only", "device.reload", "--only", "frame.partition", "--only", "privacy.storage"]
    done = verify(asking, *words, *only)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed, 0 failed" in done.stdout


def conformance(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """pytest as a QA team runs it, away from this project's own settings."""
    # Named, because the tests may run from the sources, where no entry point tells pytest of it.
    named = ["-p", "dlt_web.testing.conformance.plugin", "-p", "no:cacheprovider", "-rs"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *WITHOUT_OURS, *named, "--pyargs", "dlt_web.testing.conformance", *words],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=folder,
    )


@in_chromium
def test_the_same_checks_run_as_tests(plain_site: StaticSite, browser_name: EngineName, tmp_path: Path) -> None:
    app = ["--app-url", plain_page(plain_site, "image-remembers"), "--handshake-code", CODE, "--own-lts"]
    listed = conformance(*app, "--browser", browser_name, "--collect-only", "-q", folder=tmp_path)
    names = re.findall(r"test_conformance\.py::test_app\[chromium-(.+)\]", listed.stdout)
    assert sorted(names) == sorted(row.id for row in ROWS), listed.stdout
    words = ["--browser", browser_name, "--app-report", "report", "-k", "image or streams or domains"]
    done = conformance(*app, *words, folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 2 passed, 2 skipped" in done.stdout
    assert "A still image knows no earlier one: " in done.stdout
    assert "no second domain was named: give --second-url" in done.stdout
    assert (tmp_path / "report" / "junit.xml").is_file()


@in_chromium
def test_one_browser_in_which_nothing_can_be_verified_does_not_end_the_tests_in_others(
    plain_site: StaticSite, browser_name: EngineName, tmp_path: Path
) -> None:
    if not IS_WHOLE:
        pytest.skip("runs in `make test-browsers`; tests/harness/test_suite.py has the rule")
    app = ["--app-url", plain_page(plain_site, "nothing-in-firefox"), "--handshake-code", CODE, "--own-lts"]
    words = ["--browser", "firefox", "--browser", "chromium", "--app-wait", "3", "-k", "scan.frame"]
    done = conformance(*app, *words, "--app-report", "report", folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "The app could not be verified in firefox: The page " in done.stdout
    chromium, firefox = sorted(
        ElementTree.parse(tmp_path / "report" / "junit.xml").getroot(), key=lambda s: s.get("name")
    )
    assert (chromium.get("errors"), firefox.get("errors")) == ("0", str(len(ROWS)))


@in_chromium
@pytest.mark.parametrize(
    "words", [["--lts", "http://lts.localhost", "--lts-key-env", "KEY"], ["--app-report", "report"]]
)
def test_what_several_processes_would_get_wrong_is_refused(
    browser_name: EngineName, words: list[str], tmp_path: Path
) -> None:
    app = ["--app-url", "http://shop.localhost:1/", "--handshake-code", CODE]
    done = conformance(*app, *words, "-n", "2", folder=tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {'With --lts' if words[0] == '--lts' else '--app-report'}" in done.stderr


@in_chromium
def test_tests_that_cannot_run_say_so_in_a_sentence(browser_name: EngineName, tmp_path: Path) -> None:
    nothing = conformance(folder=tmp_path)
    assert nothing.returncode == 2
    assert "Error: Give the app to verify: --app-url URL and --handshake-code CODE." in nothing.stdout + nothing.stderr
    patience = conformance(
        "--app-url", "http://a.localhost", "--handshake-code", CODE, "--app-wait", "0", folder=tmp_path
    )
    assert patience.returncode == 2
    assert "Error: --app-wait 0 is no patience: give 1 to 600 seconds." in patience.stdout + patience.stderr
    words = ["--app-url", "http://shop.localhost:1/", "--handshake-code", CODE, "--browser", browser_name]
    unreachable = conformance(*words, folder=tmp_path)
    assert unreachable.returncode == 2
    said = unreachable.stdout + unreachable.stderr
    assert "Error: The app at http://shop.localhost:1/ cannot be reached" in said
    assert "Traceback" not in said
