"""A WebKitGTK browser on a profile folder, as WebKitWebDriver starts it: ``profile_browser.py SETTINGS --automation``.

Run by the system's Python, which has PyGObject; imports nothing of this package. ``SETTINGS`` is a JSON file:
``profile`` (folder, null for one that is kept in memory only), ``proxy`` (URL or null), ``scripts`` (run in each page
before its own), ``pid_file``. Showing ``dlt-web-purge:HOST`` deletes what the sites of a host have stored, as the
person does in the browser's settings, and says what was deleted.
"""

from __future__ import annotations

import html
import json
import os
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gio, Gtk, WebKit2  # noqa: E402 (the versions come first)

# What the tracker asks of storage, which WebKitGTK has and keeps switched off.
FEATURES = {"StorageAPI", "StorageAPIEstimate", "FileSystem"}
PURGE_SCHEME = "dlt-web-purge"


def main() -> None:
    """Run until the driver says that the session is over."""
    given: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    # The driver shares our process group, so whoever wants to kill the browser alone needs its number.
    Path(given["pid_file"]).write_text(str(os.getpid()))
    context = WebKit2.WebContext.new_with_website_data_manager(data_manager(given["profile"]))
    if given["proxy"] is not None:
        proxy = WebKit2.NetworkProxySettings.new(given["proxy"], None)
        context.get_website_data_manager().set_network_proxy_settings(WebKit2.NetworkProxyMode.CUSTOM, proxy)
    context.register_uri_scheme(PURGE_SCHEME, purge)
    context.set_automation_allowed(True)
    settings = page_settings()

    def new_view(*_: object) -> Any:
        view = WebKit2.WebView(
            web_context=context,
            settings=settings,
            user_content_manager=scripts_first(given["scripts"]),
            is_controlled_by_automation=True,
        )
        window = Gtk.Window()
        window.set_default_size(1280, 900)
        window.add(view)
        window.show_all()
        view.connect("close", lambda _view: window.destroy())
        return view

    def automate(_context: Any, session: Any) -> None:
        about = WebKit2.ApplicationInfo()
        about.set_name("MiniBrowser")  # the only name that the driver takes
        about.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
        session.set_application_info(about)
        session.connect("create-web-view::tab", new_view)
        session.connect("create-web-view::window", new_view)
        session.connect("will-close", lambda _session: Gtk.main_quit())

    context.connect("automation-started", automate)
    Gtk.main()


def data_manager(folder: str | None) -> Any:
    """Keep what sites store in a folder, or nowhere."""
    if folder is None:
        return WebKit2.WebsiteDataManager.new_ephemeral()
    return WebKit2.WebsiteDataManager(base_data_directory=f"{folder}/data", base_cache_directory=f"{folder}/cache")


def purge(request: Any) -> None:
    """Delete all data of a host's sites and answer with the names of the records that they were in."""
    manager = request.get_web_view().get_website_data_manager()
    host = request.get_path()
    everything = WebKit2.WebsiteDataTypes.ALL

    def answer(names: list[str]) -> None:
        text = f"<!doctype html><title>Purged</title><p>{html.escape(json.dumps(names))}</p>".encode()
        request.finish(Gio.MemoryInputStream.new_from_data(text), len(text), "text/html")

    def remove(_manager: Any, result: Any) -> None:
        records = [one for one in manager.fetch_finish(result) if one.get_name() == host]
        names = [one.get_name() for one in records]
        if records:
            manager.remove(everything, records, None, lambda *_: answer(names))
        else:
            answer(names)

    manager.fetch(everything, None, remove)


def page_settings() -> Any:
    """Return how all pages are shown."""
    settings = WebKit2.Settings()
    settings.set_enable_write_console_messages_to_stdout(True)
    settings.set_media_playback_requires_user_gesture(False)
    features = WebKit2.Settings.get_all_features()
    for index in range(features.get_length()):
        feature = features.get(index)
        if feature.get_identifier() in FEATURES:
            settings.set_feature_enabled(feature, True)
    return settings


def scripts_first(scripts: list[str]) -> Any:
    """Return what runs scripts in each page and frame before the page's own."""
    manager = WebKit2.UserContentManager()
    for script in scripts:
        frames, start = WebKit2.UserContentInjectedFrames.ALL_FRAMES, WebKit2.UserScriptInjectionTime.START
        manager.add_script(WebKit2.UserScript.new(script, frames, start, None, None))
    return manager


if __name__ == "__main__":
    main()
