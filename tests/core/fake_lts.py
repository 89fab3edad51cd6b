"""Answers of a license tracking server as a test wants them, made with the protocol's own encoder."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

from dlt_web.auth_token import claims_of, header_of
from dlt_web.model import AuthorizationAnswer, AuthToken, Problem, ReportAnswer, ReportResult, StreamRow
from dlt_web.wire import decode_report_request
from dlt_web.wire_answers import encode_authorization_answer, encode_problem, encode_report_answer
from tests.core.fake_shell import START_WALL_MS, FakeShell

KEYS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "key-1", "x": "AA"}]}
EPOCH = "store-1:1"
REPORT_TOKEN = "r1.token"


def token(
    device_uuid: str,
    *,
    life_s: int = 3600,
    allowance_s: int = 7 * 86_400,
    over_quota: bool = False,
    origin: str | None = None,
    key_id: str = "key-1",
    now_ms: int = START_WALL_MS,
    charge_way: str = "per_device",
) -> str:
    claims = AuthToken(
        key_id=key_id,
        issuer="https://lts.test",
        device_uuid=device_uuid,
        audience=origin,
        issued_at_s=now_ms // 1000,
        expires_at_s=now_ms // 1000 + life_s,
        token_id="t1",
        item_id="item-1",
        charge_way=charge_way,  # type: ignore[arg-type]
        over_quota=over_quota,
        offline_allowance_s=allowance_s,
    )
    parts = [json.dumps(header_of(key_id)), json.dumps(claims_of(claims))]
    return ".".join(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + ".c2ln"


def granted(shell: FakeShell, *, life_s: int = 3600, interval_s: int = 180, epoch: str = EPOCH, **more: Any) -> Any:
    now_ms = shell.clock.wall_ms
    return encode_authorization_answer(
        AuthorizationAnswer(
            token=token(shell.state["deviceUuid"], life_s=life_s, now_ms=now_ms, **more),
            expires_at_ms=now_ms + life_s * 1000,
            server_time_ms=now_ms,
            item_id="item-1",
            charge_way="per_device",
            over_quota=more.get("over_quota", False),
            report_interval_s=interval_s,
            report_token=REPORT_TOKEN,
            store_epoch=epoch,
        )
    )


def grant(shell: FakeShell, **more: Any) -> None:
    """Answer the authorization under way with a good token, and the request for keys that follows."""
    shell.answer(shell.only_request("/v1/authorizations"), 201, granted(shell, **more))
    for request in [sent for sent in shell.sent if sent.url.endswith("jwks.json")]:
        shell.answer(request, 200, KEYS)


def refuse(shell: FakeShell, code: str = "QUOTA_EXHAUSTED", status: int = 403, **more: Any) -> None:
    problem = Problem(status, code, "5 of 5 devices are seated.", **more)
    shell.answer(shell.only_request("/v1/authorizations"), status, encode_problem(problem))


def accept_reports(shell: FakeShell, outcome: str = "accepted", **more: Any) -> list[dict[str, Any]]:
    """Answer the report request under way; return its reports."""
    request = shell.only_request("/v1/usage-reports")
    decoded = decode_report_request(request.body).request
    results = tuple(
        ReportResult(report.seq, report.version, outcome, more.get("code"))  # type: ignore[arg-type]
        for report in decoded.reports
    )
    newest = decoded.reports[-1] if decoded.reports else None
    last = more.get("last", StreamRow(newest.id, newest.seq, newest.version) if newest else None)
    answer = ReportAnswer(more.get("server_time_ms", shell.clock.wall_ms), more.get("epoch", EPOCH), results, last)
    shell.answer(request, 200, encode_report_answer(answer))
    return list(request.body["reports"])
