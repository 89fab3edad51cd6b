"""What can happen to what a device knows of its license. Each is a :class:`~dlt_web.changes.Change` as others are."""

from __future__ import annotations

from dataclasses import dataclass

from .changes import Deciding
from .local_state import LocalState, Permission


@dataclass(frozen=True, slots=True)
class AuthorizationAsked:
    """An authorization is asked for; the first time starts the first 24 hours."""

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Remember when."""
        if state.first_request_at_ms is None:
            state.first_request_at_ms = given.wall_ms
        if state.clock_seen_ms is None:
            state.clock_seen_ms = given.wall_ms


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """The license's clock stands here."""

    wall_ms: int

    is_strict = False

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Remember it, unless another tab has seen more, or a grant has begun anew."""
        if state.clock_seen_ms is not None:
            state.clock_seen_ms = max(state.clock_seen_ms, self.wall_ms)


@dataclass(frozen=True, slots=True)
class AuthorizationLearned:
    """An authorization was answered, granted or refused.

    Attributes:
        permission: the verified grant; None after a refusal, which overrides any token at once.
        report_token: None where the answer had none; the known one stays.
        store_epoch: likewise; only the first one is taken here.
    """

    permission: Permission | None
    report_token: str | None
    store_epoch: str | None

    is_strict = True

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Remember it."""
        state.permission = self.permission
        if self.permission is not None:
            state.clock_seen_ms = self.permission.granted_at_ms
        state.report_token = self.report_token or state.report_token
        if state.queue.store_epoch is None:
            state.queue.store_epoch = self.store_epoch


@dataclass(frozen=True, slots=True)
class ReportTokenRefused:
    """The LTS does not know the key of this report token any more."""

    report_token: str | None

    is_strict = True

    def apply(self, state: LocalState, given: Deciding) -> None:
        """Forget it, unless another tab has a new one already."""
        if state.report_token == self.report_token:
            state.report_token = None
