"""Requests drawn from the server's own description: whatever comes, the answer is one that it describes."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.app import create_app
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.records import Handshake
from dlt_web.lts.service import Service
from dlt_web.lts.store import MemoryStore
from tests.lts.world import CODE

STORE, CLOCK = MemoryStore(), StandingClock()
SERVICE = Service(STORE, CLOCK)
ADMIN = Administration(STORE, CLOCK, "test")
ADMIN.add_license(LicenseSettings("per_device", 1_000, id="L"))
ADMIN.add_handshake(Handshake(CODE, ("L",)))
HEADERS = {"Authorization": f"Bearer {ADMIN.add_admin_key('fuzz')}"}

# Not that whatever fits the schema is taken: a schema cannot say that a slot starts at a multiple of 180 s.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(SERVICE))


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_described_one(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=HEADERS, checks=CHECKS)
