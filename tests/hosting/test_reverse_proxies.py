"""A license server behind a path of nginx and of Caddy, as docs/hosting.md says: what passes, and what does not."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from dlt_web.testing.lts_process import LtsProcess
from tests.hosting.proxies import NAMES, Site, running


@pytest.fixture(scope="module")
def lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as started:
        yield started


@pytest.fixture(scope="module", params=NAMES)
def site(request: pytest.FixtureRequest, lts: LtsProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    files = tmp_path_factory.mktemp("site")
    (files / "dlt/worker").mkdir(parents=True)
    (files / "dlt/worker/main.js").write_text("export {};")
    (files / "dlt/python.wasm").write_bytes(b"\0asm")
    (files / "index.html").write_text("a shop")
    (files / "app.js").write_text("")
    (files / "secret.txt").write_text("not of the bundle")
    with running(request.param, tmp_path_factory.mktemp(request.param), files, lts.url) as started:
        yield started


def ask(site: Site, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    sent = {"Content-Type": "application/json", "Origin": site.origin, **headers}
    connection.request(method, path, None if body is None else json.dumps(body), sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def test_a_device_is_licensed_and_reports_through_the_path(site: Site, lts: LtsProcess) -> None:
    code = lts.add_code()
    device, stream = str(uuid.uuid4()), str(uuid.uuid4())
    asked = {"handshakeCode": code, "deviceUuid": device, "product": "barcode-reader", "storage": "indexeddb"}
    answer, content = ask(site, "POST", "/lts/v1/authorizations", asked)
    assert answer.status == 201, content
    granted = json.loads(content)
    report = {"id": str(uuid.uuid4()), "seq": 1, "version": 1, "counts": {"qr_code": 2}, "lost": {}}
    report["slot"] = granted["serverTime"][:11] + "00:00:00Z"
    usage = {"handshakeCode": code, "deviceUuid": device, "streamId": stream, "reportToken": granted["reportToken"]}
    usage |= {"storeEpoch": granted["storeEpoch"], "storage": "indexeddb", "partitioned": False, "reports": [report]}
    usage["sentAt"] = granted["serverTime"]
    # As a page's last word goes out.
    answer, content = ask(site, "POST", "/lts/v1/usage-reports", usage, **{"Content-Type": "text/plain"})
    assert (answer.status, json.loads(content)["results"][0]["outcome"]) == (200, "accepted")
    assert lts.usage(code).scans == 2
    answer, content = ask(site, "GET", "/lts/.well-known/jwks.json")
    assert json.loads(content)["keys"][0]["crv"] == "Ed25519"


def test_a_report_as_large_as_the_tracker_makes_one_passes(site: Site) -> None:
    answer, content = ask(site, "POST", "/lts/v1/usage-reports", {"handshakeCode": "x" * 64_000})
    assert (answer.status, json.loads(content)["code"]) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "path",
    [
        "/lts/v1/admin/devices",
        "/lts/metrics",
        "/lts/openapi.json",
        "/lts/healthz",
        "/lts/v1/usage-reports/more",
        "/lts/",
        "/lts",
        "/ltsx/v1/authorizations",
        "/v1/authorizations",
        "/lts/v1/authorizations/../admin/devices",
        "/lts/v1/authorizations%2f..%2fadmin%2fdevices",
    ],
)
def test_nothing_else_of_the_server_is_to_be_had(site: Site, path: str) -> None:
    for method in ("GET", "POST"):
        answer, content = ask(site, method, path)
        assert answer.status in {301, 400, 404, 405}, content
        assert answer.getheader("content-type") != "application/problem+json"


@pytest.mark.parametrize(("path", "kind"), [("worker/main.js", "text/javascript"), ("python.wasm", "application/wasm")])
def test_the_files_come_with_their_type_and_policy(site: Site, path: str, kind: str) -> None:
    answer, _ = ask(site, "GET", f"/dlt/{path}")
    assert answer.status == 200
    assert (answer.getheader("content-type") or "").partition(";")[0] == kind
    assert "'wasm-unsafe-eval'" in (answer.getheader("content-security-policy") or "")
    assert answer.getheader("cache-control") == "no-cache"
