"""What the blocking tracker and the one to await have in common: options, properties, inputs, events."""

from __future__ import annotations

import atexit
import logging
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import ClosedError, OptionError, shown
from ..messages import CloseRequested, ExplainRequested, FlushRequested, Input, ScanExplainRequested, ScanSeen
from ..model import StorageKind
from .answers import DeadLetter, License, Pending
from .files import default_path
from .identity import Identity, recipe_of
from .readings import read_barcodes
from .runtime import Runtime
from .settings import options_of
from .sqlite_store import SqliteStore
from .surroundings import Notice

Json = Any
Listener = Callable[[Any], None]
EventName = Literal["license", "report", "scan", "storage"]
log = logging.getLogger("dlt_web.host")

# As in a page: whatever waits for the network, closing is over after this.
CLOSE_TIMEOUT_S = 10.0
# At the interpreter's end nothing is sent any more: what is counted is on the disk, and goes out at the next start.
EXIT_TIMEOUT_S = 2.0

_open: weakref.WeakSet[TrackerParts] = weakref.WeakSet()


class TrackerParts:
    """The common part of :class:`~dlt_web.host.HostTracker` and :class:`~dlt_web.host.AsyncHostTracker`.

    Options beside those of every tracker (README, table of settings, written in snake_case):

    Args:
        handshake_code: everything is counted under it.
        license_server: URL of the license tracking server, or main and standby.
        edition: ``random`` (default): the UUID is random; ``server`` and ``embedded``: it is made of traits of the
            machine, so that a deleted file gives the same device again.
        traits: those of the edition if None; names out of ``cpu_id``, ``board``, ``mac``, ``machine_id``, ``os_id``.
            One with a ``?`` behind it may be missing: it never makes the UUID, and tells this machine from a copy.
        store: the device's file; one of the user's own, for all processes, if None.
        settings: ``duplicate_forget_time_ms``, ``duplicate_mode``, ``authorize``, ``enforcement``, ``product``,
            ``session_password``, ``device_friendly_name``, ``durability``.

    Raises:
        OptionError: names the option, what was found and what is allowed.
    """

    def __init__(
        self,
        *,
        handshake_code: str,
        license_server: str | Sequence[str],
        edition: str = "random",
        traits: Sequence[str] | None = None,
        store: str | Path | None = None,
        **settings: Any,
    ) -> None:
        options = options_of(handshake_code=handshake_code, license_server=license_server, **settings)
        recipe = recipe_of(edition, traits)
        self._path = default_path() if store is None else _path_of(store)
        self._identity = Identity(recipe, self._path.parent)
        self._listeners: list[tuple[str, Listener]] = []
        self._closing: Future[Json] | None = None
        used = SqliteStore(self._path, self._identity)
        self._runtime = Runtime(options, used, lambda: used.uuid_in_file() or self._identity.make()[0], self._tell)
        _open.add(self)

    # -- what it shows --

    @property
    def device_uuid(self) -> str | None:
        """The device's UUID; None before it is known."""
        uuid: str | None = self._runtime.state.get("deviceUuid")
        return uuid

    @property
    def storage(self) -> StorageKind | None:
        """Where counts are kept: ``file``, or ``memory`` where the file cannot be used; None before it is known."""
        storage: StorageKind | None = self._runtime.state.get("storage")
        return storage

    @property
    def license(self) -> License:
        """The license as it is now."""
        view = self._runtime.state.get("license")
        return License() if view is None else License.of(view)

    @property
    def pending(self) -> Pending:
        """What is counted and not yet acknowledged."""
        view = self._runtime.state.get("pending")
        return Pending() if view is None else Pending.of(view)

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The reports that the server will never take, each with its reason."""
        return tuple(map(DeadLetter.of, self._runtime.state.get("deadLetters", ())))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the operator is to know of this device: containers, copies, traits that are missing or shared."""
        return tuple(self._identity.notices)

    def on(self, event: EventName, listener: Listener) -> Callable[[], None]:
        """Hear an event: ``license``, ``report``, ``scan`` or ``storage``, each with what the browser's carries.

        Args:
            event: its name.
            listener: called with the event's detail; in the tracker's thread, where the tracker is one that blocks, and
                must then not wait for it.

        Returns:
            Ends it.
        """
        if event not in get_args(EventName):
            raise OptionError(f"There is no event {shown(event)}; the events are {', '.join(get_args(EventName))}.")
        entry = (event, listener)
        self._listeners.append(entry)
        return lambda: self._listeners.remove(entry) if entry in self._listeners else None

    # -- inside --

    def _tell(self, event: str, detail: Json) -> None:
        for wanted, listener in list(self._listeners):
            if wanted == event:
                try:
                    listener(detail)
                except Exception:
                    log.exception("a listener of the tracker failed at %r", event)

    def _scan(self, decoded: object, time_ms: float | None, source: str, stream: str) -> Future[Json]:
        wall_ms, monotonic_ms = time.time_ns() // 1_000_000, time.monotonic_ns() / 1_000_000
        barcodes = read_barcodes(decoded)
        page = self._runtime.page

        def make(call: str, number: int) -> Input:
            return ScanSeen(call, page, number, stream, source, time_ms, wall_ms, monotonic_ms, barcodes)

        return self._call(make)

    def _explain_scan(self, decoded: object) -> Future[Json]:
        barcodes = read_barcodes(decoded)
        return self._call(lambda call, _: ScanExplainRequested(call, barcodes))

    def _flush(self) -> Future[Json]:
        return self._call(lambda call, _: FlushRequested(call))

    def _explain(self) -> Future[Json]:
        # Also of one that was closed, as long as its thread lives.
        return self._runtime.call(lambda call, _: ExplainRequested(call))

    def _explained(self, told: Json) -> Json:
        told["host"] = {
            "file": str(self._path),
            "edition": self._identity.recipe.edition,
            "madeOf": list(self._identity.recipe.making),
            "notices": [{"code": notice.code, "message": notice.message} for notice in self.notices],
        }
        return told

    def _begin_closing(self) -> Future[Json]:
        if self._closing is None:
            page = self._runtime.page
            self._closing = self._runtime.call(lambda call, _: CloseRequested(call, page))
        return self._closing

    def _call(self, make: Callable[[str, int], Input]) -> Future[Json]:
        if self._closing is not None:
            raise ClosedError("This tracker was closed; nothing was counted. Construct a new one.")
        return self._runtime.call(make)

    def _end(self, timeout_s: float) -> None:
        _open.discard(self)
        self._runtime.stop(timeout_s)


def _path_of(store: object) -> Path:
    if not isinstance(store, str | Path) or not str(store):
        raise OptionError(f"store is the path of the device's file; found {shown(store)}.")
    # Programs go to other folders; the file does not.
    return Path(store).absolute()


@atexit.register
def _end_all() -> None:
    for tracker in list(_open):
        tracker._end(EXIT_TIMEOUT_S)
