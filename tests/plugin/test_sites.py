"""Domains for tests: folders, single files and other servers' apps at real origins, over HTTPS too."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dlt_web.testing.static_site import StaticSite


class App(BaseHTTPRequestHandler):
    """Tells what it was asked; /away redirects within itself, /twice answers with two cookies."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        told = {
            "method": self.command,
            "target": self.path,
            "body": body,
            "host": self.headers["Host"],
            "forwarded": self.headers["X-Forwarded-Host"],
        }
        data = json.dumps(told).encode()
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", f"http://{self.headers['Host']}/home")
        for cookie in ("a=1", "b=2"):
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture
def app() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), App) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[StaticSite]:
    (tmp_path / "index.html").write_text("start page")
    with StaticSite({"/": tmp_path}) as running:
        yield running


def ask(url: str, site: StaticSite, *, method: str = "GET", body: str | None = None) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    raw = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        site.trust(context)
        raw.connect()
        # Not every machine's resolver knows *.localhost, as browsers do.
        raw.sock = context.wrap_socket(raw.sock, server_hostname=parts.hostname)
    raw.request(method, url.removeprefix(f"{parts.scheme}://{parts.netloc}"), body=body, headers={"Host": parts.netloc})
    answer = raw.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    raw.close()
    return answer


def test_every_domain_shows_the_folder_and_its_start_page(site: StaticSite) -> None:
    shown = [*site, site.shop_a_other_port, site.named("shop-c"), site.secure("shop-a"), site.secure("shop-d")]
    assert len({one.origin for one in shown}) == 6
    for one in shown:
        assert ask(one.url("/"), site).text == "start page"


def test_a_shared_file_has_a_path_on_every_domain(site: StaticSite, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "clip.webm").write_bytes(b"video")
    path = site.share(tmp_path / "elsewhere" / "clip.webm")
    answer = ask(site.shop_b.url(path), site)
    assert (answer.text, answer.getheader("Content-Type")) == ("video", "video/webm")
    with pytest.raises(FileNotFoundError, match=r"^There is no file .*nothing to share\.$"):
        site.share(tmp_path / "nothing")


def test_an_app_is_shown_where_no_folder_has_the_file(site: StaticSite, app: str) -> None:
    site.forward("/", app)
    assert ask(site.shop_a.url("/index.html"), site).text == "start page"
    answer = ask(site.shop_a.url("/buy/it?now=1"), site, method="POST", body="two of them")
    assert json.loads(answer.text) == {
        "method": "POST",
        "target": "/buy/it?now=1",
        "body": "two of them",
        "host": urlsplit(app).netloc,
        "forwarded": urlsplit(site.shop_a.origin).netloc,
    }
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("is_secure", [False, True])
def test_redirects_of_the_app_stay_on_the_domain(site: StaticSite, app: str, is_secure: bool) -> None:
    site.forward("/", app)
    shop = site.secure() if is_secure else site.shop_a
    answer = ask(shop.url("/away"), site)
    assert (answer.status, answer.getheader("Location")) == (302, shop.url("/home"))


def test_an_app_that_is_not_there_is_said(site: StaticSite) -> None:
    site.forward("/", "http://127.0.0.1:9")
    answer = ask(site.shop_a.url("/x"), site)
    assert (answer.status, answer.text) == (502, "http://127.0.0.1:9 does not answer: [Errno 111] Connection refused")


def test_what_is_not_there_is_not_found_and_the_next_request_is_read_anew(site: StaticSite) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(site.shop_a.origin).port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/nowhere", body="left unread")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (404, b"not found")
    connection.close()


def test_bad_names_prefixes_and_addresses_are_said(site: StaticSite, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^A domain is named by small letters.*found 'Shop C'\.$"):
        site.named("Shop C")
    with pytest.raises(ValueError, match=r"^A prefix begins and ends with a slash.*found '/shop'\.$"):
        site.mount("/shop", tmp_path)
    with pytest.raises(ValueError, match=r"^An app is named by its address.*found 'localhost:3000'\.$"):
        site.forward("/", "localhost:3000")
    with pytest.raises(FileNotFoundError, match=r"^The folder for /x/ is not there: .*gone\.$"):
        site.mount("/x/", tmp_path / "gone")
