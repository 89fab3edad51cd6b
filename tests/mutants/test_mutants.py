"""Each check fails on the trackers that break its rule, and only on those."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Playwright

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.conformance.checks import CHECKS
from dlt_web.testing.conformance.counting import OwnLts
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.conformance.suite import Suite
from dlt_web.testing.static_site import StaticSite
from tests.mutants.mutants import ALL, MUTANTS, Mutant

HERE = Path(__file__).parent
JS_TRACKER = HERE.parent.parent / "benchmarks" / "browser" / "js_tracker"
# With DLT_WEB_EVERY_WAY=1 every mutant meets every check in every engine. Otherwise Chromium makes those that a mutant
# is the proof of, and two that most mutants must pass.
IS_WHOLE = bool(os.environ.get("DLT_WEB_EVERY_WAY"))
ALWAYS = {"scan.image", "privacy.members"}
HONEST = Mutant("honest", frozenset(), frozenset())


@pytest.fixture(scope="module")
def site() -> Iterator[StaticSite]:
    with StaticSite({"/": HERE / "pages", "/js-tracker/": JS_TRACKER}) as running:
        yield running


def settings_for(mutant: Mutant, site: StaticSite) -> Settings:
    options = quote(json.dumps({"handshakeCode": "mutant", "licenseServer": "/lts"}), safe="")
    # Below a name that a cookie can be set for.
    hosts = [shop.origin.replace(".localhost", ".shops.localhost") for shop in site]
    urls = [f"{host}/index.html?mutant={mutant.name}#{options}" for host in hosts]
    waits = {"tracker_wait_s": 20, "count_wait_s": 1, "purge_wait_s": 3}
    return Settings(urls[0], "mutant", second_url=urls[1], own_lts=True, **waits)


@pytest.fixture(scope="module")
def own_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnLts]:
    """One server for all mutants: each has devices of its own."""
    with OwnLts(tmp_path_factory.mktemp("lts"), "mutant") as running:
        yield running


def outcomes(mutant: Mutant, engine: EngineName, request: pytest.FixtureRequest) -> dict[str, str]:
    """Make checks on a mutant: for each line of the matrix its outcome, and why it is so where it failed."""

    def playwright() -> Playwright:
        running: Playwright = request.getfixturevalue("playwright")
        return running

    wanted = ALL if IS_WHOLE else ALWAYS | mutant.proves
    settings, own_lts = settings_for(mutant, request.getfixturevalue("site")), request.getfixturevalue("own_lts")
    with Suite(settings, [engine], playwright=playwright, own_lts=own_lts) as suite:
        made = [suite.cells(engine, check) for check in CHECKS if wanted & {row.id for row in check.rows}]
    return {row.id: f"{cell.outcome}: {cell.reason}" for cells in made for row, cell in cells.items()}


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
        pytest.skip("runs with DLT_WEB_EVERY_WAY=1; test_verify.py makes every check on the tracker itself")
    found = outcomes(HONEST, browser_name, request)
    assert failed(found) == {}
    untested = {row for row, outcome in found.items() if outcome.startswith("not tested")}
    assert untested == ({"purge.browser", "count.purge-browser"} if browser_name == "firefox" else set())


@pytest.mark.in_one_engine("chromium")
@pytest.mark.browser
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_check_fails_on_its_mutant_and_only_there(
    mutant: Mutant, browser_name: EngineName, request: pytest.FixtureRequest
) -> None:
    found = outcomes(mutant, browser_name, request)
    tested = {row for row, outcome in found.items() if not outcome.startswith("not tested")}
    out_of_reach = {"purge.browser", "count.purge-browser"} if browser_name == "firefox" else set()
    assert mutant.proves - tested <= out_of_reach, json.dumps(found, indent=1)
    assert set(failed(found)) == mutant.fails & tested, json.dumps(failed(found), indent=1)
