"""Serves folders, or another server's app, to real browsers at several real origins on loopback.

``*.localhost`` names resolve to this machine and are secure contexts in every browser, so two shops on two domains
need neither DNS nor certificates. Another port is another origin too, and so is HTTPS, with
certificates that are made here and trusted by nobody else.
"""

from __future__ import annotations

import functools
import re
import shutil
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .reverse_proxy import checked_upstream
from .site_certificates import SiteCertificates
from .site_server import PURGE_PATH, SiteServer

HARNESS_FOLDER = Path(__file__).parent / "page"
HARNESS_PATH = "/harness.html"
SHARED_PREFIX = "/dlt-web-shared/"

# All that the tracker needs of a page with a content security policy.
STRICT_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src *; img-src data:"
)
# Forbids WebAssembly: stock Pyodide then neither loads nor fails.
NO_WASM_POLICY = "default-src 'self'; script-src 'self'; worker-src 'self'; connect-src *; img-src data:"


@dataclass(frozen=True, slots=True)
class Site:
    """One origin of a running static site."""

    origin: str

    def url(self, path: str) -> str:
        """Return an absolute URL on this origin."""
        return f"{self.origin}{path}"

    @property
    def harness(self) -> str:
        """URL of the page that loads the tracker and exposes it."""
        return self.url(HARNESS_PATH)

    @property
    def purge(self) -> str:
        """URL whose answer tells the browser to delete this origin's storage."""
        return self.url(PURGE_PATH)


class StaticSite:
    """Serves mounted folders at any ``*.localhost`` name, on two ports and over HTTPS; a context manager.

    Iterating gives its two domains, ``shop_a`` and ``shop_b``. Beside the mounts there are :data:`HARNESS_PATH`, unless
    an app is there, and :data:`~.site_server.PURGE_PATH`.

    Attributes:
        shop_a: the first domain.
        shop_b: the second domain.
        shop_a_other_port: the first domain's name at another port: another origin of the same site.
        policy: Content-Security-Policy of every answer; None sends none.
    """

    def __init__(
        self,
        mounts: Mapping[str, Path],
        *,
        names: tuple[str, str] = ("shop-a", "shop-b"),
        policy: str | None = None,
        is_compressed: bool = False,
    ) -> None:
        """Listen on two free ports.

        Args:
            mounts: URL prefix, ending in ``/``, to folder; the longest matching prefix wins. One of them should hold
                the built web bundle with ``dlt-web.js``.
            names: host names before ``.localhost``.
            policy: Content-Security-Policy of every answer; None sends none.
            is_compressed: send the ``NAME.br`` that lies beside a file to browsers that take Brotli.

        Raises:
            FileNotFoundError: a folder is missing.
            ValueError: a prefix is none.
        """
        self._mounts: dict[str, Path] = {}
        for prefix, folder in mounts.items():
            self.mount(prefix, folder)
        self._apps: dict[str, str] = {}
        self.policy = policy
        self.is_compressed = is_compressed
        self._servers = [SiteServer(self), SiteServer(self)]
        self._threads = [threading.Thread(target=s.serve_forever, args=(0.05,), daemon=True) for s in self._servers]
        self._secure: SiteServer | None = None
        self._shared: Path | None = None
        self.shop_a, self.shop_b = (self.named(name) for name in names)
        self.shop_a_other_port = Site(f"http://{names[0]}.localhost:{self._servers[1].port}")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        if self._shared is not None:
            shutil.rmtree(self._shared)

    def __iter__(self) -> Iterator[Site]:
        return iter((self.shop_a, self.shop_b))

    def named(self, name: str) -> Site:
        """Return a domain of any name, ``http://<name>.localhost:<port>``.

        Raises:
            ValueError: the name is no part of a host name.
        """
        return Site(f"http://{_host(name)}:{self._servers[0].port}")

    def secure(self, name: str = "shop-a") -> Site:
        """Return a domain over HTTPS; windows must accept its certificate, which nobody trusts.

        Raises:
            ValueError: the name is no part of a host name.
        """
        host = _host(name)
        if self._secure is None:
            self._secure = SiteServer(self)
            self._secure.speak_tls(self._certificates.server_context())
            self._servers.append(self._secure)
            threading.Thread(target=self._secure.serve_forever, args=(0.05,), daemon=True).start()
        return Site(f"https://{host}:{self._secure.port}")

    def trust(self, context: ssl.SSLContext) -> None:
        """Let a client written in Python trust the certificates of the domains over HTTPS."""
        self._certificates.trust(context)

    @functools.cached_property
    def _certificates(self) -> SiteCertificates:
        # Made when first asked for: keys cost time, and most tests need none.
        return SiteCertificates()

    def mount(self, prefix: str, folder: Path) -> None:
        """Serve one more folder, from now on, on every domain.

        Raises:
            FileNotFoundError: the folder is missing.
            ValueError: the prefix does not begin and end with a slash.
        """
        if not folder.is_dir():
            raise FileNotFoundError(f"The folder for {prefix} is not there: {folder}.")
        self._mounts = {**self._mounts, _checked_prefix(prefix): folder}

    def forward(self, prefix: str, app: str) -> None:
        """Show another server's app on every domain, from now on, where no mounted folder has the file.

        Args:
            prefix: of the URL; the app sees the path whole.
            app: its address, such as ``http://127.0.0.1:3000``. The certificate of an ``https`` one is not checked:
                it is a test machine's, and may be signed by nobody. Send no secret to an address that is not yours.

        Raises:
            ValueError: the prefix does not begin and end with a slash, or the address is none.
        """
        self._apps = {**self._apps, _checked_prefix(prefix): checked_upstream(app)}

    def share(self, file: Path) -> str:
        """Serve a copy of one file on every domain and return its path in the URL.

        Raises:
            FileNotFoundError: it is missing.
        """
        if not file.is_file():
            raise FileNotFoundError(f"There is no file {file} to share.")
        if self._shared is None:
            self._shared = Path(tempfile.mkdtemp(prefix="dlt-web-shared-"))
            self.mount(SHARED_PREFIX, self._shared)
        shutil.copy(file, self._shared)
        return f"{SHARED_PREFIX}{file.name}"

    def find(self, path: str) -> Path | None:
        """Return the file behind a URL path; None when there is none."""
        for prefix in sorted(self._mounts, key=len, reverse=True):
            if path.startswith(prefix):
                folder = self._mounts[prefix].resolve()
                candidate = (folder / path[len(prefix) :]).resolve()
                if candidate.is_dir():
                    candidate /= "index.html"
                if candidate.is_file() and candidate.is_relative_to(folder):
                    return candidate
        if path.startswith("/harness.") and (candidate := HARNESS_FOLDER / path[1:]).is_file():
            return candidate if self.find_app(path) is None else None
        return None

    def find_app(self, path: str) -> str | None:
        """Return the address of the app behind a URL path; None when there is none."""
        prefixes = (prefix for prefix in sorted(self._apps, key=len, reverse=True) if path.startswith(prefix))
        return next((self._apps[prefix] for prefix in prefixes), None)


def _host(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name):
        raise ValueError(f"A domain is named by small letters, digits and hyphens, such as shop-c; found {name!r}.")
    return f"{name}.localhost"


def _checked_prefix(prefix: str) -> str:
    if not (prefix.startswith("/") and prefix.endswith("/")):
        raise ValueError(f"A prefix begins and ends with a slash, such as /shop/; found {prefix!r}.")
    return prefix
