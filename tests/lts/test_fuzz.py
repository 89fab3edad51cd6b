"""Requests drawn from the server's own description: whatever comes, the answer is one that it describes."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from dlt_web.lts import admin_gate
from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.app import create_app
from dlt_web.lts.clock import StandingClock
from dlt_web.lts.keyring import make_report_token
from dlt_web.lts.openapi_schemas import CODE as CODE_SCHEMA
from dlt_web.lts.openapi_schemas import NAME, UUID
from dlt_web.lts.records import Handshake
from dlt_web.lts.service import Service
from dlt_web.lts.store import MemoryStore
from tests.long_form import by_form
from tests.lts.world import CODE, uuid

# In the module, as Schemathesis makes the items by itself.
pytestmark = pytest.mark.long_form

DEVICE = uuid(1)
STORE, CLOCK = MemoryStore(), StandingClock()
SERVICE = Service(STORE, CLOCK)
ADMIN = Administration(STORE, CLOCK, "test")
ADMIN.add_license(LicenseSettings("per_device", 1_000, id="L"))
ADMIN.add_handshake(Handshake(CODE, ("L",)))
REPORT_TOKEN = make_report_token(STORE.read(lambda rows: rows.keys("report")[0]).result(), CODE, DEVICE)

CONFIG = SchemathesisConfig.from_dict(
    {
        "auth": {"openapi": {"adminKey": {"bearer": ADMIN.add_admin_key("fuzz")}}},
        # A query may have more parameters than are asked for, as a message may have more members.
        "generation": {"allow-extra-parameters": False},
        # Of every place in every schema a value at its edge and one beyond: to write them takes each process seconds.
        # What trackers send gets them in every form; what comes from operators, with a key, in the long one.
        "phases": {"coverage": {"enabled": by_form(short=False, long=True)}},
        "operations": [
            {"include-path-regex": "^/v1/(authorizations|usage-reports)$", "phases": {"coverage": {"enabled": True}}}
        ],
        # A schema cannot say all that a value must be (printable, an end after its beginning): what fits it may still
        # be refused, but with 422 and the field's name, as for what does not fit.
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422"]},
            # A change for another version is refused before all of its values are looked at.
            "negative_data_rejection": {
                "expected-statuses": ["400", "401", "403", "404", "405", "409", "412", "413", "422"],
            },
        },
    }
)
load_all_checks()
# But for the time that an answer takes, which is no business of a test's.
ALL_CHECKS = [check for check in CHECKS.get_all() if check.__name__ != "max_response_time"]

# Wrong keys are among what is drawn, and each is to be refused as one.
with patch.object(admin_gate, "WRONG_KEYS_BURST", 10**9):
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(SERVICE), config=CONFIG)

# What exists, by the names under which requests ask for it, and what such a value looks like.
KNOWN = {
    "handshake": (CODE, CODE_SCHEMA),
    "handshakeCode": (CODE, CODE_SCHEMA),
    "code": (CODE, CODE_SCHEMA),
    "license": ("L", NAME),
    "id": ("L", NAME),
    "deviceUuid": (DEVICE, UUID),
    "uuid": (DEVICE, UUID),
}


def with_known_values(drawn: Any) -> Any:
    """Let every other request ask for what exists: a drawn name never would. What is wrong in it stays wrong."""
    if not isinstance(drawn, dict) or len(repr(drawn)) % 2:
        return drawn
    known = {
        name: value
        for name, (value, form) in KNOWN.items()
        if isinstance(drawn.get(name), str) and re.fullmatch(form["pattern"].rstrip("$"), drawn[name])
    }
    if "deviceUuid" in known and isinstance(drawn.get("reportToken"), str):
        known["reportToken"] = REPORT_TOKEN
    return drawn | known


@schema.hook
def map_body(_context: schemathesis.HookContext, body: Any) -> Any:
    return with_known_values(body)


@schema.hook
def map_query(_context: schemathesis.HookContext, query: Any) -> Any:
    return with_known_values(query)


@schema.hook
def map_path_parameters(_context: schemathesis.HookContext, path_parameters: Any) -> Any:
    return with_known_values(path_parameters)


@schema.parametrize()
@settings(max_examples=by_form(short=5, long=200), deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_described_one(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=ALL_CHECKS)
