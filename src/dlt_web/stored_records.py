"""Local state as records of the store, and back.

One record that cannot be read costs only what it said: it is set aside, and the UUID and all other records stay good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from .device import is_uuid4
from .errors import DltError, WireError
from .json_value import (
    number_from,
    one_of,
    optional,
    read_boolean,
    read_list,
    read_object,
    read_text,
    read_uuid,
    required,
    text_up_to,
)
from .local_state import LocalState, Permission, SetAside
from .messages import Records
from .model import CHARGE_WAYS, ChargeWay, Counts
from .queued_report import DeadLetter, QueuedReport, ReportKey
from .wire import MAX_STORE_EPOCH_LENGTH, decode_report, encode_report

Json = Any

DEVICE_KEY = "device"
_count = number_from(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a commit must write and delete to get from one state to another."""

    put: dict[str, Json]
    delete: tuple[str, ...]

    def __bool__(self) -> bool:
        """Tell whether there is anything to commit."""
        return bool(self.put or self.delete)


def difference(before: LocalState, after: LocalState) -> Difference:
    """Return what to write; looks into reports only where the object changed."""
    prefix = _prefix(after.handshake_code)
    small_before, small_after = _small_records(before), _small_records(after)
    put = {key: value for key, value in small_after.items() if small_before.get(key) != value}
    delete = [key for key in small_before if key not in small_after]
    for name, old, new, encode in (
        ("report", before.queue.reports, after.queue.reports, _encode_queued),
        ("dead", before.queue.dead_letters, after.queue.dead_letters, _encode_dead_letter),
    ):
        put |= {
            prefix + _name(name, key): cast("Callable[[object], Json]", encode)(value)
            for key, value in new.items()
            if old.get(key) is not value
        }
        delete += [prefix + _name(name, key) for key in old if key not in new]
    return Difference(put, tuple(delete))


def state_from_records(handshake_code: str, records: Records) -> LocalState:
    """Return the state that a store's records say.

    A record of this code that cannot be read (damaged, or a newer version's) is named in ``set_aside`` and never
    counted as empty in silence. A device whose own record cannot be read has no name to go on under.

    Raises:
        DltError: the device's record cannot be read. The tracker then works in memory and says so, and the store stays
            for a version that can read it.
    """
    prefix = _prefix(handshake_code)
    state = LocalState(handshake_code)
    set_aside = {}
    for key, value in records.items():
        if key == DEVICE_KEY:
            state.device_uuid = _device_uuid(value)
        elif key.startswith(prefix):
            name = key.removeprefix(prefix)
            try:
                _read_record(state, name, value)
            except WireError as error:
                scan_count = _least_scan_count(value) if name.startswith("report/") else 0
                set_aside[name] = SetAside(f"{error.field} is not as expected", scan_count)
    state.set_aside = set_aside
    return state


def _prefix(handshake_code: str) -> str:
    # A handshake code may hold a slash; with its length in front no code's prefix begins another's.
    return f"code/{len(handshake_code)}/{handshake_code}/"


def _name(kind: str, key: ReportKey) -> str:
    stream_id, seq = key
    return f"{kind}/{stream_id}/{seq}"


# -- the device, the stream, the license ----------------------------------------------------------------------------


def _device_uuid(value: Json) -> str:
    uuid = value.get("uuid") if isinstance(value, dict) else None
    if not is_uuid4(uuid):
        raise DltError(
            "The stored record of this device cannot be read: it holds no UUID. The tracker works in memory, as "
            "another device; purge the site's data to begin anew.",
            code="STORE_UNREADABLE",
        )
    return cast("str", uuid)


def _small_records(state: LocalState) -> dict[str, Json]:
    prefix = _prefix(state.handshake_code)
    queue, permission = state.queue, state.permission
    records: dict[str, Json] = {}
    if state.device_uuid is not None:
        records[DEVICE_KEY] = {"uuid": state.device_uuid}
    stream = queue.stream_id, queue.store_epoch
    if stream != (None, None) or queue.unreported_lost or state.lost_with_devices or state.lost_with_records:
        records[f"{prefix}stream"] = {
            "streamId": queue.stream_id,
            "nextSeq": queue.next_seq,
            "storeEpoch": queue.store_epoch,
            "unreportedLost": dict(queue.unreported_lost),
            "lostWithDevices": dict(state.lost_with_devices),
            "lostWithRecords": dict(state.lost_with_records),
        }
    if state.counted_calls:
        # As pairs: an object's members come back in another order where names look like numbers.
        records[f"{prefix}calls"] = [list(counted) for counted in state.counted_calls.items()]
    if state.report_token is not None or state.first_request_at_ms is not None or permission is not None:
        records[f"{prefix}license"] = {
            "reportToken": state.report_token,
            "firstRequestAt": state.first_request_at_ms,
            "clockSeen": state.clock_seen_ms,
            "permission": None if permission is None else _encode_permission(permission),
        }
    return records


def _read_record(state: LocalState, name: str, value: Json) -> None:
    """Take a record into the state, whole or not at all; a kind that is not known yet is left alone."""
    kind = name.partition("/")[0]
    if kind in _READERS:
        _READERS[kind](state, name, value)


def _read_stream(state: LocalState, name: str, value: Json) -> None:
    fields = read_object(value, name)
    stream_id = optional(fields, "streamId", read_uuid, name)
    next_seq = required(fields, "nextSeq", number_from(1), name)
    store_epoch = optional(fields, "storeEpoch", text_up_to(MAX_STORE_EPOCH_LENGTH), name)
    unreported_lost = required(fields, "unreportedLost", _tally, name)
    lost_with_devices = optional(fields, "lostWithDevices", _tally, name) or {}
    lost_with_records = optional(fields, "lostWithRecords", _tally, name) or {}
    state.queue.stream_id, state.queue.next_seq, state.queue.store_epoch = stream_id, next_seq, store_epoch
    state.queue.unreported_lost = unreported_lost
    state.lost_with_devices, state.lost_with_records = lost_with_devices, lost_with_records


def _read_calls(state: LocalState, name: str, value: Json) -> None:
    counted = {}
    for pair in read_list(value, name):
        if not isinstance(pair, list) or len(pair) != 2:
            raise WireError("expected a page and the number of its call", field=name)
        counted[read_text(pair[0], name)] = _count(pair[1], name)
    state.counted_calls = counted


def _read_license(state: LocalState, name: str, value: Json) -> None:
    fields = read_object(value, name)
    report_token = optional(fields, "reportToken", read_text, name)
    first_request_at_ms = optional(fields, "firstRequestAt", number_from(0), name)
    clock_seen_ms = optional(fields, "clockSeen", number_from(0), name)
    state.permission = optional(fields, "permission", _decode_permission, name)
    state.report_token, state.first_request_at_ms = report_token, first_request_at_ms
    state.clock_seen_ms = clock_seen_ms


def _encode_permission(permission: Permission) -> Json:
    return {
        "token": permission.token,
        "chargeWay": permission.charge_way,
        "itemId": permission.item_id,
        "overQuota": permission.is_over_quota,
        "grantedAt": permission.granted_at_ms,
        "expiresAt": permission.expires_at_ms,
        "offlineUntil": permission.offline_until_ms,
    }


def _decode_permission(value: Json, path: str) -> Permission:
    fields = read_object(value, path)
    return Permission(
        token=required(fields, "token", read_text, path),
        charge_way=cast("ChargeWay", required(fields, "chargeWay", one_of(CHARGE_WAYS), path)),
        item_id=required(fields, "itemId", read_text, path),
        is_over_quota=required(fields, "overQuota", read_boolean, path),
        granted_at_ms=required(fields, "grantedAt", _count, path),
        expires_at_ms=required(fields, "expiresAt", _count, path),
        offline_until_ms=required(fields, "offlineUntil", _count, path),
    )


def _tally(value: Json, path: str) -> Counts:
    return {name: _count(number, path) for name, number in read_object(value, path).items()}


# -- reports --------------------------------------------------------------------------------------------------------


def _read_report(state: LocalState, name: str, value: Json) -> None:
    fields = read_object(value, name)
    queued = QueuedReport(
        stream_id=required(fields, "streamId", read_uuid, name),
        report=required(fields, "report", decode_report, name),
        acknowledged=optional(fields, "acknowledged", decode_report, name),
        kept_since_ms=optional(fields, "keptSince", _count, name),
        failed_attempts=required(fields, "failedAttempts", _count, name),
        attempt_counted_ms=optional(fields, "attemptCounted", _count, name),
        is_set_back=required(fields, "setBack", read_boolean, name),
    )
    state.queue.reports[_own_key("report", queued.key, name)] = queued


def _read_dead_letter(state: LocalState, name: str, value: Json) -> None:
    fields = read_object(value, name)
    letter = DeadLetter(
        stream_id=required(fields, "streamId", read_uuid, name),
        report=required(fields, "report", decode_report, name),
        code=required(fields, "code", read_text, name),
    )
    state.queue.dead_letters[_own_key("dead", letter.key, name)] = letter


def _own_key(kind: str, key: ReportKey, name: str) -> ReportKey:
    if _name(kind, key) != name:
        raise WireError("expected the report that the record is named after", field=f"{name}.report")
    return key


def _least_scan_count(value: Json) -> int:
    """Return how many scans an unreadable report holds unacknowledged, at least: a report is opened by one."""
    fields = value if isinstance(value, dict) else {}
    if isinstance(fields.get("keptSince"), int):
        return 0
    return max(1, _scan_count(fields.get("report")) - _scan_count(fields.get("acknowledged")))


def _scan_count(report: Json) -> int:
    try:
        return sum(_tally(read_object(report, "")["counts"], "").values())
    except (WireError, KeyError):
        return 0


def _encode_queued(queued: QueuedReport) -> Json:
    return {
        "streamId": queued.stream_id,
        "report": encode_report(queued.report),
        "acknowledged": None if queued.acknowledged is None else encode_report(queued.acknowledged),
        "keptSince": queued.kept_since_ms,
        "failedAttempts": queued.failed_attempts,
        "attemptCounted": queued.attempt_counted_ms,
        "setBack": queued.is_set_back,
    }


def _encode_dead_letter(letter: DeadLetter) -> Json:
    return {"streamId": letter.stream_id, "report": encode_report(letter.report), "code": letter.code}


_READERS: dict[str, Callable[[LocalState, str, Json], None]] = {
    "stream": _read_stream,
    "calls": _read_calls,
    "license": _read_license,
    "report": _read_report,
    "dead": _read_dead_letter,
}
