"""The setting by which a browser deletes what sites stored whenever it is closed, as a person or a policy makes it.

Firefox has it as *Delete cookies and site data when Firefox is closed*, Chromium as *Delete data sites have saved to
your device when you close all windows*.
"""

from __future__ import annotations

import json
from pathlib import Path

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
    preferences = _chromium_preferences(profile)
    kept = json.loads(preferences.read_text(encoding="utf-8")) if preferences.is_file() else {}
    _content_settings(kept)["cookies"] = _SESSION_ONLY
    preferences.parent.mkdir(parents=True, exist_ok=True)
    preferences.write_text(json.dumps(kept), encoding="utf-8")


def take_back_clearing(profile: Path) -> None:
    """Undo the setting in a profile of either engine that no browser runs on."""
    preferences = _chromium_preferences(profile)
    if preferences.is_file():
        kept = json.loads(preferences.read_text(encoding="utf-8"))
        _content_settings(kept).pop("cookies", None)
        preferences.write_text(json.dumps(kept), encoding="utf-8")
    # What Firefox was told at one start it keeps for the next ones.
    told = profile / "prefs.js"
    if told.is_file():
        # As bytes: whatever else stands there stays as it is, in whichever encoding, with whichever ends of lines.
        lines = told.read_bytes().splitlines(keepends=True)
        told.write_bytes(b"".join(line for line in lines if not any(name in line for name in _NAMES_IN_FIREFOX)))


def _chromium_preferences(profile: Path) -> Path:
    return profile / "Default" / "Preferences"


def _content_settings(preferences: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    return preferences.setdefault("profile", {}).setdefault("default_content_setting_values", {})
