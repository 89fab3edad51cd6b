"""``dlt-web lts serve`` and ``config check``: settings from flags, the environment and a TOML file, in that order."""

from __future__ import annotations

from typing import Any

import click

from .cli_office import STORE, StoreCommand, StoreGroup, json_option
from .cli_values import one_sentence_errors, options, print_object
from .config import read_config

_serve_options = options(
    click.option("--host", default="127.0.0.1", show_default=True, envvar="DLT_WEB_HOST"),
    click.option(
        "--port", default=8010, show_default=True, type=click.IntRange(0, 65535), envvar="DLT_WEB_PORT",
        help="0 picks a free one.",
    ),
    click.option(
        "--trusted-proxy", "trusted_proxies", multiple=True, metavar="ADDRESS", envvar="DLT_WEB_TRUSTED_PROXY",
        help="Whose X-Forwarded-For counts; repeatable. Nobody's by default.",
    ),
    click.option(
        "--access-log", is_flag=True, envvar="DLT_WEB_ACCESS_LOG", help="Log every request, not only refused ones."
    ),
    click.option(
        "--drain-seconds", default=0, show_default=True, type=click.IntRange(0, 3600), envvar="DLT_WEB_DRAIN_SECONDS",
        help="Told to stop, go on for so long while /readyz says no, so that a load balancer turns away.",
    ),
)  # fmt: skip


def load_config(context: click.Context, _option: click.Parameter, path: str | None) -> None:
    """Let a file's settings be the defaults of the options."""
    if path is not None:
        with one_sentence_errors():
            settings = read_config(path)
        serving = settings["serve"]
        context.default_map = settings | {"config": {"check": serving}}


@click.command(cls=StoreCommand)
@_serve_options
@click.option("--test-clock", is_flag=True, help="Time stands still until POST /v1/test/clock; loopback only.")
def serve(**settings: Any) -> None:
    """Serve until stopped; the first line on stdout says where."""
    from .server import ServerSettings
    from .server import serve as run

    with one_sentence_errors():
        run(click.get_current_context().meta[STORE], ServerSettings(**settings))


@click.group("config", cls=StoreGroup)
def config_group() -> None:
    """Settings of the server."""


@config_group.command("check")
@_serve_options
@json_option
def config_check(is_json: bool, **settings: Any) -> None:
    """Check the settings that ``serve`` would take from flags, environment and file, and print them."""
    from .server import ServerSettings, check_settings

    with one_sentence_errors():
        check_settings(ServerSettings(**settings))
    shown = {
        "store": click.get_current_context().meta[STORE],
        "host": settings["host"],
        "port": settings["port"],
        "trustedProxies": list(settings["trusted_proxies"]),
        "accessLog": settings["access_log"],
        "drainSeconds": settings["drain_seconds"],
    }
    print_object(shown, is_json)
