"""The static host of the benchmark: compressed where that is taken, counted as it goes over the wire."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.browser.host import Host

SCRIPT = b"export const text = 'again and again and again and again and again and again and again';\n" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "script.js").write_bytes(SCRIPT)
    (tmp_path / "built.wasm").write_bytes(SCRIPT)
    (tmp_path / "built.wasm.br").write_bytes(b"made by the build")
    return tmp_path


@pytest.fixture
def host(folder: Path) -> Iterator[Host]:
    with Host({"/site/": folder}) as running:
        yield running


def get(host: Host, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_a_browser_that_takes_brotli_gets_less(host: Host) -> None:
    response, body = get(host, "/site/deep/script.js", **{"Accept-Encoding": "gzip, deflate, br;q=1, zstd"})
    assert response.headers["Content-Encoding"] == "br"
    assert len(body) < len(SCRIPT) / 5


def test_others_get_the_file_as_it_is(host: Host) -> None:
    response, body = get(host, "/site/deep/script.js?wheel=a.whl", **{"Accept-Encoding": "gzip"})
    assert body == SCRIPT
    assert "Content-Encoding" not in response.headers
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "max-age" in response.headers["Cache-Control"]


def test_what_the_build_has_compressed_is_taken_as_it_is(host: Host) -> None:
    _response, body = get(host, "/site/built.wasm", **{"Accept-Encoding": "br"})
    assert body == b"made by the build"


def test_a_plain_host_compresses_nothing(folder: Path) -> None:
    with Host({"/site/": folder}, compresses=False) as host:
        response, body = get(host, "/site/built.wasm", **{"Accept-Encoding": "br"})
    assert body == SCRIPT
    assert response.headers["Content-Type"] == "application/wasm"


@pytest.mark.parametrize("path", ["/site/missing.js", "/deep/script.js", "/site/../secret"])
def test_what_is_not_there_is_not_found(host: Host, path: str) -> None:
    response, _body = get(host, path)
    assert response.status == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_a_head_has_the_length_of_the_body_that_it_lacks(host: Host) -> None:
    response, body = get(host, "/site/deep/script.js", method="HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(SCRIPT))


def test_every_byte_on_the_wire_is_counted_once(host: Host) -> None:
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as connection:
        connection.sendall(b"GET /site/deep/script.js HTTP/1.1\r\nHost: a\r\n\r\nGET /no HTTP/1.1\r\nHo")
        connection.sendall(b"st: a\r\n\r\n")
        received = b""
        while not received.endswith(b"not found"):
            received += connection.recv(65536)
    served = host.take_served()
    assert [(one.path, one.status) for one in served] == [("/site/deep/script.js", 200), ("/no", 404)]
    assert sum(one.wire_bytes for one in served) == len(received)
    assert host.take_served() == []
