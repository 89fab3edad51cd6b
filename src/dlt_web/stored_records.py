"""Local state as records of the store, and back.

One record that cannot be read costs only what it said: it is set aside, and the UUID and all other records stay good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from operator import is_not
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
from .model import CHARGE_WAYS, ChargeWay, Counts, frozen
from .queued_report import DeadLetter, QueuedReport, ReportKey
from .wire import MAX_STORE_EPOCH_LENGTH, decode_report, encode_report

Json = Any

DEVICE_KEY = "device"
_count = number_from(0)


@frozen
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
    put: dict[str, Json] = {}
    delete: list[str] = []
    for (name, encode), old, new in zip(_SMALL_RECORDS, _small_parts(before), _small_parts(after), strict=True):
        if old == new:
            continue
        key = name if name == DEVICE_KEY else prefix + name
        record = encode(new)
        if record is not None:
            put[key] = record
        elif encode(old) is not None:
            delete.append(key)
    queues: tuple[tuple[str, Mapping[ReportKey, Any], Mapping[ReportKey, Any], Callable[[Any], Json]], ...] = (
        ("report", before.queue.reports, after.queue.reports, _encode_queued),
        ("dead", before.queue.dead_letters, after.queue.dead_letters, _encode_dead_letter),
    )
    for kind, olds, news, encode_report_of in queues:
        if news is olds:
            continue
        # A week's reports are looked through with each commit, so no line of Python runs for each of them.
        changed = list(compress(news.items(), map(is_not, map(olds.get, news), news.values())))
        for report_key, value in changed:
            put[prefix + _name(kind, report_key)] = encode_report_of(value)
        if len(olds) + len([1 for report_key, _ in changed if report_key not in olds]) > len(news):
            delete += [prefix + _name(kind, report_key) for report_key in olds if report_key not in news]
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


def _device_record(device_uuid: str | None) -> Json:
    return None if device_uuid is None else {"uuid": device_uuid}


def _stream_record(parts: tuple[Any, ...]) -> Json:
    stream_id, next_seq, store_epoch, *lost = parts
    if (stream_id, store_epoch) == (None, None) and not any(lost):
        return None
    unreported_lost, lost_with_devices, lost_with_records = lost
    return {
        "streamId": stream_id,
        "nextSeq": next_seq,
        "storeEpoch": store_epoch,
        "unreportedLost": dict(unreported_lost),
        "lostWithDevices": dict(lost_with_devices),
        "lostWithRecords": dict(lost_with_records),
    }


def _calls_record(counted: list[tuple[str, int]]) -> Json:
    # As pairs: an object's members come back in another order where names look like numbers.
    return [list(pair) for pair in counted] or None


def _journal_record(parts: tuple[Any, ...]) -> Json:
    journalled_pages, has_forgotten_calls = parts
    if not journalled_pages and not has_forgotten_calls:
        return None
    return {"pages": sorted(journalled_pages), "hasForgotten": has_forgotten_calls}


def _license_record(parts: tuple[Any, ...]) -> Json:
    report_token, first_request_at_ms, clock_seen_ms, permission = parts
    if report_token is None and first_request_at_ms is None and permission is None:
        return None
    return {
        "reportToken": report_token,
        "firstRequestAt": first_request_at_ms,
        "clockSeen": clock_seen_ms,
        "permission": None if permission is None else _encode_permission(permission),
    }


def _small_parts(state: LocalState) -> tuple[Any, ...]:
    """Return what each of the small records is made of, in their order.

    Hardly a commit changes any but the calls. Equal parts make equal records, which need not be made to find that out,
    and others make others or none.
    """
    queue = state.queue
    return (
        state.device_uuid,
        (
            queue.stream_id,
            queue.next_seq,
            queue.store_epoch,
            queue.unreported_lost,
            state.lost_with_devices,
            state.lost_with_records,
        ),
        list(state.counted_calls.items()),
        (state.journalled_pages, state.has_forgotten_calls),
        (state.report_token, state.first_request_at_ms, state.clock_seen_ms, state.permission),
    )


# Each record beside the reports, and how it is made of its parts; None stands for no record.
_SMALL_RECORDS: tuple[tuple[str, Callable[[Any], Json]], ...] = (
    (DEVICE_KEY, _device_record),
    ("stream", _stream_record),
    ("calls", _calls_record),
    ("journal", _journal_record),
    ("license", _license_record),
)


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


def _read_journal(state: LocalState, name: str, value: Json) -> None:
    fields = read_object(value, name)
    pages = frozenset(read_text(page, name) for page in required(fields, "pages", read_list, name))
    has_forgotten = required(fields, "hasForgotten", read_boolean, name)
    state.journalled_pages, state.has_forgotten_calls = pages, has_forgotten


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
    state.queue.dead_letters = {**state.queue.dead_letters, _own_key("dead", letter.key, name): letter}


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
    "journal": _read_journal,
    "license": _read_license,
    "report": _read_report,
    "dead": _read_dead_letter,
}
