"""What really lies on the disk and really leaves the page is in the tables of docs/privacy.md, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dlt_web.disclosure import named, paths
from dlt_web.disclosure.tables import SENT, SENT_HEADERS, STORED
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.harness_page import HarnessPage, plain
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recorded_request import RecordedRequest
from dlt_web.testing.recording_proxy import RecordingProxy
from dlt_web.testing.site_data import read_storage

TOLD = {table.name: {path for path, _ in table.fields} for table in (*STORED, *SENT)}
# What a look gives of a kind of storage that is empty; a tab always has a name and a state.
NOTHING: tuple[Any, ...] = ({}, [], "", None, {"name": "", "state": None})
# What browsers, and the recording proxy's hop, add to any request of a page, whoever makes it.
OF_THE_BROWSER = re.compile(
    r"host|user-agent|accept(-encoding|-language)?|origin|connection|proxy-connection|content-length|cache-control|"
    r"pragma|priority|te|dnt|sec-.*|access-control-request-(method|headers|private-network)|upgrade-insecure-requests"
)


@pytest.fixture
def proxy(own_proxy: RecordingProxy) -> RecordingProxy:
    return own_proxy


def undocumented(name: str, value: Any) -> list[str]:
    """Name the fields of a record or request that no table has; a member that is null may stand for one with fields."""
    if name not in TOLD:
        return [name]
    known = TOLD[name]
    return [
        f"{name}: {path}"
        for path in paths(value)
        if path not in known and not any(one.startswith(f"{path}.") for one in known)
    ]


def records_in(stored: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give each entry of each database, by the name that the tables have for it."""
    for database, stores in stored["indexedDB"].items():
        for record, value in (put for _, entry in stores.get("log", []) for put in entry["put"].items()):
            yield f"{database}/records/{named(record)}", value
        for store, entries in stores.items():
            for key, value in entries:
                if store == "log":
                    yield f"{database}/log/…", {**value, "put": None}
                    continue
                is_listed = isinstance(key, list)  # of a call: code, page and number, which are in its value too
                yield f"{database}/{store}/{'…' if is_listed else named(key)}", value


class Look:
    """All that was seen on the disk so far."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.surprises: set[str] = set()

    def at(self, tab: HarnessPage) -> None:
        stored = read_storage(tab.page)
        beside = {name: value for name, value in stored.items() if name != "indexedDB" and value not in NOTHING}
        self.surprises |= {str(beside)} if beside else set()
        self.surprises |= {f"database {name}" for name in stored["indexedDB"]} - {
            f"database {table.name.partition('/')[0]}" for table in STORED
        }
        for name, value in records_in(stored):
            self.names.add(name)
            self.surprises |= {*undocumented(name, value)}


def use_everything(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> Look:
    """Count, from before Python runs until after the page is left, and look at the disk all the while."""
    look = Look()
    # However fast the browser is: Python is not there before what is noted until then has been seen.
    proxy.inject(Fault.delay(30), path="/worker/", method="GET")
    tab.create({**options, "deviceFriendlyName": "till 4"})
    barcodes = [{"format": "qr_code", "text": "EARLY", "identifier": "]Q1"}, plain("ean_13", "4006381333931")]
    tab.page.evaluate("(barcodes) => { harness.early = harness.tracker('main').scan(barcodes); }", barcodes)

    def is_noted() -> bool:
        look.at(tab)
        return {"dlt-web-journal/calls/…", "dlt-web-journal/calls/seed"} <= look.names

    wait_until(is_noted, what="the journal of the early call")
    proxy.heal()
    while not tab.page.evaluate("Promise.race([harness.early.then(() => true), new Promise((r) => setTimeout(r, 5))])"):
        look.at(tab)
    tab.ready()
    tab.scan(plain("qr_code", "LATER"), time=1e6)
    look.at(tab)
    tab.flush()
    look.at(tab)
    tab.scan(plain("qr_code", "LEFT"), time=2e6)
    tab.hear_out()
    look.at(tab)
    tab.page.goto(tab.site.url("/no-such-page"))
    wait_until(lambda: lts.usage(code).scans == 4, what="the page's last word at the LTS")
    look.at(tab)
    return look


@pytest.mark.in_one_engine("firefox")
def test_every_record_and_field_on_the_disk_is_told(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    look = use_everything(tab, options, lts, code, proxy)
    assert look.surprises == set()
    # Else this would have looked at nothing; a report that is never taken, and a journal that outlives the start after
    # its page, are the core's tests' to make.
    rare = {"dlt-web/records/code/…/dead/…", "dlt-web/records/code/…/journal"}
    assert look.names == {table.name for table in STORED} - rare


def surprises_in(request: RecordedRequest, lts: LtsProcess) -> list[str]:
    """Name what a request says that no table has."""
    where = f"{request.method} {request.url}"
    if request.host != lts.url.removeprefix("http://"):
        return [] if request.method == "GET" and "?" not in request.url and not request.body else [where]
    headers = {name.lower() for name, _ in request.headers}
    found = [f"{where}: {name}" for name in headers if not OF_THE_BROWSER.fullmatch(name) and name not in SENT_HEADERS]
    if request.method == "OPTIONS":
        return found + ([f"{where}: body"] if request.body else [])
    said = undocumented(f"{request.method} {request.path}", request.json() if request.body else {})
    return found + said + ([where] if "?" in request.url else [])


def test_every_field_and_header_of_every_request_is_told(
    tab: HarnessPage, options: dict[str, Any], lts: LtsProcess, code: str, proxy: RecordingProxy
) -> None:
    use_everything(tab, options, lts, code, proxy)
    requests = proxy.requests()
    assert [surprise for request in requests for surprise in surprises_in(request, lts)] == []
    to_the_lts = [request for request in requests if request.host == lts.url.removeprefix("http://")]
    seen = {f"{request.method} {request.path}" for request in to_the_lts if request.method != "OPTIONS"}
    assert seen == {table.name for table in SENT}
    # The page's last word goes out as plain text, a worker's as JSON.
    types = {request.header("content-type") for request in to_the_lts if request.method == "POST"}
    assert {str(kind).partition(";")[0] for kind in types} == {"application/json", "text/plain"}
