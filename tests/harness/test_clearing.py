"""The setting that deletes sites' data when a browser is closed: made, taken back, refused where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from playwright.sync_api import BrowserContext

from dlt_web.browsers import FoundBrowser
from dlt_web.testing import browser_launch, clearing, purging
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.static_site import Site
from dlt_web.testing.window_setup import WindowSetup

SHELL = FoundBrowser("chromium", Path("/usr/bin/chromium-headless-shell"))
WHOLE = FoundBrowser("chromium", Path("/usr/bin/chromium"))


def installed(patch: pytest.MonkeyPatch, headless: FoundBrowser, headed: FoundBrowser | None) -> None:
    def find_browser(_engine: str, *, is_headed: bool = False) -> FoundBrowser | None:
        return headed if is_headed else headless

    patch.setattr(browser_launch, "find_browser", find_browser)
    patch.setattr(clearing, "find_browser", find_browser)


@pytest.mark.parametrize("before", [{"popups": 1}, {"popups": 1, "cookies": 2}], ids=["as it comes", "blocked"])
def test_in_chromium_it_is_a_preference_beside_the_others_and_undone_it_is_what_it_was(
    tmp_path: Path, before: dict[str, int]
) -> None:
    preferences = tmp_path / "Default" / "Preferences"
    clearing.set_clearing(tmp_path)
    assert json.loads(preferences.read_text()) == {"profile": {"default_content_setting_values": {"cookies": 4}}}
    others = {"profile": {"name": "A", "default_content_setting_values": before}, "browser": {}}
    preferences.write_text(json.dumps(others))
    with clearing.clearing_undone(tmp_path):
        clearing.set_clearing(tmp_path)
        assert json.loads(preferences.read_text())["profile"]["default_content_setting_values"]["cookies"] == 4
    assert json.loads(preferences.read_text()) == others


TOLD = "".join(f'user_pref("{name}", {json.dumps(value)});\n' for name, value in clearing.CLEARING_FIREFOX.items())
OTHER = 'user_pref("app.update.enabled", false);\n'


@pytest.mark.parametrize("name", ["prefs.js", "user.js"])
@pytest.mark.parametrize("before", ["", 'user_pref("privacy.clearOnShutdown_v2.formdata", true);\n'])
def test_of_what_firefox_was_told_only_the_setting_is_what_it_was_before(
    tmp_path: Path, name: str, before: str
) -> None:
    if before:
        (tmp_path / name).write_text(before)
    with clearing.clearing_undone(tmp_path):
        (tmp_path / name).write_text(OTHER + TOLD.rstrip("\n"))
    assert (tmp_path / name).read_text() == OTHER + before


def test_what_a_person_set_in_firefox_before_and_what_nobody_set_stays(tmp_path: Path) -> None:
    (tmp_path / "prefs.js").write_text(TOLD + OTHER)
    with clearing.clearing_undone(tmp_path):
        pass
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"prefs.js": TOLD + OTHER}


@pytest.mark.parametrize("fails", ["open", "look"])
def test_a_purge_that_fails_leaves_no_window_and_no_profile_that_clears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    told, closed = tmp_path / "prefs.js", []

    def fail() -> None:
        raise RuntimeError("the browser died")

    def open_window(_engine: str, profile: Path, *, setup: WindowSetup) -> Any:
        assert setup.clears_on_close
        clearing.set_clearing(profile)
        told.write_text(TOLD)
        if fails == "open":
            fail()
        return Mock(BrowserContext, close=lambda: closed.append(True))

    monkeypatch.setattr(purging, "page_of", lambda *_: fail())
    windows: Any = SimpleNamespace(open=open_window)
    opened: Any = SimpleNamespace(engine="chromium", profile=tmp_path, setup=WindowSetup())
    with pytest.raises(RuntimeError, match="the browser died"):
        purging._close_clearing(windows, opened, Site("http://shop.localhost"))
    assert closed == ([] if fails == "open" else [True])
    assert told.read_text() == ""
    assert "cookies" not in (tmp_path / "Default" / "Preferences").read_text()


# As on a machine whose own encoding is another one: each file that is opened in that one is an error.
IN_NO_ENCODING_OF_THE_MACHINE = [sys.executable, "-X", "warn_default_encoding", "-W", "error::EncodingWarning", "-c"]
SET_AND_TAKEN_BACK = """
import sys
from pathlib import Path
from dlt_web.testing import clearing
profile = Path(sys.argv[1])
with clearing.clearing_undone(profile):
    clearing.set_clearing(profile)
    told = profile / "prefs.js"
    told.write_bytes(b'user_pref("privacy.sanitize.sanitizeOnShutdown", true);\\r\\n' + told.read_bytes())
"""


def test_what_else_a_profile_is_told_is_kept_whatever_language_it_is_in_and_the_machine_speaks(tmp_path: Path) -> None:
    preferences, told = tmp_path / "Default" / "Preferences", tmp_path / "prefs.js"
    others = {"profile": {"name": "Käße 倉庫", "default_content_setting_values": {"popups": 1}}}
    preferences.parent.mkdir()
    preferences.write_text(json.dumps(others, ensure_ascii=False), encoding="utf-8")
    # The second one in an encoding that Firefox reads, too; with the ends of lines of Windows.
    other = 'user_pref("a", "Käße 倉庫\u2028.");\r\n'.encode() + 'user_pref("b", "Käße");\r\n'.encode("latin-1")
    told.write_bytes(other)
    subprocess.run([*IN_NO_ENCODING_OF_THE_MACHINE, SET_AND_TAKEN_BACK, str(tmp_path)], check=True)
    assert json.loads(preferences.read_bytes()) == others
    assert told.read_bytes() == other


def test_firefox_is_told_at_its_start_and_only_when_it_shall(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, FoundBrowser("firefox", None), None)
    name = "privacy.sanitize.sanitizeOnShutdown"
    assert name not in WindowSetup().in_playwright("firefox").launch_options()["firefox_user_prefs"]
    setup = WindowSetup(clears_on_close=True).in_playwright("firefox")
    assert setup.launch_options()["firefox_user_prefs"][name] is True


def test_chromium_is_then_the_whole_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = WindowSetup(clears_on_close=True).in_playwright("chromium")
    installed(monkeypatch, SHELL, WHOLE)
    assert setup.launch_options()["executable_path"] == str(WHOLE.executable)
    installed(monkeypatch, FoundBrowser("chromium", None), FoundBrowser("chromium", None))
    assert setup.launch_options()["channel"] == "chromium"


@pytest.mark.parametrize(
    ("engine", "why"), [("chromium", "dlt-web browsers install --headed chromium"), ("webkit", "have no setting")]
)
def test_a_browser_without_it_is_refused_with_the_reason(
    engine: EngineName, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, FoundBrowser(engine, SHELL.executable), None)
    with pytest.raises(ValueError, match=f"cannot be set so: .*{why}"):
        WindowSetup(clears_on_close=True).in_playwright(engine).launch_options()
