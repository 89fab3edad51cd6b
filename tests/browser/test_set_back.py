"""A profile that returns to its image every night, and one that runs twice, are counted exactly (spec §5)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.static_site import StaticSite
from dlt_web.testing.windows import BrowserWindows
from tests.chaos.profiles import Profile
from tests.long_form import by_form
from tests.page_workers import clock_ahead

# Some nights, each with a browser that is started anew.
pytestmark = [pytest.mark.in_one_engine("chromium"), pytest.mark.long_form]

DAY_S = 24 * 3600
# A start of Firefox costs what three of Chromium do. More nights, and what else may lie in an image, are histories of
# tests/properties/test_set_back_journal.py and of the schedules "put-back" and "clone" in tests/chaos.
NIGHTS: dict[EngineName, int] = {"chromium": by_form(short=3, long=7), "firefox": 3}


class Kiosks:
    """Machines whose wall clocks go with the server's, and the site and the server that they all visit."""

    def __init__(self, site: StaticSite, worker: Path, lts: LtsProcess, network: RecordingProxy) -> None:
        self.lts = lts
        self.network = network
        self.code = lts.add_code()
        self.called = 0
        self._site = site.shop_a
        self._worker = worker
        self._days = 0
        self._set_clocks()

    def let_a_day_pass(self) -> None:
        self.lts.advance(DAY_S)
        self._days += 1
        self._set_clocks()

    def switch_on(self, profile: Profile) -> HarnessPage:
        """Start the machine's browser, and the tracker in it."""
        page = profile.context().new_page()
        page.add_init_script(self._clock)
        tab = HarnessPage(page, self._site)
        page.goto(self._site.harness)
        tab.wait_loaded()
        tab.create({"handshakeCode": self.code, "licenseServer": self.network.url})
        return tab

    def scan(self, tab: HarnessPage, count: int = 1) -> None:
        for _ in range(count):
            self.called += tab.scan(plain("qr_code", f"KIOSK-{self.called}")).scans

    def _set_clocks(self) -> None:
        self._clock = clock_ahead(self._days * DAY_S * 1000)
        (self._worker / "clock.js").write_text(self._clock)


@pytest.fixture
def kiosks(site_mounts: dict[str, Path], clock_lts: LtsProcess, tmp_path: Path) -> Iterator[Kiosks]:
    folder = tmp_path / "worker"
    folder.mkdir()
    shutil.copy(site_mounts["/"] / "worker" / "main.js", folder / "whole.js")
    (folder / "main.js").write_text('import "./clock.js";\nimport "./whole.js";\n')
    with (
        RecordingProxy(upstream=clock_lts.url) as network,
        StaticSite({**site_mounts, "/worker/": folder}) as site,
    ):
        yield Kiosks(site, folder, clock_lts, network)


@pytest.fixture
def profiles(dlt_windows: BrowserWindows, browser_name: EngineName, tmp_path: Path) -> tuple[Profile, Profile]:
    """Two profiles without a folder yet."""
    machine, clone = (Profile(dlt_windows, browser_name, tmp_path / name) for name in ("machine", "clone"))
    return machine, clone


def test_a_machine_that_returns_to_its_image_every_night_and_its_clone_are_counted_exactly(
    kiosks: Kiosks, profiles: tuple[Profile, Profile], browser_name: EngineName, tmp_path: Path
) -> None:
    machine, clone = profiles
    image = tmp_path / "image"
    tab = kiosks.switch_on(machine)
    kiosks.scan(tab)
    tab.flush()
    device = tab.device_uuid()
    # The image is taken with a count in it that has not been sent.
    for path in ("/v1/usage-reports", "/v1/authorizations"):
        kiosks.network.inject(Fault.drop(), path=path)
    kiosks.scan(tab)
    machine.close()
    kiosks.network.heal()
    machine.copy_to(image)
    said = 0
    for night in range(NIGHTS[browser_name]):
        is_last = night == NIGHTS[browser_name] - 1
        running = (machine, clone) if is_last else (machine,)
        kiosks.let_a_day_pass()
        for profile in running:
            profile.replace_by(image)
        tabs = [kiosks.switch_on(profile) for profile in running]
        for _round in range(3):
            for tab in tabs:
                kiosks.scan(tab)
            for tab in tabs:
                tab.flush()
        # The count in the image: the server has it since the first night, and then a tracker that finds itself set back
        # cannot know whether it has this one or another of that number, so it says what may be missing.
        said += len(running) - (night == 0)
        usage = kiosks.lts.usage(kiosks.code)
        assert (usage.scans, usage.lost) == (kiosks.called, {"setBack": said} if said else {})
        for profile in running:
            profile.close()
    assert (usage.devices, usage.unverified_scans) == (1, 0)
    assert kiosks.lts.seated(kiosks.code) == {device}
    assert kiosks.called == 2 + 3 * (NIGHTS[browser_name] + 1)
