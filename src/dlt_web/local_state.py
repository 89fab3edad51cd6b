"""What a device keeps on disk for one handshake code, and how it becomes records of the store.

The device's UUID belongs to the origin; queue, report token and auth token belong to (origin, handshake code), so that
several codes on one page work side by side (spec §4). Nothing here holds a barcode's text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from .device import is_uuid4
from .errors import DltError, WireError
from .messages import Records
from .model import ChargeWay, Counts
from .report_queue import DeadLetter, QueuedReport, ReportQueue
from .wire import decode_report, encode_report

Json = Any
T = TypeVar("T")

DEVICE_KEY = "device"

# A page says a call again only when the runtime that it told is gone, within seconds: more pages than this would all
# have to wait for an answer at that moment.
MAX_PAGES = 32


@dataclass(frozen=True, slots=True)
class Permission:
    """A granted and verified auth token, in terms of the device's own wall clock.

    Attributes:
        token: compact JWS.
        charge_way: of the item that the device is charged to.
        item_id: that item.
        is_over_quota: granted although the quota is used up.
        granted_at_ms: wall time of the grant.
        expires_at_ms: end of the online life.
        offline_until_ms: end of the offline allowance; never before ``expires_at_ms``.
    """

    token: str
    charge_way: ChargeWay
    item_id: str
    is_over_quota: bool
    granted_at_ms: int
    expires_at_ms: int
    offline_until_ms: int


@dataclass(slots=True)
class LocalState:
    """Working copy of the records of one handshake code.

    Attributes:
        handshake_code: whose records these are.
        device_uuid: None until it is made.
        queue: reports and their numbering.
        report_token: proof that goes along with reports; None before the first authorization's answer.
        permission: the newest granted token; None after a refusal.
        first_request_at_ms: wall time of the first authorization request; the first 24 hours run from it.
        lost_with_devices: UUIDs of devices that were purged unheard, and how many of their scans were said as lost.
        counted_calls: page loads, the latest last, and the number of the newest call of each that is counted.
    """

    handshake_code: str
    device_uuid: str | None = None
    queue: ReportQueue = field(default_factory=ReportQueue)
    report_token: str | None = None
    permission: Permission | None = None
    first_request_at_ms: int | None = None
    lost_with_devices: Counts = field(default_factory=dict)
    counted_calls: Counts = field(default_factory=dict)

    def copy(self) -> LocalState:
        """Return a copy that can change without this one."""
        return replace(self, queue=self.queue.copy())

    def has_counted(self, page: str, number: int) -> bool:
        """Tell whether this call of a page is counted already; a page's calls are counted in order."""
        return number <= self.counted_calls.get(page, 0)

    def remember_counted(self, page: str, number: int) -> None:
        """Note that a page's calls are counted up to this one."""
        others = [one for one in self.counted_calls.items() if one[0] != page]
        self.counted_calls = dict([*others[-MAX_PAGES + 1 :], (page, number)])


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
            f"{prefix}{name}/{stream_id}/{seq}": cast("Callable[[object], Json]", encode)(value)
            for (stream_id, seq), value in new.items()
            if old.get((stream_id, seq)) is not value
        }
        delete += [f"{prefix}{name}/{stream_id}/{seq}" for stream_id, seq in old if (stream_id, seq) not in new]
    return Difference(put, tuple(delete))


def state_from_records(handshake_code: str, records: Records) -> LocalState:
    """Return the state that a store's records say.

    A record that cannot be read (a newer version's, or damaged) raises, rather than being counted as empty: the
    tracker then works in memory and says so, and the records stay for a version that can read them.

    Raises:
        DltError: names the record.
    """
    prefix = _prefix(handshake_code)
    state = LocalState(handshake_code)
    for key, value in records.items():
        try:
            if key == DEVICE_KEY:
                state.device_uuid = _device_uuid(value)
            elif key.startswith(prefix):
                _read_record(state, key.removeprefix(prefix), value)
        except (WireError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise DltError(f"The stored record {key!a:.120} cannot be read: {error}", code="STORE_UNREADABLE") from None
    return state


def _prefix(handshake_code: str) -> str:
    # A handshake code may hold a slash; with its length in front no code's prefix begins another's.
    return f"code/{len(handshake_code)}/{handshake_code}/"


def _small_records(state: LocalState) -> dict[str, Json]:
    prefix = _prefix(state.handshake_code)
    queue, permission = state.queue, state.permission
    records: dict[str, Json] = {}
    if state.device_uuid is not None:
        records[DEVICE_KEY] = {"uuid": state.device_uuid}
    stream = queue.stream_id, queue.store_epoch
    if stream != (None, None) or queue.unreported_lost or state.lost_with_devices:
        records[f"{prefix}stream"] = {
            "streamId": queue.stream_id,
            "nextSeq": queue.next_seq,
            "storeEpoch": queue.store_epoch,
            "unreportedLost": dict(queue.unreported_lost),
            "lostWithDevices": dict(state.lost_with_devices),
        }
    if state.counted_calls:
        # As pairs: an object's members come back in another order where names look like numbers.
        records[f"{prefix}calls"] = [list(counted) for counted in state.counted_calls.items()]
    if state.report_token is not None or state.first_request_at_ms is not None or permission is not None:
        records[f"{prefix}license"] = {
            "reportToken": state.report_token,
            "firstRequestAt": state.first_request_at_ms,
            "permission": None
            if permission is None
            else {
                "token": permission.token,
                "chargeWay": permission.charge_way,
                "itemId": permission.item_id,
                "overQuota": permission.is_over_quota,
                "grantedAt": permission.granted_at_ms,
                "expiresAt": permission.expires_at_ms,
                "offlineUntil": permission.offline_until_ms,
            },
        }
    return records


def _read_record(state: LocalState, name: str, value: Json) -> None:
    if name == "calls":
        state.counted_calls = {str(page): int(number) for page, number in value}
    elif name == "stream":
        state.queue.stream_id = value["streamId"]
        state.queue.next_seq = int(value["nextSeq"])
        state.queue.store_epoch = value["storeEpoch"]
        state.queue.unreported_lost = dict(value["unreportedLost"])
        state.lost_with_devices = dict(value.get("lostWithDevices", {}))
    elif name == "license":
        state.report_token = value["reportToken"]
        state.first_request_at_ms = value["firstRequestAt"]
        found = value["permission"]
        state.permission = found and Permission(
            token=found["token"],
            charge_way=found["chargeWay"],
            item_id=found["itemId"],
            is_over_quota=found["overQuota"],
            granted_at_ms=int(found["grantedAt"]),
            expires_at_ms=int(found["expiresAt"]),
            offline_until_ms=int(found["offlineUntil"]),
        )
    elif name.startswith("report/"):
        queued = _decode_queued(value)
        state.queue.reports[queued.key] = queued
    elif name.startswith("dead/"):
        letter = DeadLetter(value["streamId"], decode_report(value["report"]), value["code"])
        state.queue.dead_letters[letter.key] = letter


def _device_uuid(value: Mapping[str, Json]) -> str:
    uuid = value["uuid"]
    if not is_uuid4(uuid):
        raise ValueError("it holds no UUID")
    return cast("str", uuid)


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


def _decode_queued(value: Mapping[str, Json]) -> QueuedReport:
    acknowledged = value["acknowledged"]
    return QueuedReport(
        stream_id=value["streamId"],
        report=decode_report(value["report"]),
        acknowledged=None if acknowledged is None else decode_report(acknowledged),
        kept_since_ms=value["keptSince"],
        failed_attempts=int(value["failedAttempts"]),
        attempt_counted_ms=value["attemptCounted"],
        is_set_back=bool(value["setBack"]),
    )


def _encode_dead_letter(letter: DeadLetter) -> Json:
    return {"streamId": letter.stream_id, "report": encode_report(letter.report), "code": letter.code}
