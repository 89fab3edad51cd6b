"""When to ask for permission, and what the answer means for the page (spec §6, §8).

One authorization at a time: ask main, then standby; have the token checked (``token_check``); then the license state
moves. Nothing here waits: each step ends with a command, and the next begins with its answer.
"""

from __future__ import annotations

from .answers import NoAnswer, is_same_store, read_answer, store_mismatch
from .backoff import Backoff
from .changes import Change, EpochChanged
from .device import Entropy
from .ledger import Ledger
from .license_changes import AuthorizationAsked, AuthorizationLearned, ClockSeen
from .license_clock import LicenseClock
from .license_state import FORBIDDING_STATES, LicenseInput, LicenseStateName, next_state
from .local_state import Permission
from .model import AuthorizationAnswer, AuthorizationRequest, Moment, Problem
from .options import TrackerOptions
from .outbox import HttpResult, Outbox, Trouble
from .token_check import REQUEST_TIMEOUT_MS, Grant, TokenCheck
from .wire import encode_authorization_request
from .wire_answers import decode_authorization_answer

# Spec §8: "ready settles … at the latest after 10 s without an answer"; a later answer is still taken.
ANSWER_WAIT_MS = 10_000
# Spec §8: with no token yet, the first 24 hours are permitted.
FIRST_PERIOD_MS = 24 * 3600 * 1000
# A refused page asks again when it scans, but no more often: a quota rarely grows within a minute.
ASK_AGAIN_MS = 60_000
DEFAULT_REPORT_INTERVAL_S = 180


class Licensing:
    """The license side of one tracker.

    Attributes:
        state: see :mod:`dlt_web.license_state`.
        refusal: what the LTS said no with; None unless refused.
        trouble: why the last request had no usable answer; None after an answer.
        report_interval_s: as the LTS last said.
        clock: what the license's times are compared with.
    """

    def __init__(self, options: TrackerOptions, outbox: Outbox, ledger: Ledger) -> None:
        self.state: LicenseStateName = "starting"
        self.refusal: Problem | None = None
        self.trouble: Trouble | None = None
        self.report_interval_s = DEFAULT_REPORT_INTERVAL_S
        self.attempts_ended = 0
        self._options = options
        self._outbox = outbox
        self._ledger = ledger
        self.clock = LicenseClock(ledger)
        self._backoff = Backoff(len(options.license_servers), cap_ms=300_000)
        self._is_wanted = options.authorize == "start"
        self._asked_at_ms: int | None = None  # monotonic; None while no request is under way
        self._asked_wall_ms = 0
        self._last_asked_ms: int | None = None
        self._has_given_up_waiting = False
        self._check = TokenCheck(options, outbox, self._unanswered)
        self._unsettled: AuthorizationLearned | None = None
        self._now = Moment(0, 0, b"")
        self._entropy: Entropy | None = None

    # -- what the tracker tells --

    def begin(self, now: Moment, entropy: Entropy) -> None:
        """Take the moment of a feed; called first in each."""
        self._now, self._entropy = now, entropy
        self.clock.begin(now)
        self._check.begin(now.wall_ms)

    def page_joined(self) -> None:
        """A page constructed a tracker, which authorizes (spec §6) also where another page's token is good still."""
        if self._options.authorize == "start" and not self.is_busy:
            self.ask_again(even_if_licensed=True)

    def used(self) -> None:
        """Barcodes came in: renew or ask where that is due."""
        permission = self.permission
        if self.state == "refused":
            is_due = self._last_asked_ms is None or self._now.monotonic_ms - self._last_asked_ms >= ASK_AGAIN_MS
        elif permission is None:
            is_due = True
        else:
            half_life_ms = (permission.expires_at_ms - permission.granted_at_ms) // 2
            is_due = self._token_left_ms(permission) <= half_life_ms
        self._is_wanted = self._is_wanted or is_due

    def ask_again(self, *, even_if_licensed: bool = False) -> None:
        """Ask now, unless a live token makes it needless; a server's Retry-After is still kept."""
        permission = self.permission
        has_live_token = permission is not None and self._token_left_ms(permission) > 0
        if even_if_licensed or not has_live_token or self.state not in ("licensed", "grace"):
            self._is_wanted = True
            self._backoff.hurry()

    def settled(self, change: Change) -> None:
        """A change is on disk."""
        if change is self._unsettled:
            self._unsettled = None

    def forget(self) -> None:
        """The device is a new one: its license begins anew, and with ``first-scan`` only when it scans."""
        self.state, self.refusal, self._unsettled = "starting", None, None
        self._check.drop()
        self._asked_at_ms = None
        self._is_wanted = self._options.authorize == "start" or self._ledger.has_scans_waiting
        self._backoff.start_over()

    # -- what the tracker asks --

    @property
    def permission(self) -> Permission | None:
        """Return the newest grant, also while it is on its way to the disk."""
        return self._ledger.state.permission if self._unsettled is None else self._unsettled.permission

    @property
    def is_busy(self) -> bool:
        """Tell whether an answer is awaited."""
        return self._asked_at_ms is not None

    @property
    def is_about_to_know(self) -> bool:
        """Tell whether the state may change within 10 s, by an answer that is awaited or asked for now."""
        if self.is_busy:
            return not self._has_given_up_waiting
        return self._is_wanted and self._backoff.not_before_ms <= self._now.monotonic_ms

    def forbids(self) -> tuple[str, str] | None:
        """Return code and message of why scans are not permitted; None while they are."""
        if self.state not in FORBIDDING_STATES:
            return None
        if self.refusal is not None:
            return self.refusal.code, self.refusal.detail
        return (
            "LICENSE_TOKEN_EXPIRED",
            "The license token and its offline time are over, and the License Tracking Server did not answer since. "
            f"{self.trouble.message if self.trouble else ''}".strip(),
        )

    def next_try_ms(self) -> int | None:
        """Return the monotonic time of the next request; None if none is due."""
        return max(self._backoff.not_before_ms, self._now.monotonic_ms) if self._is_wanted else None

    def wake_at_ms(self) -> int | None:
        """Return when something happens here without an input, monotonic ms."""
        if self._asked_at_ms is not None:
            return None if self._has_given_up_waiting else self._asked_at_ms + ANSWER_WAIT_MS
        return self.next_try_ms() if self._ledger.state.device_uuid is not None else None

    # -- deciding --

    def step(self) -> None:
        """Ask if it is due; notice silence, and that time goes on."""
        now = self._now
        if self.clock.is_due and self._ledger.is_idle:
            self._ledger.note(ClockSeen(self.clock.now_ms))
        if self._asked_at_ms is not None:
            if not self._has_given_up_waiting and now.monotonic_ms >= self._asked_at_ms + ANSWER_WAIT_MS:
                self._has_given_up_waiting = True
                url = self._url("/v1/authorizations")
                self._silent(Trouble("SERVER_UNREACHABLE", f"{url} has not answered within 10 s."))
            return
        is_due = self._is_wanted and now.monotonic_ms >= self._backoff.not_before_ms
        # What is on its way to the disk (a device, a new epoch) belongs into the request.
        if is_due and self._ledger.is_idle and self._ledger.state.device_uuid is not None:
            self._ask()

    def renewed(self, token: str, expires_at_ms: int, server_time_ms: int) -> None:
        """Take a token that came with the answer to a report."""
        if self._asked_at_ms is None and not self._check.is_under_way:
            self._asked_at_ms, self._has_given_up_waiting = self._now.monotonic_ms, True
            self._backoff.ask(self._now.monotonic_ms)  # for the key of the signature
            self._take(Grant(token, expires_at_ms, server_time_ms))

    def token_verified(self, token: str, verdict: str) -> None:
        """Take the verdict on a signature."""
        verified = self._check.verified(token, verdict)
        if verified is None:
            return
        grant, permission = verified
        self.clock.granted()
        self._note(AuthorizationLearned(permission, grant.report_token, grant.store_epoch))
        self._ended(is_good=True)
        self.refusal = self.trouble = None
        self._move("granted_over_quota" if permission.is_over_quota else "granted")

    # -- inside --

    def _note(self, learned: AuthorizationLearned) -> None:
        self._unsettled = learned
        self._ledger.note(learned)

    @property
    def _server(self) -> str:
        return self._options.license_servers[self._backoff.server_index]

    def _url(self, path: str) -> str:
        return f"{self._server}{path}"

    def _ask(self) -> None:
        options, state = self._options, self._ledger.state
        self._is_wanted = False
        self._backoff.ask(self._now.monotonic_ms)
        self._asked_at_ms = self._last_asked_ms = self._now.monotonic_ms
        self._asked_wall_ms, self._has_given_up_waiting = self.clock.now_ms, False
        if state.first_request_at_ms is None:
            self._ledger.note(AuthorizationAsked())
        assert state.device_uuid is not None
        request = AuthorizationRequest(
            handshake_code=options.handshake_code,
            device_uuid=state.device_uuid,
            product=options.product,
            session_password=options.session_password,
            friendly_name=options.friendly_name,
            storage=self._ledger.storage or "memory",
            partitioned=options.partitioned,
            store_epoch=state.queue.store_epoch,
        )
        uuid = state.device_uuid
        self._outbox.send(
            "POST",
            self._url("/v1/authorizations"),
            encode_authorization_request(request),
            timeout_ms=REQUEST_TIMEOUT_MS,
            then=lambda result: self._answered(result, request) if uuid == self._ledger.state.device_uuid else None,
        )

    def _answered(self, result: HttpResult, request: AuthorizationRequest) -> None:
        url = self._url("/v1/authorizations")
        answer = read_answer(result, url, 201, decode_authorization_answer, wall_ms=self._now.wall_ms)
        store_epoch = None if isinstance(answer, NoAnswer) else answer.store_epoch
        if store_epoch is not None and not is_same_store(request.store_epoch, store_epoch):
            # Its permission would be for another store's books.
            self._unanswered(NoAnswer(store_mismatch(self._server)))
            return
        if isinstance(answer, AuthorizationAnswer):
            self.report_interval_s = answer.report_interval_s
            grant = Grant(
                answer.token, answer.expires_at_ms, answer.server_time_ms, answer.report_token, answer.store_epoch
            )
            self._take(grant)
        elif isinstance(answer, NoAnswer):
            self._unanswered(answer)
        elif answer.code == "STORE_EPOCH_CHANGED" and answer.store_epoch is not None:
            self._ledger.note(EpochChanged(request.store_epoch, answer.store_epoch))
            self._ended(is_good=True)
            self._is_wanted = True
        else:
            self._note(AuthorizationLearned(None, answer.report_token, answer.store_epoch))
            self._ended(is_good=True)
            self.refusal, self.trouble = answer, None
            self._move("refused")

    def _take(self, grant: Grant) -> None:
        self._check.check(grant, device_uuid=self._ledger.state.device_uuid or "", server=self._server)

    def _unanswered(self, failure: NoAnswer) -> None:
        assert self._entropy is not None
        is_round_over = self._backoff.failed(self._now.monotonic_ms, failure.retry_after_ms, self._entropy.fraction())
        self._ended(is_good=False)
        self._is_wanted = True
        if is_round_over:
            self._silent(failure.trouble)

    def _silent(self, trouble: Trouble) -> None:
        self.trouble = trouble
        permission = self.permission
        asked_ms = self._asked_wall_ms
        if permission is None:
            first_ms = self._ledger.state.first_request_at_ms
            is_over = first_ms is not None and asked_ms - first_ms >= FIRST_PERIOD_MS
            self._move("unanswered_over" if is_over else "unanswered_allowed")
        elif self._token_left_ms(permission) > 0:
            self._move("unanswered_live")
        else:
            self._move("unanswered_over" if asked_ms >= permission.offline_until_ms else "unanswered_allowed")

    def _ended(self, *, is_good: bool) -> None:
        self._asked_at_ms = None
        self.attempts_ended += 1
        if is_good:
            self._backoff.succeeded()

    def _token_left_ms(self, permission: Permission) -> int:
        return permission.expires_at_ms - self.clock.now_ms

    def _move(self, given: LicenseInput) -> None:
        self.state = next_state(self.state, given)
