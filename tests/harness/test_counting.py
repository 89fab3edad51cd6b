"""What license tracking servers counted, asked as the conformance suite asks: over the network, of real ones."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dlt_web.testing.conformance.app_lts import AppLts
from dlt_web.testing.conformance.counting import SYMBOLOGIES, OwnLts
from dlt_web.testing.conformance.errors import CountingError, VerifyError
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.proxy_tls import system_trust
from dlt_web.testing.recording_proxy import RecordingProxy

CODE = "code"


def post(url: str, body: dict[str, Any], through: str | None = None) -> Any:
    """Ask as a tracker does, through a proxy where one is named."""
    at = urlsplit(through or url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=20)
    target = url if through else urlsplit(url).path
    try:
        connection.request("POST", target, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return {"status": response.status, **json.loads(response.read())}
    finally:
        connection.close()


def device(url: str, *, scans: int, symbology: str = SYMBOLOGIES[0], product: str = "barcode-reader") -> str:
    """Be a device that takes a seat and reports so many scans; its UUID."""
    name = {"handshakeCode": CODE, "deviceUuid": str(uuid.uuid4()), "storage": "indexeddb"}
    answer = post(f"{url}/v1/authorizations", {**name, "product": product})
    now = datetime.now(UTC)
    slot = datetime.fromtimestamp(now.timestamp() // 180 * 180, UTC)
    report = {
        "id": str(uuid.uuid4()),
        "seq": 1,
        "version": 1,
        "slot": slot.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "counts": {symbology: scans},
    }
    body = {**name, "streamId": str(uuid.uuid4()), "reportToken": answer["reportToken"], "reports": [report]}
    told = post(f"{url}/v1/usage-reports", {**body, "sentAt": now.isoformat(timespec="seconds").replace("+00:00", "Z")})
    assert told["status"] == 200, told
    return name["deviceUuid"]


def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the machine reach others through a proxy, as in many companies; what is on it is reached without."""
    monkeypatch.setattr(urllib.request, "_opener", None)  # which would remember what was before
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        running.add_handshake(running.add_license(), code=CODE)
        yield running


def test_the_apps_own_server_is_asked_about_the_runs_devices_only_and_gets_their_seats_back(lts: LtsProcess):
    key = lts.cli("admin-key", "add", "verify")["key"]
    counted = AppLts(f"{lts.url}/", key, CODE, system_trust())
    counted.check()
    assert lts.url in counted.sentence
    stranger = device(lts.url, scans=5, symbology="qr_code")
    ours = [device(lts.url, scans=2), device(lts.url, scans=1, symbology=SYMBOLOGIES[1])]
    never = str(uuid.uuid4())
    assert counted.seated([*ours, never]) == set(ours)
    assert counted.scans() == 3
    counted.release([*ours, never])
    assert counted.seated(ours) == set()
    assert lts.seated(CODE) == {stranger}
    counted.release(ours)  # a second time does nothing


def test_devices_whose_seats_cannot_be_given_back_are_all_named(tmp_path: Path):
    with LtsProcess(tmp_path) as running:
        running.add_handshake(running.add_license(), code=CODE)
        counted = AppLts(running.url, running.cli("admin-key", "add", "verify")["key"], CODE, system_trust())
        counted.check()
        counted.require()
    with pytest.raises(CountingError, match=r"The LTS at .* cannot be reached"):
        counted.require()
    devices = {str(uuid.uuid4()), str(uuid.uuid4())}
    with pytest.raises(VerifyError, match="may still hold seats of code") as caught:
        counted.release(devices)
    assert all(device in str(caught.value) for device in devices)


def test_the_suites_own_server_is_led_to_names_all_devices_and_turns_its_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    behind_a_proxy(monkeypatch)
    with RecordingProxy() as proxy, OwnLts(tmp_path / "lts", CODE) as own:
        proxy.detour(own.detour)
        base = "https://lts.example/somewhere"
        body = {"handshakeCode": CODE, "deviceUuid": str(uuid.uuid4()), "storage": "indexeddb"}
        path = f"{base.replace('https', 'http')}/v1/authorizations"
        assert post(path, body, through=proxy.url)["status"] == 201
        assert own.seated(()) == {body["deviceUuid"]}
        for _ in range(2):  # once in each browser of a run
            with own.another("later", "concurrent_device") as later:
                assert post(path, body, through=proxy.url)["item"]["chargeWay"] == "concurrent_device"
                later.process.advance(300)
                assert later.seated(()) == set()
        assert own.seated(()) == {body["deviceUuid"]}
        assert post(path, body, through=proxy.url)["item"]["chargeWay"] == "per_device"
        assert own.scans() == 0


def test_a_server_of_the_suite_that_has_gone_is_found_out_also_where_it_stands_in_for_a_while(tmp_path: Path):
    with OwnLts(tmp_path / "lts", CODE) as own:
        own.require()
        with own.another("concurrent", "concurrent_device") as other:
            own.require()
            other.process.kill()
            with pytest.raises(CountingError, match=r"The suite's own license server at .* cannot be reached"):
                own.require()
        own.require()
        own.process.kill()
        with pytest.raises(CountingError, match="cannot be reached"):
            own.require()


class Unable(BaseHTTPRequestHandler):
    """A server that is there and cannot do anything."""

    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_of_the_suite_that_says_that_it_cannot_work_is_found_out(tmp_path: Path):
    own = OwnLts(tmp_path / "lts", CODE)
    with ThreadingHTTPServer(("127.0.0.1", 0), Unable) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        own.detour.target = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(CountingError, match=r"own license server cannot work any more: it answers 503\.$"):
            own.require()
        server.shutdown()


def test_the_suites_own_server_sells_whatever_product_the_app_asks_for(tmp_path: Path):
    with RecordingProxy() as proxy, OwnLts(tmp_path / "lts", CODE) as own:
        proxy.detour(own.detour)
        path = "http://lts.example/v1/authorizations"
        for product in ("label-reader", "barcode-reader", "label-reader"):
            name = {"handshakeCode": CODE, "deviceUuid": str(uuid.uuid4()), "storage": "indexeddb"}
            assert post(path, {**name, "product": product}, through=proxy.url)["status"] == 201, product


def test_the_suites_own_server_takes_a_handshake_code_that_looks_like_an_option(tmp_path: Path):
    code = "-json"
    with RecordingProxy() as proxy, OwnLts(tmp_path / "lts", code) as own:
        proxy.detour(own.detour)
        name = {"handshakeCode": code, "deviceUuid": str(uuid.uuid4()), "storage": "indexeddb"}
        for product in ("barcode-reader", "label-reader"):
            answer = post("http://lts.example/v1/authorizations", {**name, "product": product}, through=proxy.url)
            assert answer["status"] == 201, product
        assert own.seated(()) == {name["deviceUuid"]}
        assert own.scans() == 0
