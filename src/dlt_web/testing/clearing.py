"""The setting by which a browser deletes what sites stored whenever it is closed, as a person or a policy makes it.

Firefox has it as *Delete cookies and site data when Firefox is closed*, Chromium as *Delete data sites have saved to
your device when you close all windows*.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlt_web.browsers import find_browser

# https://searchfox.org/mozilla-central/source/browser/components/sanitize: what the box in the settings ticks.
CLEARING_FIREFOX: dict[str, str | float | bool] = {
    "privacy.sanitize.sanitizeOnShutdown": True,
    "privacy.clearOnShutdown_v2.cookiesAndStorage": True,
    "privacy.clearOnShutdown_v2.cache": True,
    "privacy.clearOnShutdown_v2.browsingHistoryAndDownloads": False,
    "privacy.clearOnShutdown_v2.formdata": False,
}
_NAMES_IN_FIREFOX = tuple(f'"{name}"'.encode() for name in CLEARING_FIREFOX)
# What Firefox keeps of what it was told at its start, and by which Playwright tells it.
_FIREFOX_FILES = ("prefs.js", "user.js")
# Chromium's content setting SESSION_ONLY, for cookies and all that is allowed along with them.
_SESSION_ONLY = 4


def why_no_clearing(engine: str) -> str | None:
    """Say why no browser of an engine can be told to delete sites' data when it is closed; None where one can."""
    if engine == "webkit":
        return "WebKit's test browsers have no setting that deletes sites' data when the browser is closed"
    if engine == "chromium" and find_browser("chromium", is_headed=True) is None:
        return (
            "a headless shell has no setting that deletes sites' data when the browser is closed; install the whole "
            "browser with: dlt-web browsers install --headed chromium"
        )
    return None


def set_clearing(profile: Path) -> None:
    """Make the setting in a profile of Chromium's that no browser runs on; Firefox is told at its start."""
    _set_cookies(profile, _SESSION_ONLY)


@contextmanager
def clearing_undone(profile: Path) -> Iterator[None]:
    """Put the setting back in the end as it is now, in a profile of either engine, however a browser is set meanwhile.

    No browser runs on the profile before and after.
    """
    cookies = _content_settings(_read_chromium(profile)).get("cookies")
    told = {file: _parted(file)[0] for file in (profile / name for name in _FIREFOX_FILES)}
    try:
        yield
    finally:
        _set_cookies(profile, cookies)
        for file, lines in told.items():
            now, others = _parted(file)
            if now != lines:
                file.write_bytes(b"".join([*others, *lines]))


def _set_cookies(profile: Path, setting: int | None) -> None:
    """Have Chromium treat cookies so on all sites that have no setting of their own; None as it comes."""
    kept = _read_chromium(profile)
    settings = _content_settings(kept)
    if settings.get("cookies") == setting:
        return
    settings.pop("cookies", None)
    if setting is not None:
        settings["cookies"] = setting
    file = _chromium_preferences(profile)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept), encoding="utf-8")


def _read_chromium(profile: Path) -> dict[str, Any]:
    file = _chromium_preferences(profile)
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return kept


def _chromium_preferences(profile: Path) -> Path:
    return profile / "Default" / "Preferences"


def _content_settings(preferences: dict[str, Any]) -> dict[str, int]:
    settings: dict[str, int] = preferences.setdefault("profile", {}).setdefault("default_content_setting_values", {})
    return settings


def _parted(file: Path) -> tuple[list[bytes], list[bytes]]:
    """Return lines of a file of Firefox's preferences, each with its end: those of the setting, and all others.

    As bytes, for whatever else stands there stays as it is, in whichever encoding.
    """
    # The last line of what Playwright writes has no end.
    lines = [line if line.endswith(b"\n") else line + b"\n" for line in _lines_of(file)]
    ours = [line for line in lines if any(name in line for name in _NAMES_IN_FIREFOX)]
    return ours, [line for line in lines if line not in ours]


def _lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True) if file.is_file() else []
