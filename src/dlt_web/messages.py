"""The seam of the tracker: what may be said to it (inputs) and what it asks for in return (commands).

Python decides, a shell does: ``Tracker.feed(input, now)`` takes one input and returns a list of commands, which the
shell carries out in order. What has to wait (storage, network, signatures, timers) is a command whose answer comes back
as an input. In the browser both travel as JSON text: an object whose ``type`` is the class name and whose other members
are the fields in camelCase.

What a shell must answer:

====================  =================================================================================
command               input that answers it
====================  =================================================================================
``LoadStore``         ``StoreLoaded``
``AbandonStore``      ``StoreFailed``
``ReadJournal``       ``JournalRead``; empty where there is no journal, without ``pages`` where it cannot be read
``Commit``            ``Committed``, ``CommitConflicted``, ``StorePurged`` or ``StoreFailed``; exactly one
``SendHttp``          ``HttpAnswered`` or ``HttpFailed``; exactly one
``VerifyToken``       ``TokenVerified``
``SetTimer``          ``TimerFired``, unless another ``SetTimer`` replaces it first
``ClaimCalls``        ``CallsClaimed``, unless the page is gone
others                nothing
====================  =================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal

from .errors import WireError
from .model import StorageKind, frozen

Json = Any
Records = Mapping[str, Json]
"""A store's content: record key → JSON value."""


# -- inputs ---------------------------------------------------------------------------------------------------------


@frozen
class StoreLoaded:
    """The store is open and holds this.

    Attributes:
        failure: why it is the worker's memory and not the disk; None on disk.
    """

    storage: StorageKind
    revision: int
    records: Records
    failure: str | None


@frozen
class Committed:
    """The last ``Commit`` is on disk, and its ``answers`` were carried out; the store is at this revision."""

    revision: int


@frozen
class CommitConflicted:
    """Another tab was faster: the ``Commit`` under way, if there is one, changed nothing; the store holds this.

    It also comes unasked, without a commit under way, where a tab looks what others have written before it flushes.
    """

    revision: int
    records: Records


@frozen
class StorePurged:
    """The user deleted the site's data while it was in use; the store was opened anew and holds this.

    A ``Commit`` under way was not applied, or went with the old store.
    """

    storage: StorageKind
    revision: int
    records: Records


@frozen
class StoreFailed:
    """The store cannot be used any more; the shell goes on with an empty one in memory, at revision 0.

    Attributes:
        reason: for people.
        may_have_committed: the end of this tracker's ``Commit`` was not seen, and could not be found out, so it may lie
            on the disk; False where it was certainly not applied, or none was under way.
    """

    reason: str
    may_have_committed: bool


@frozen
class ScanSeen:
    """A page called ``scan()``.

    Attributes:
        call: name of the promise that waits, unique within the tracker.
        page: names the page load; a video stream never spans two.
        number: of the call, rising within the page load. A call that a page says again, because the runtime that it
            told first is gone, has its number again, and so is counted once.
        stream: name of the video stream within the page.
        source: ``video`` or ``image``.
        time_ms: capture time on the page's monotonic clock, ms; None stands for ``called_monotonic_ms``.
        called_wall_ms: wall clock when the page called, ms; decides the slot.
        called_monotonic_ms: the page's monotonic clock when it called, ms.
        barcodes: objects with ``format`` and ``text`` or ``bytes`` (base64), and perhaps ``identifier``
            (AIM symbology identifier); unchecked.
    """

    call: str
    page: str
    number: int
    stream: str
    source: str
    time_ms: float | None
    called_wall_ms: int
    called_monotonic_ms: float
    barcodes: Json


@frozen
class ScanRemembered:
    """A page says what it has seen on a video stream under a runtime that is gone: it is known, and counts nothing.

    Attributes as in :class:`ScanSeen`.
    """

    page: str
    stream: str
    time_ms: float
    called_monotonic_ms: float
    barcodes: Json


@frozen
class JournalRead:
    """Pages that are gone left these calls of ``scan()``, made before their runtime was up.

    Each is an object with the fields of :class:`ScanSeen` but ``call``, in camelCase; in place of the names of streams
    and the texts of barcodes it has digests that are equal within a page load where the names and texts were. One whose
    ``number`` is below 1 was judged by a runtime that is gone: it is known, and counts nothing.

    Attributes:
        calls: these; none where nobody left any.
        device_seed: random bytes, 32 hexadecimal digits, that were written into an empty journal along with its first
            calls, under whatever handshake code, and are there in each copy of it; None where it is empty.
        pages: all page loads of which calls lie there, living ones included; None where it cannot be read.
    """

    calls: Json
    device_seed: Json
    pages: Json


@frozen
class CallsClaimed:
    """None of a page's calls lies in the journal, nor ever will: nobody but the tracker that it told can count them.

    Attributes:
        page: that page load.
        unclear: numbers of its calls of which that is not so: they may lie there still, since it could not be emptied,
            or the page had told them a runtime that is gone, which may have counted them.
    """

    page: str
    unclear: Json


@frozen
class PageJoined:
    """A page constructed a tracker with these options, or is back and has one.

    Its ``ready`` is the call that :func:`ready_of` names; what the page shows is told to all pages anew.
    """

    page: str


@frozen
class PageLeft:
    """A page is gone without having closed its tracker."""

    page: str


@frozen
class HttpAnswered:
    """A server answered; a redirect that was not followed counts as status 302."""

    request: int
    status: int
    retry_after: str | None
    body: str


@frozen
class HttpFailed:
    """No answer came: no network, refused, forbidden by CORS, or timed out."""

    request: int
    reason: str


@frozen
class TokenVerified:
    """The token's signature was checked; ``unsupported`` where the platform cannot check Ed25519."""

    token: str
    verdict: Literal["valid", "invalid", "unsupported"]


@frozen
class TimerFired:
    """The time of the last ``SetTimer`` has come."""


@frozen
class NetworkReturned:
    """The platform says that the network is back."""


@frozen
class PageHidden:
    """The page was hidden or left; it has sent its beacon by itself."""


@frozen
class FlushRequested:
    """The page called ``flush()``."""

    call: str


@frozen
class CloseRequested:
    """A page called ``close()``; its scans after this are refused. With the last page the tracker is closed."""

    call: str
    page: str


@frozen
class ExplainRequested:
    """The page called ``explain()``."""

    call: str


@frozen
class ScanExplainRequested:
    """The page asked which barcodes these are and why; nothing is counted. ``barcodes`` as in :class:`ScanSeen`."""

    call: str
    barcodes: Json


Input = (
    StoreLoaded
    | Committed
    | CommitConflicted
    | StorePurged
    | StoreFailed
    | ScanSeen
    | ScanRemembered
    | JournalRead
    | CallsClaimed
    | PageJoined
    | PageLeft
    | HttpAnswered
    | HttpFailed
    | TokenVerified
    | TimerFired
    | NetworkReturned
    | PageHidden
    | FlushRequested
    | CloseRequested
    | ExplainRequested
    | ScanExplainRequested
)


# -- commands -------------------------------------------------------------------------------------------------------


@frozen
class LoadStore:
    """Open the store and read all of it."""


@frozen
class AbandonStore:
    """Leave the store alone and go on with an empty one in memory: it is of a newer version, or damaged."""


@frozen
class ReadJournal:
    """Read what pages that are gone have journalled under this handshake code."""

    handshake_code: str


@frozen
class ClearJournal:
    """Delete what these pages have journalled under this handshake code, since it is counted, and the journal's seed.

    The device is made by then, so nobody needs the seed any more, and no later device shall be made of it.
    """

    handshake_code: str
    pages: tuple[str, ...]


@frozen
class ClaimCalls:
    """Have this page take its calls out of the journal, and write no more into it: they shall count in memory.

    It says so when none of them lies there any more. Where it is gone before, whoever reads the journal counts them.
    """

    page: str


@frozen
class Commit:
    """Apply this in one transaction, if the store is still at ``expected_revision``; else change nothing.

    Attributes:
        expected_revision: what the decision was made from; 0 for an empty store.
        put: records to write, by key.
        delete: keys to remove.
        is_strict: ask the platform to reach the disk before it says done.
        answers: commands for pages, to be carried out as soon as the commit is on disk, before that is fed, and never
            else.
    """

    expected_revision: int
    put: Mapping[str, Json]
    delete: tuple[str, ...]
    is_strict: bool
    answers: tuple[Command, ...]


@frozen
class SendHttp:
    """Send a request; ``body`` is JSON to be sent as ``application/json``, or None."""

    request: int
    method: Literal["GET", "POST"]
    url: str
    body: Json
    timeout_ms: int


@frozen
class VerifyToken:
    """Check a compact JWS (Ed25519) against a JSON Web Key Set."""

    token: str
    keys: Json


@frozen
class SetTimer:
    """Feed ``TimerFired`` at this monotonic time; None stops the timer. There is one timer."""

    at_monotonic_ms: int | None


@frozen
class Resolve:
    """Resolve the promise of a call."""

    call: str
    value: Json


@frozen
class Reject:
    """Reject the promise of a call with an error of class ``error``."""

    call: str
    error: str
    code: str
    message: str


@frozen
class Mirror:
    """What the pages show as the tracker's properties has changed to this."""

    state: Json


@frozen
class Recount:
    """Of what the last ``Mirror`` showed as pending, the numbers of scans and reports have changed to these."""

    scans: int
    reports: int


@frozen
class Notify:
    """Tell a page's listeners, or those of all pages where ``page`` is None."""

    event: Literal["license", "report", "scan", "storage"]
    detail: Json
    page: str | None


@frozen
class HoldBeacon:
    """Keep these requests in each page, ready to be sent when it is hidden; they replace the ones held before.

    Each is ``{"url": …, "body": {…}}``; the page sets ``body.sentAt`` to its wall clock (RFC 3339) as it sends.
    """

    requests: Json


@frozen
class AskToPersist:
    """Ask the browser to keep the site's storage when disk space runs low; whatever it says, the tracker goes on."""


Command = (
    LoadStore
    | AbandonStore
    | ReadJournal
    | ClearJournal
    | ClaimCalls
    | Commit
    | SendHttp
    | VerifyToken
    | SetTimer
    | Resolve
    | Reject
    | Mirror
    | Recount
    | Notify
    | HoldBeacon
    | AskToPersist
)


def ready_of(page: str) -> str:
    """Return the name of the promise that a page's ``tracker.ready`` is."""
    return f"{page}/ready"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_INPUT_CLASSES = {kind.__name__: kind for kind in Input.__args__}
# Each class's fields and their JSON keys, worked out once at import: the picture of the started Python holds them, and
# no message pays for them.
_MEMBERS: dict[type, tuple[tuple[str, str], ...]] = {
    kind: tuple((field.name, _camel(field.name)) for field in fields(kind))
    for kind in (*Input.__args__, *Command.__args__)
}


def message_to_json(message: Command | Input) -> dict[str, Json]:
    """Return the JSON form of a command or of an input; commands that it holds are still to be brought into theirs."""
    body: dict[str, Json] = {"type": type(message).__name__}
    for name, key in _MEMBERS[type(message)]:
        body[key] = getattr(message, name)
    return body


def input_from_json(body: Json) -> Input:
    """Return the input that a JSON object says.

    Raises:
        WireError: no such input, or one of its members is missing.
    """
    kind: Any = _INPUT_CLASSES.get(body.get("type")) if isinstance(body, dict) else None
    if kind is None:
        raise WireError(f"expected an input of the tracker, found {body!a:.60}")
    try:
        given: Input = kind(*[body[key] for _, key in _MEMBERS[kind]])
    except KeyError as error:
        raise WireError(f"expected a value in {kind.__name__}, found none", field=error.args[0]) from None
    return given
