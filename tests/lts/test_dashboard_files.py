"""The dashboard's page as the server hands it out."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dlt_web.lts.dashboard_files import DashboardFiles
from tests.lts.world import World, code_of

Get = Callable[..., httpx.Response]


def getter(folder: Path) -> Get:
    """Return what asks a server that hands out a folder."""
    transport = httpx.ASGITransport(app=Starlette(routes=DashboardFiles(folder).routes()))

    async def ask(path: str, encodings: str, kept: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://lts") as client:
            return await client.get(path, headers={"Accept-Encoding": encodings, "If-None-Match": kept})

    return lambda path, encodings="identity", kept="": asyncio.run(ask(path, encodings, kept))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text('<script src="/dashboard/main-ABCDEFGH.js"></script>')
    (tmp_path / "main-ABCDEFGH.js").write_text("1;" * 999)
    (tmp_path / ".key").write_text("secret of the build")
    return tmp_path


def test_the_page_may_do_nothing_but_load_its_own_files_and_ask_this_server(folder: Path) -> None:
    page = getter(folder)("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-cache"


def test_what_has_its_hash_in_its_name_is_kept_for_ever_and_sent_compressed(folder: Path) -> None:
    get = getter(folder)
    plain = get("/dashboard/main-ABCDEFGH.js")
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in plain.headers["cache-control"]
    packed = get("/dashboard/main-ABCDEFGH.js", "br, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(gzip.compress(plain.content)) + 20 < len(plain.content)
    assert packed.text == plain.text


def test_what_a_browser_has_already_is_not_sent_again(folder: Path) -> None:
    page = getter(folder)("/", "gzip")
    kept = page.headers["etag"]
    again = getter(folder)("/", "gzip", f'"other", {kept}')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", kept)
    assert again.headers["cache-control"] == "no-cache"
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"]
    (folder / "index.html").write_text("built anew")
    assert getter(folder)("/", "gzip", kept).text == "built anew"


@pytest.mark.parametrize("name", [".key", "..%2findex.html", "nothing.js"])
def test_no_other_file_is_handed_out(folder: Path, name: str) -> None:
    assert getter(folder)(f"/dashboard/{name}").status_code == 404


def test_an_installation_without_it_says_how_to_get_it(tmp_path: Path) -> None:
    missing = getter(tmp_path)("/")
    assert missing.status_code == 404
    assert "make build" in missing.json()["detail"]


def test_the_server_hands_out_what_the_build_made(world: World) -> None:
    page = world.call("GET", "/")
    assert page.status_code == 200, page.text
    loaded = re.findall(r'(?:src|href)="(/dashboard/[^"]+)"', page.text)
    assert len(loaded) == 3
    for path in [*loaded, "/dashboard/icons.svg", "/dashboard/LICENSE.chart.js.md"]:
        assert world.call("GET", path).status_code == 200, path
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert code_of(world.call("POST", "/")) == (405, "METHOD_NOT_ALLOWED")
