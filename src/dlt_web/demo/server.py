"""Runs the demo: the page on two sites and a real license tracking server on a SQLite file, in one process."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from ..bundle import ensure_bundle
from ..errors import OptionError
from ..lts.app import create_app
from ..lts.clock import SystemClock
from ..lts.server import uvicorn_config
from ..lts.service import Service
from ..lts.store import open_store
from .codes import DEMO_CODES, ensure_codes, fresh_key
from .page import Site, demo_app
from .usage import StoreUsage

# Every browser takes *.localhost for this machine and for a secure context, so no hosts file and no certificate.
SITE_NAMES = ("shop-a", "shop-b")
LOOPBACK = "127.0.0.1"


def run(
    *,
    port: int,
    lts_port: int,
    open_browser: bool,
    data_folder: Path | None = None,
    bundle: Path | None = None,
) -> None:
    """Runs the demo until it is interrupted, and says on stdout where everything is.

    The store outlives the demo: the browsers' tracker keeps what it knows of the store, so that devices and counts go
    on at the next start.

    Args:
        port: where the page is served; 0 takes a free one.
        lts_port: where the license tracking server listens; 0 takes a free one.
        open_browser: whether to open the page in the default browser.
        data_folder: where the SQLite file lies; by default the user's data folder, see :func:`default_data_folder`.
        bundle: folder of the built page; by default the package's own, built first where that is needed.

    Raises:
        OptionError: a port is taken, or the data folder cannot be written.
        BundleError: the page cannot be built.
        StoreUnavailableError: the store cannot be opened.
        StoreFormatError: the file in the data folder is no store of this software.
    """
    folder = data_folder or default_data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The demo cannot keep its data in {folder}: {error.strerror}."
        raise OptionError(f"{what} Let this user write there, or set {_data_variable()} to another folder.") from error
    database = folder.resolve() / "lts.db"
    with _listen(port, "--port") as page_socket, _listen(lts_port, "--lts-port") as lts_socket:
        page_files = bundle or ensure_bundle(_say)
        sites = [Site(name, f"http://{name}.localhost:{page_socket.getsockname()[1]}") for name in SITE_NAMES]
        license_server = f"http://{LOOPBACK}:{lts_socket.getsockname()[1]}"
        store, clock = open_store(f"sqlite:///{database}"), SystemClock()
        try:
            ensure_codes(store, clock)
            page = demo_app(
                bundle=page_files,
                sites=sites,
                license_server=license_server,
                codes=DEMO_CODES,
                usage=StoreUsage(store, clock),
            )
            servers = [_Server(create_app(Service(store, clock))), _Server(page)]
            announcement = _announcement(sites, license_server, fresh_key(store, clock), database)
            asyncio.run(_serve(servers, [lts_socket, page_socket], announcement, sites[0] if open_browser else None))
        except KeyboardInterrupt:
            pass  # how people end it
        finally:
            store.close()
    _say("\nThe demo has ended; its counts are kept.")


def _data_variable() -> str:
    """Gives the name of the variable that moves the folder below."""
    return {"win32": "LOCALAPPDATA", "darwin": "HOME"}.get(sys.platform, "XDG_DATA_HOME")


def default_data_folder() -> Path:
    """Gives ``dlt-web/demo`` in the folder where the operating system wants programs to keep data of a user."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "dlt-web" / "demo"


def _say(line: str) -> None:
    """Prints at once: stdout may be a pipe that someone waits at."""
    print(line, flush=True)


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, app: object) -> None:
        super().__init__(uvicorn_config(app))
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


async def _serve(
    servers: Sequence[_Server], listeners: Sequence[socket.socket], announcement: str, opened: Site | None
) -> None:
    """Runs the servers until one of them ends; each hands an interrupt on to the one that was started before it."""
    running: list[asyncio.Task[None]] = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    answering = asyncio.create_task(_all_answer(servers))
    await asyncio.wait({answering, *running}, return_when=asyncio.FIRST_COMPLETED)
    if answering.done():
        _say(announcement)
        if opened:
            await asyncio.to_thread(webbrowser.open, opened.origin)
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    answering.cancel()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*running)


async def _all_answer(servers: Sequence[_Server]) -> None:
    for server in servers:
        await server.answers.wait()


def _announcement(sites: Sequence[Site], license_server: str, key: str, database: Path) -> str:
    first, *others = sites
    lines = [
        f"Demo page       {first.origin}",
        *(f"Other domain    {site.origin}" for site in others),
        f"License server  {license_server}",
        f"Its dashboard   {license_server}/ (sign in with the key {key})",
        f"Counts kept in  {database}",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def _listen(port: int, option: str) -> socket.socket:
    """Takes the port before anything is built or opened, so that a taken one is said first."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or error
        raise OptionError(f"Port {port} cannot be listened on ({why}): choose another one with {option}.") from error
    return listener
