"""The pages of a tracker and what they are told: promises, events, and the state that they show.

What a feed has for them is kept until its end: a page finds the state that a promise or an event speaks of in place.
"""

from __future__ import annotations

from typing import Any

from .changes import Change, ScansCounted
from .errors import ScanError
from .explanation import ErrorLog, explain
from .ledger import Ledger
from .licensing import Licensing
from .local_state import LocalState
from .messages import Command, Json, Mirror, Notify, Recount, Reject, Resolve, ready_of
from .model import Moment
from .options import TrackerOptions
from .outbox import Outbox, Trouble
from .reading_log import ReadingLog, explain_readings
from .reporting import Reporting
from .view import counted_view, dead_letters_view, license_view, pending_view


class Audience:
    """The pages of one tracker.

    Attributes:
        storage_trouble: why the store was left; None while it was not.
        flushed_calls: those that were on their way to the disk when a flush was asked for, and still are.
        readings: what was seen last, for an explanation.
    """

    def __init__(
        self, options: TrackerOptions, outbox: Outbox, ledger: Ledger, licensing: Licensing, reporting: Reporting
    ) -> None:
        self.storage_trouble: Trouble | None = None
        self.readings = ReadingLog()
        self._options = options
        self._outbox = outbox
        self._ledger = ledger
        self._licensing = licensing
        self._reporting = reporting
        # By page: whether its `ready` is settled.
        self._pages: dict[str, bool] = {}
        self._newcomers: list[str] = []
        self._replies: list[Command] = []
        self.flushed_calls: set[str] = set()
        self._flushing: list[str] = []
        self._explaining: list[str] = []
        self._errors = ErrorLog()
        self._shown: dict[str, Any] = {}
        # The numbers that they show once the commit under way is on disk, where that was foretold.
        self._foretold: dict[str, int] = {}

    def __contains__(self, page: str) -> bool:
        """Tell whether a page uses the tracker."""
        return page in self._pages

    @property
    def is_empty(self) -> bool:
        """Tell whether no page uses the tracker."""
        return not self._pages

    @property
    def shown_uuid(self) -> str | None:
        """Return the device UUID that pages show; None while they show none."""
        uuid: str | None = self._shown.get("deviceUuid")
        return uuid

    # -- who listens, and waits for what --

    def join(self, page: str) -> None:
        """A page comes: its ``ready`` waits, and it is told what others were told when it happened."""
        self._pages[page] = False
        self._newcomers.append(page)

    def leave(self, page: str) -> None:
        """A page goes, or has gone long ago."""
        self._pages.pop(page, None)

    def wait_for_flush(self, call: str) -> None:
        """Answer this call when nothing is under way any more that is now."""
        self._flushing.append(call)
        self.flushed_calls |= self._ledger.calls_under_way

    def wait_for_explanation(self, call: str) -> None:
        """Answer this call at the end of this feed."""
        self._explaining.append(call)

    def explain_scan(self, call: str, barcodes: Json) -> None:
        """Answer which barcodes these are and why, or why they are none."""
        try:
            self.resolve(call, explain_readings(barcodes))
        except ScanError as error:
            self.reject(call, "ScanError", error.code, error.message)

    # -- what they are told --

    def resolve(self, call: str, value: Json) -> None:
        """Resolve the promise of a call."""
        self._replies.append(Resolve(call, value))

    def reject(self, call: str, error: str, code: str, message: str) -> None:
        """Reject the promise of a call with an error of class ``error``."""
        self._replies.append(Reject(call, error, code, message))

    def tell(self, event: str, detail: Json, page: str | None = None) -> None:
        """Tell one page's listeners of an event, or those of all."""
        self._replies.append(Notify(event, detail, page))  # type: ignore[arg-type]

    def answer(self, command: Command) -> None:
        """Have a command carried out in the pages at the end of this feed."""
        self._replies.append(command)

    def foretell(self, after: LocalState, changes: list[Change]) -> tuple[Command, ...]:
        """Return what pages are told as soon as changes are on disk, so that none waits for what else follows from it.

        Args:
            after: what is on disk then.
            changes: these; where not all of them are scans there is more to tell, and to find out, and nothing is
                foretold.
        """
        scans = [change for change in changes if isinstance(change, ScansCounted)]
        self._foretold = counted_view(after) if len(scans) == len(changes) else {}
        if not self._foretold:
            return ()
        return (Recount(**self._foretold), *[answer for change in scans for answer in answers_to(change)])

    def has_heard(self) -> bool:
        """Tell whether pages heard of the commit that is on disk now, since it was foretold."""
        foretold, self._foretold = self._foretold, {}
        if foretold:
            self._shown = {**self._shown, "pending": {**self._shown["pending"], **foretold}}
        return bool(foretold)

    def settle(self, now: Moment) -> None:
        """Settle each promise whose answer is known as things stand after this feed."""
        self.readings.catch_up()
        self._settle_ready()
        self._settle_flushes()
        troubles = {
            "license": self._licensing.trouble,
            "clock": self._licensing.clock.trouble,
            "reports": self._reporting.trouble,
            "storage": self.storage_trouble or self._ledger.trouble,
        }
        self._errors.note(troubles, now)
        if self._explaining:
            told = explain(self._options, self._ledger, self._licensing, self._reporting, self._errors, now)
            told["readings"] = self.readings.told()
            for call in self._explaining:
                self.resolve(call, told)
            self._explaining.clear()

    def show(self, now: Moment) -> None:
        """Mirror what the pages show, tell of its changes, and let the promises go."""
        self._mirror(now)
        for reply in self._replies:
            self._outbox.emit(reply)
        self._replies.clear()

    # -- inside --

    def _settle_ready(self) -> None:
        unsettled = [page for page, is_settled in self._pages.items() if not is_settled]
        if not unsettled or self._ledger.state.device_uuid is None or not self._is_license_known:
            return
        licensing = self._licensing
        forbidden = licensing.forbids()
        for page in unsettled:
            self._pages[page] = True
            if licensing.state == "refused" and forbidden is not None:
                self.reject(ready_of(page), "LicenseError", *forbidden)
            else:
                self.resolve(ready_of(page), None)

    @property
    def _is_license_known(self) -> bool:
        """Tell whether a ``ready`` can be settled; a page that came late waits for what it has asked anew."""
        if self._licensing.state == "starting":
            return self._options.authorize == "first-scan"
        return not self._licensing.is_about_to_know

    def _settle_flushes(self) -> None:
        if not self._flushing or not self._ledger.is_idle or self.flushed_calls:
            return
        if self._reporting.is_busy or self._licensing.is_busy:
            return
        queue = self._ledger.state.queue
        left = {"pendingScans": queue.pending_scan_count(), "pendingReports": len(queue.pending())}
        for call in self._flushing:
            self.resolve(call, left)
        self._flushing.clear()

    def _mirror(self, now: Moment) -> None:
        state = {
            "deviceUuid": self._ledger.state.device_uuid,
            "storage": self._ledger.storage,
            "license": license_view(self._licensing, now),
            "pending": pending_view(self._reporting, self._ledger, now),
            "deadLetters": dead_letters_view(self._ledger),
        }
        before, self._shown = self._shown, state
        newcomers, self._newcomers = self._newcomers, []
        if state == before and not newcomers:
            return
        self._outbox.emit(Mirror(state))
        for page in newcomers:
            self._introduce(page, before)
        if state["license"] != before.get("license"):
            self.tell("license", state["license"])
        if state["pending"]["attempts"] != before.get("pending", {"attempts": 0})["attempts"]:
            self.tell("report", state["pending"])
        if before and before["storage"] is None and state["storage"] is not None:
            self.tell("storage", self._storage_view())

    def _storage_view(self) -> Json:
        trouble = self.storage_trouble
        return {"storage": self._ledger.storage, "reason": "opened" if trouble is None else trouble.message}

    def _introduce(self, page: str, shown: Json) -> None:
        """Tell a page that came late what the others heard when it happened."""
        if shown and shown["storage"] is not None:
            self.tell("storage", self._storage_view(), page)
        if shown and shown["license"]["state"] != "starting":
            self.tell("license", shown["license"], page)


def answers_to(change: ScansCounted) -> tuple[Command, Command]:
    """Return what is told of scans that are on disk: to who waits for them, and to its page."""
    detail = {"scans": change.value["scans"], "bySymbology": dict(change.counts)}
    return Resolve(change.call, change.value), Notify("scan", detail, change.page)
