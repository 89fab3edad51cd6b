"""What really lies on a host's disk and really leaves it is in the tables of docs/privacy.md, field by field."""

from __future__ import annotations

import json
import re
from pathlib import Path

import apsw

from dlt_web.disclosure import named, paths
from dlt_web.disclosure.host import ON_HOST, SENT_HEADERS_OF_HOSTS
from dlt_web.disclosure.tables import SENT, STORED
from dlt_web.host import HostTracker
from dlt_web.host.files import FILE_NAME
from dlt_web.host.machine import read_traits
from dlt_web.host.sqlite_store import MAX_TOKENS
from dlt_web.host.traits import TRAIT_NAMES
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.host.devices import FILE

TOLD = {table.name: {path for path, _ in table.fields} for table in (*ON_HOST, *STORED, *SENT)}
TEXT = "https://secret.example/CANARY-4711"
EAN = "4006381333931"


def test_all_that_is_stored_and_sent_is_told_and_no_trait_or_text_is_among_it(
    lts: LtsProcess, proxy: RecordingProxy, tmp_path: Path
):
    given = {"handshake_code": lts.add_code(), "license_server": proxy.url, "store": tmp_path / FILE}
    with HostTracker(**given, edition="server", traits=["cpu_id", *(f"{name}?" for name in TRAIT_NAMES)]) as tracker:
        tracker.wait_until_ready()
        tracker.scan([{"format": "qr_code", "text": TEXT}, {"format": "EAN13", "text": EAN}])
        tracker.flush()
        tracker.scan({"format": "qr_code", "text": TEXT})
        on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        look_at_files(tmp_path)
    sent = proxy.requests()
    for request in sent:
        look_at_request(request.method, request.path, request.body)
        names = {name.lower() for name, _ in request.headers}
        assert names <= set(SENT_HEADERS_OF_HOSTS)
    everything = on_disk.lower() + b"".join(request.head + request.body for request in sent).lower()
    traits = [trait.value for trait in read_traits(TRAIT_NAMES).values()]
    assert traits
    for secret in (*traits, TEXT, "canary", EAN):
        assert secret.lower().encode() not in everything


def look_at_files(folder: Path) -> None:
    (queue,) = folder.glob(f"{FILE}.*.db")
    assert {path.name for path in folder.iterdir()} == {FILE, *(f"{queue.name}{end}" for end in ("", "-wal", "-shm"))}
    assert set(paths(json.loads((folder / FILE).read_text()))) == TOLD[".dlt-web-device"]
    database = apsw.Connection(str(queue))
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {name: {row[1] for row in database.execute(f"PRAGMA table_info({name})")} for name in tables}
    records = list(database.execute("SELECT key, value FROM record"))
    database.close()
    assert columns == {name: fields for name, fields in TOLD.items() if name in ("head", "change", "record")}
    assert len(records) > 3
    for key, value in records:
        # A member that is null may stand for one with fields.
        known = TOLD[f"dlt-web/records/{named(key)}"]
        assert all(
            path in known or any(one.startswith(f"{path}.") for one in known) for path in paths(json.loads(value))
        )


def look_at_request(method: str, path: str, body: bytes) -> None:
    known = TOLD[f"{method} {path}"]
    assert not body or set(paths(json.loads(body))) <= known


def test_names_and_limits_of_the_tables_are_those_of_the_code():
    assert {table.name for table in ON_HOST} == {FILE_NAME, "head", "change", "record"}
    (change,) = (table for table in ON_HOST if table.name == "change")
    assert re.search(r"\d+", change.until)[0] == str(MAX_TOKENS)  # type: ignore[index]
