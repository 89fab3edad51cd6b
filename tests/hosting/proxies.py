"""nginx and Caddy, run with the snippets of docs/hosting.md as they stand there, but for names, ports and folders."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dlt_web.testing.kept_port import keep_port
from tests.hosted import snippet
from tests.hosting.programs import program

DOCS = Path(__file__).parents[2] / "docs/hosting.md"
START_S = 20
NAMES = ("nginx", "caddy")

NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = / {{ root {site}; try_files /index.html =404; }}
        location = /app.js {{ root {site}; types {{ text/javascript js; }} }}
        {snippet}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
    storage file_system {folder}
}}
{snippet}
"""
CADDY_PAGE = """
    handle {
        root * SITE
        file_server
    }
}"""


@dataclass(frozen=True)
class Site:
    """A running server before a license server.

    Attributes:
        origin: of the pages.
        port: of 127.0.0.1.
    """

    origin: str
    port: int


@contextlib.contextmanager
def running(name: str, folder: Path, site: Path, lts_url: str) -> Iterator[Site]:
    """Run a server with its snippet.

    Args:
        name: ``nginx`` or ``caddy``.
        folder: for its own files.
        site: with ``index.html``, ``app.js`` and the folder ``dlt``.
        lts_url: of the license server.
    """
    with contextlib.closing(keep_port()) as kept, (folder / "output.log").open("w+") as log:
        port = kept.getsockname()[1]
        environment = {**os.environ, "HOME": str(folder)}
        process = subprocess.Popen(_command(name, folder, site, lts_url, port), stdout=log, stderr=log, env=environment)
        try:
            _wait_for(port, process, folder)
            yield Site(f"http://shop.localhost:{port}", port)
        finally:
            process.terminate()
            process.wait(START_S)


def _command(name: str, folder: Path, site: Path, lts_url: str, port: int) -> list[str]:
    text = snippet(DOCS.read_text(), name).replace("127.0.0.1:8010", lts_url.removeprefix("http://"))
    assert lts_url.removeprefix("http://") in text
    text = text.replace("/srv/shop", str(site))
    config = folder / "config"
    if name == "nginx":
        config.write_text(NGINX.format(folder=folder, port=port, site=site, snippet=text))
        user = "user root; " if os.getuid() == 0 else ""  # its workers shall read the test's folders
        return [program("nginx"), "-p", str(folder), "-c", str(config), "-g", f"{user}daemon off;"]
    address, rest = text.split("shop.example {", 1)
    served = f"{address}http://:{port} {{\n    bind 127.0.0.1{rest}"
    page = CADDY_PAGE.replace("SITE", str(site))
    config.write_text(CADDY.format(folder=folder, snippet=served.rstrip().removesuffix("}") + page))
    return [program("caddy"), "run", "--config", str(config), "--adapter", "caddyfile"]


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    said = "".join(path.read_text() for path in sorted(folder.glob("*.log")))
    raise RuntimeError(f"the server did not start:\n{said}")
