"""``make links``: links that leave the docs are followed, here to a server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from docs.generators import outward
from tests.docs.pages import PAGES, ROOT

TIMEOUT_S = 1


class Site(ThreadingHTTPServer):
    """Answers by path; what hangs does so until the site closes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[str] = []
        self.closing = threading.Event()


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path, site = self.path, self.server
        site.asked.append(f"{self.command} {path}")
        if path == "/hangs":
            site.closing.wait()
        refuses_head = path == "/no-head" and self.command == "HEAD"
        status = 405 if refuses_head else {"/moved": 301, "/lent": 302, "/gone": 404, "/busy": 503}.get(path, 200)
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", f"{site.url}/fine")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b'<h1 id="here">A page</h1>')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # A proxy of the machine's would not find it.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield site
        site.closing.set()
        site.shutdown()
        thread.join()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Docs\n\n[elsewhere](nothing.md) and [here](../README.md)\n")
    (tmp_path / "README.md").write_text("# A project\n\n[docs](docs/index.md)\n")
    return tmp_path


def test_what_answers_wrong_is_told_in_a_sentence_each(server: Site, checkout: Path) -> None:
    names = ("fine", "fine#here", "fine#nowhere", "moved", "lent", "gone", "hangs", "no-head", "busy")
    lines = [f"[{name}]({server.url}/{name})" for name in names]
    nobody = "http://127.0.0.1:9/"  # the port of `discard`, where nothing listens
    no_link = f"```sh\ncurl {server.url}/code\n```"
    page = "\n\n".join(["# More", *lines, f"[nobody]({nobody})", no_link])
    (checkout / "docs" / "more.md").write_text(page)
    told = {line.split(" ")[1].removeprefix(server.url): line for line in outward.wrong_links(checkout, TIMEOUT_S)}
    assert set(told) == {"/fine#nowhere", "/moved", "/gone", "/hangs", "/busy", nobody}
    assert told["/moved"] == f"docs/more.md:9: {server.url}/moved has moved for good: write {server.url}/fine."
    assert told["/hangs"].endswith("/hangs did not answer in time: ask again later, or link to something else.")
    assert "404" in told["/gone"]
    assert told["/gone"].endswith(": mend the address, or link to something else.")
    reason = "cannot be reached (Connection refused): look at the network, else mend the address."
    assert told[nobody].endswith(f"{nobody} {reason}")
    assert "Anchor 'nowhere' not found" in told["/fine#nowhere"]
    assert told["/busy"].endswith("/busy could not be followed now (service unavailable): ask again later.")
    assert {"HEAD /no-head", "GET /no-head", "HEAD /fine"} < set(server.asked)
    assert [one for one in server.asked if "/code" in one] == []


def test_where_all_is_well_it_says_so_and_ends_with_0(
    server: Site, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "README.md").write_text(f"# A project\n\n[fine]({server.url}/fine)\n")
    assert outward.main(checkout) == 0
    assert capsys.readouterr() == ("Every link that leaves the docs leads somewhere.\n", "")
    assert server.asked == ["HEAD /fine"]
    (checkout / "README.md").write_text(f"# A project\n\n[gone]({server.url}/gone)\n")
    assert outward.main(checkout) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"README.md:3: {server.url}/gone answers wrong (404 ")


def test_that_nothing_could_be_followed_is_no_good_news(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Without a front page\n")
    with pytest.raises(outward.FollowError, match="The links could not be followed: "):
        outward.wrong_links(tmp_path)


def test_every_page_is_followed_by_the_command_that_the_docs_name() -> None:
    followed = {page for pattern in outward.PAGES for page in ROOT.glob(pattern)}
    assert followed == set(PAGES)
    recipe = (ROOT / "Makefile").read_text().split("\nlinks:", 1)[1].split("\n\n", 1)[0]
    assert f"python -m {outward.__name__}" in recipe
    assert "make links" in (ROOT / "CONTRIBUTING.md").read_text()
