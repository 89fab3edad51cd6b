"""What all schedules of an engine share: a license server, a network, two builds of the bundle, browser profiles."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from playwright.sync_api import BrowserContext, Playwright

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.browser_page import BrowserWindow
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import HARNESS_FOLDER, Site, StaticSite
from dlt_web.testing.windows import BrowserWindows
from tests.bundle_files import tested_bundle
from tests.chaos.faulty_workers import FaultyWorkers
from tests.chaos.network import Network
from tests.chaos.planner import FIRST_STORAGE_SEED, ROUND, plan
from tests.chaos.profiles import Profile
from tests.chaos.schedule import PROFILES, WORKERS, Schedule, schedule_from_text
from tests.chosen import IS_WHOLE

HERE = Path(__file__).parent
FIRST_SEED = 1
# So many of each round of seeds go through the themes, and so many more have faults of the storage, of which there are
# the most kinds: one in workers of the pages' own, the other in SharedWorkers, those of a deployment.
THEME_COUNT, STORAGE_COUNT = len(ROUND), 2
# With every theme and every way to Python: one round, and in each engine, with `make test-browsers`, two.
COUNT = (2 if IS_WHOLE else 1) * (THEME_COUNT + STORAGE_COUNT)
# Old profiles are full of other schedules' caches.
SCHEDULES_A_PROFILE = 20

Notes = dict[str, Callable[[], str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "browser_name" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "schedule" in metafunc.fixturenames:
        schedules = chosen_schedules(os.environ)
        names = [f"{schedule.seed}-{schedule.workers}-{schedule.theme}" for schedule in schedules]
        metafunc.parametrize("schedule", schedules, ids=names)


def chosen_schedules(environment: os._Environ[str] | dict[str, str]) -> list[Schedule]:
    """Return the schedules that the environment asks for, as ``make chaos`` sets it."""
    if path := environment.get("DLT_WEB_CHAOS_SCHEDULE"):
        return [schedule_from_text(Path(path).read_text())]
    seed = environment.get("DLT_WEB_CHAOS_SEED")
    count = int(environment.get("DLT_WEB_CHAOS_N") or (1 if seed else COUNT))
    workers = environment.get("DLT_WEB_CHAOS_WORKERS")
    assert workers in (None, "", *WORKERS), f"WORKERS is one of {WORKERS}; found {workers}"
    seeds = [*range(int(seed), int(seed) + count)] if seed else seeds_of(count)
    return [plan(one, workers or WORKERS[one % len(WORKERS)]) for one in seeds]  # type: ignore[arg-type]


def seeds_of(count: int) -> list[int]:
    """Return so many seeds that have all themes, should there be enough of them."""
    rounds, rest = divmod(count, THEME_COUNT + STORAGE_COUNT)
    storage_count = rounds * STORAGE_COUNT + max(0, rest - THEME_COUNT)
    first = [*range(FIRST_SEED, FIRST_SEED + count - storage_count)]
    return [*first, *range(FIRST_STORAGE_SEED, FIRST_STORAGE_SEED + storage_count)]


@pytest.fixture(scope="session")
def two_builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, and in its folder ``next`` another build of it, as a deployment leaves one; only its name differs."""
    folder = tmp_path_factory.mktemp("builds") / "web"
    shutil.copytree(tested_bundle(), folder)
    following = folder / "next"
    shutil.copytree(tested_bundle(), following)
    manifest, loader = following / "manifest.json", following / "dlt-web.js"
    first_hash = _sha384(manifest)
    manifest.write_text(manifest.read_text() + "\n")
    text = loader.read_text()
    assert text.count(first_hash) == 1
    loader.write_text(text.replace(first_hash, _sha384(manifest)))
    for page in HARNESS_FOLDER.iterdir():
        shutil.copy(page, following)
    return folder


def _sha384(path: Path) -> str:
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


@pytest.fixture(scope="session")
def builds_site(two_builds: Path) -> Iterator[StaticSite]:
    with StaticSite({"/": two_builds}) as running:
        yield running


@pytest.fixture(scope="session")
def session_faulty_workers(tmp_path_factory: pytest.TempPathFactory) -> FaultyWorkers:
    return FaultyWorkers(tmp_path_factory.mktemp("faulty"))


@pytest.fixture
def faulty_workers(session_faulty_workers: FaultyWorkers) -> FaultyWorkers:
    """The workers of the two builds, whose storage can be broken, and is whole as yet."""
    session_faulty_workers.begin_with("none")
    return session_faulty_workers


@pytest.fixture(scope="session")
def faulty_site(two_builds: Path, session_faulty_workers: FaultyWorkers) -> Iterator[StaticSite]:
    """The same two builds, with such workers."""
    paths = {"/worker/": two_builds, "/next/worker/": two_builds / "next"}
    workers = {path: session_faulty_workers.add(bundle) for path, bundle in paths.items()}
    with StaticSite({"/": two_builds, **workers}) as running:
        yield running


@pytest.fixture
def own_site(request: pytest.FixtureRequest) -> Site:
    """An origin of this test's own, so with an empty database also on a profile that others have used."""
    is_faulty = "schedule" in request.fixturenames and request.getfixturevalue("schedule").theme == "storage-fault"
    site: StaticSite = request.getfixturevalue("faulty_site" if is_faulty else "builds_site")
    port = site.shop_a.origin.rpartition(":")[2]
    return Site(f"http://chaos-{crc32(request.node.name.encode())}.localhost:{port}")


@pytest.fixture(scope="session")
def session_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        yield running


@pytest.fixture
def lts(session_lts: LtsProcess, dlt_notes: Notes) -> Iterator[LtsProcess]:
    """A server on the real clock, which a test may kill."""
    session_lts.mark_log()
    dlt_notes["LTS"] = session_lts.log
    yield session_lts
    if not session_lts.is_running:
        session_lts.start(port=session_lts.port)


@pytest.fixture
def network(lts: LtsProcess, dlt_notes: Notes) -> Iterator[Network]:
    with Network(lts) as running:
        dlt_notes["Traffic"] = running.journal
        yield running


@pytest.fixture(scope="session")
def console_lines() -> list[str]:
    return []


@pytest.fixture(scope="session")
def profile_pool(
    playwright: Playwright,
    browser_name: EngineName,
    tmp_path_factory: pytest.TempPathFactory,
    console_lines: list[str],
) -> Iterator[Callable[[], dict[str, Profile]]]:
    """Hand out profiles whose browsers run from one test to the next, since starting one takes seconds."""

    def watch(window: BrowserWindow) -> None:
        assert isinstance(window, BrowserContext)
        window.on("console", lambda message: console_lines.append(f"{message.type}: {message.text}"))
        window.on("weberror", lambda error: console_lines.append(f"uncaught: {error.error}"))

    windows = BrowserWindows(tmp_path_factory.mktemp("windows"), playwright=playwright, watch=watch)

    def make() -> dict[str, Profile]:
        folder = tmp_path_factory.mktemp("profiles")
        return {name: Profile(windows, browser_name, folder / name) for name in PROFILES}

    uses = itertools.count()
    current = make()

    def hand_out() -> dict[str, Profile]:
        nonlocal current
        if next(uses) % SCHEDULES_A_PROFILE == SCHEDULES_A_PROFILE - 1:
            for profile in current.values():
                profile.delete()
            current = make()
        return current

    yield hand_out
    windows.close()


@pytest.fixture
def profiles(
    profile_pool: Callable[[], dict[str, Profile]], console_lines: list[str], dlt_notes: Notes
) -> Iterator[dict[str, Profile]]:
    """The profiles of this test; what it leaves open in them is closed afterwards."""
    console_lines.clear()
    dlt_notes["Console"] = lambda: "\n".join(console_lines)
    handed = profile_pool()
    yield handed
    for profile in handed.values():
        profile.close_tabs()
