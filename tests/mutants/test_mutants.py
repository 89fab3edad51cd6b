"""Each check fails on the trackers that break its rule, and only on those."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Playwright

from dlt_web.testing import browser_launch
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.conformance.checks import CHECKS, Check
from dlt_web.testing.conformance.counting import OwnLts
from dlt_web.testing.conformance.outcome import Cell, SeenRequest
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.conformance.suite import Suite
from dlt_web.testing.static_site import StaticSite
from tests.chosen import IS_WHOLE
from tests.mutants.mutants import ALL, MUTANTS, Mutant, out_of_reach

HERE = Path(__file__).parent
JS_TRACKER = HERE.parent.parent / "benchmarks" / "browser" / "js_tracker"
# `make test-browsers` lets every mutant meet every check in every engine. `make test` takes some of them, in Chromium,
# and makes what each is the proof of, and one or the other of two checks that most mutants pass; the tracker itself,
# which keeps all rules, passes all of them there in test_verify.py.
IN_TURNS = ("privacy.members", "scan.image")
LATE = {"counts-again-later", "counts-again-from-worker"}
# Texts that no request of the tracker carries away: by which method they leave, how they are read, whether in the body.
LEAKS: dict[str, tuple[str, Callable[[str], str], bool]] = {
    "text-in-address": ("GET", str, False),
    "text-from-shared-worker": ("POST", lambda text: base64.b64decode(text).decode(), True),
}
HONEST = Mutant("honest", frozenset(), frozenset())
SOME = [one for number, one in enumerate(MUTANTS) if number % 7 == 0 or one.name in LEAKS]


class Account(BaseHTTPRequestHandler):
    """A server that keeps for a person what a page gave it last."""

    kept = b""

    def do_PUT(self) -> None:
        Account.kept = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.kept)))
        self.end_headers()
        self.wfile.write(self.kept)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Account) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def site(account: str) -> Iterator[StaticSite]:
    with StaticSite({"/": HERE / "pages", "/js-tracker/": JS_TRACKER}) as running:
        running.forward("/account/", account)
        yield running


def settings_for(mutant: Mutant, site: StaticSite) -> Settings:
    options = quote(json.dumps({"handshakeCode": "mutant", "licenseServer": "/lts"}), safe="")
    # Below a name that a cookie can be set for.
    hosts = [shop.origin.replace(".localhost", ".shops.localhost") for shop in site]
    urls = [f"{host}/index.html?mutant={mutant.name}#{options}" for host in hosts]
    # Only what counts too late is waited for, unless all shall be seen that may fail: it takes a second of each check.
    recount_wait_s = 3.0 if mutant.name in LATE else 1.5 if IS_WHOLE else 0.0
    waits = {"tracker_wait_s": 20, "count_wait_s": 1, "recount_wait_s": recount_wait_s, "purge_wait_s": 3}
    return Settings(urls[0], "mutant", second_url=urls[1], own_lts=True, **waits)


@pytest.fixture(scope="module")
def own_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLts]:
    """One server for all mutants: each has devices of its own."""
    with OwnLts(tmp_path_factory.mktemp("lts"), "mutant") as running:
        yield running


def checks_of(mutant: Mutant, *, is_whole: bool) -> list[Check]:
    """Return what is made on a mutant."""
    wanted = ALL if is_whole else {*mutant.proves, IN_TURNS[MUTANTS.index(mutant) % len(IN_TURNS)]}
    return [check for check in CHECKS if wanted & {row.id for row in check.rows}]


def cells_of(
    mutant: Mutant, engine: EngineName, request: pytest.FixtureRequest, only: Sequence[Check] = ()
) -> dict[str, Cell]:
    """Make checks on a mutant, those of this run or ``only`` some: what came of each line of the matrix."""

    def playwright() -> Playwright:
        running: Playwright = request.getfixturevalue("playwright")
        return running

    wanted = only or checks_of(mutant, is_whole=IS_WHOLE)
    settings, own_lts = settings_for(mutant, request.getfixturevalue("site")), request.getfixturevalue("own_lts")
    with Suite(settings, [engine], playwright=playwright, own_lts=own_lts) as suite:
        made = [suite.cells(engine, check) for check in wanted]
    return {row.id: cell for cells in made for row, cell in cells.items()}


def outcomes(cells: dict[str, Cell]) -> dict[str, str]:
    """Return the outcome for each line of the matrix, and why it is so where it failed."""
    return {row: f"{cell.outcome}: {cell.reason}" for row, cell in cells.items()}


def assert_shown(leaks: tuple[SeenRequest, ...], method: str, read: Callable[[str], str], is_in_body: bool) -> None:
    """See that a report shows what carried a text away."""
    assert leaks
    assert {(seen.method, urlsplit(seen.url).path) for seen in leaks} == {(method, "/log")}
    texts = [read(seen.body if is_in_body else seen.url.partition("?seen=")[2]) for seen in leaks]
    assert all(text.startswith("CANARY-") for text in texts), texts


def failed(found: dict[str, str]) -> dict[str, str]:
    return {row: outcome for row, outcome in found.items() if outcome.startswith("failed")}


def test_what_a_mutant_proves_must_fail_on_it() -> None:
    assert all(mutant.proves and mutant.proves <= mutant.fails for mutant in MUTANTS)


def test_every_check_has_a_mutant() -> None:
    assert frozenset().union(*(mutant.fails for mutant in MUTANTS)) == ALL


def test_every_mutant_of_the_page_is_in_the_table() -> None:
    names = {mutant.name for mutant in (HONEST, *MUTANTS)}
    script = (HERE / "pages" / "mutants.js").read_text().split("export const mutants = {")[1]
    assert {line.split(":")[0].strip().strip('"') for line in script.splitlines() if ":" in line} == names


@pytest.mark.in_one_engine("chromium")
@pytest.mark.browser
def test_no_check_fails_on_the_honest_one(browser_name: EngineName, request: pytest.FixtureRequest) -> None:
    if not IS_WHOLE:
        pytest.skip("runs in `make test-browsers`; test_verify.py makes every check on the tracker itself")
    found = outcomes(cells_of(HONEST, browser_name, request))
    assert failed(found) == {}
    untested = {row for row, outcome in found.items() if outcome.startswith("not tested")}
    assert untested == out_of_reach(browser_name)


@pytest.mark.every_form
@pytest.mark.in_one_engine("chromium")
@pytest.mark.browser
@pytest.mark.parametrize("mutant", MUTANTS if IS_WHOLE else SOME, ids=lambda mutant: mutant.name)
def test_each_check_fails_on_its_mutant_and_only_there(
    mutant: Mutant, browser_name: EngineName, request: pytest.FixtureRequest
) -> None:
    if mutant.needs_late_workers and browser_name != "chromium":
        pytest.skip("workers end with their pages here")
    cells = cells_of(mutant, browser_name, request)
    found = outcomes(cells)
    tested = {row for row, outcome in found.items() if not outcome.startswith("not tested")}
    assert mutant.proves - tested <= out_of_reach(browser_name), json.dumps(found, indent=1)
    assert mutant.fails & tested == set(failed(found)) - mutant.may_fail, json.dumps(failed(found), indent=1)
    if mutant.name in LEAKS:
        assert_shown(cells["privacy.requests"].leaks, *LEAKS[mutant.name])


# In Chromium among all others, where the whole browser is there: a headless shell cannot be set so.
@pytest.mark.long_only
@pytest.mark.in_one_engine("firefox")
@pytest.mark.browser
def test_a_browser_that_is_set_to_clear_when_it_is_closed_shows_a_name_that_it_cannot_clear(
    browser_name: EngineName, request: pytest.FixtureRequest
) -> None:
    on_close = [check for check in CHECKS if check.row.id == "purge.on-close"]
    if {on_close[0].row.id} & out_of_reach(browser_name):
        pytest.skip("this browser cannot be set so")
    fingerprint = next(mutant for mutant in MUTANTS if mutant.name == "machine-fingerprint")
    found = outcomes(cells_of(fingerprint, browser_name, request, on_close))
    assert set(failed(found)) == {"purge.on-close", "count.purge-on-close"}, found


@pytest.mark.skipif(not IS_WHOLE, reason="runs in `make test-browsers`; tests/harness/test_purge_check.py has the rule")
@pytest.mark.in_one_engine("firefox")
@pytest.mark.browser
def test_a_browser_that_does_not_clear_though_it_is_set_to_accuses_no_app(
    browser_name: EngineName, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_close = [check for check in CHECKS if check.row.id == "purge.on-close"]
    if {on_close[0].row.id} & out_of_reach(browser_name):
        pytest.skip("this browser cannot be set so")
    monkeypatch.setattr(browser_launch, "CLEARING_FIREFOX", {})
    monkeypatch.setattr(browser_launch, "set_clearing", lambda _profile: None)
    found = outcomes(cells_of(HONEST, browser_name, request, on_close))
    why = "this browser did not delete what sites stored when it was closed"
    assert found["purge.on-close"] == f"not tested: {why}"
    assert found["count.purge-on-close"].startswith("not tested: ")
