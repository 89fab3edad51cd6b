"""The tables of :mod:`~dlt_web.disclosure`: each record in the browser's storage and each request, field by field."""

from __future__ import annotations

from dataclasses import dataclass

from ..license_clock import NOTE_INTERVAL_MS
from ..local_state import MAX_PAGES, MAX_PAGES_UNREAD
from ..report_queue import ATTEMPT_GAP_MS, KEPT_MS, MAX_FAILED_ATTEMPTS
from ..slots import SLOT_S
from ..wire import MAX_FRIENDLY_NAME_LENGTH, MAX_SESSION_PASSWORD_LENGTH

DAY_MS = 24 * 3600 * 1000
# web/worker/revisions.js
MAX_TOKEN_COUNT = 64
MAX_LOGGED = 128


@dataclass(frozen=True, slots=True)
class Table:
    """One record in the browser's storage, or one request.

    Attributes:
        name: of the record or request, as storage and requests of a real browser are sorted by.
        title: for people.
        purpose: why there is such a thing.
        until: when it is deleted; empty for a request.
        fields: path of each field within it and what it says; the path of a value that is no object is empty.
    """

    name: str
    title: str
    purpose: str
    until: str
    fields: tuple[tuple[str, str], ...]


_REPORT_FIELDS = (
    ("id", "random name of the report, 128 bits"),
    ("seq", "its number in the stream"),
    ("version", "how often it has grown"),
    ("slot", f"the period of {SLOT_S} s that it is about"),
    ("counts", "scans per symbology, e.g. `qr_code: 3`"),
    ("lost", "scans known to be lost, per reason"),
)


def _report_fields(path: str, which: str = "") -> tuple[tuple[str, str], ...]:
    return tuple((f"{path}.{name}", f"{which}{meaning}") for name, meaning in _REPORT_FIELDS)


_REVOKED = "the person takes the consent back or deletes the site's data"

STORED = (
    Table(
        "dlt-web/meta/head",
        "`dlt-web`, object store `meta`, entry `head`",
        "several tabs may write to one database: who was too late decides anew",
        _REVOKED,
        (
            ("revision", "number of changes made"),
            ("name", "random name of this database, 64 bits, which tells it from one that was deleted"),
            (
                "tokens[]",
                f"random names of the last {MAX_TOKEN_COUNT} changes at most, which tell whether one reached the disk",
            ),
        ),
    ),
    Table(
        "dlt-web/log/…",
        "`dlt-web`, object store `log`, an entry for each of the last changes",
        "a scan is on the disk sooner by it than by changing the records",
        f"what it says is put among the records: at the next start, and after {MAX_LOGGED} changes at the latest; or "
        f"{_REVOKED}",
        (
            ("token", "random name of the change, 64 bits"),
            ("follows", "that of the change before"),
            ("put", "records that are new or changed, each as it will be among the records"),
            ("delete[]", "names of records that are deleted"),
        ),
    ),
    Table(
        "dlt-web/records/device",
        "`dlt-web`, object store `records`, entry `device`",
        "the license may be for a number of devices",
        _REVOKED,
        (("uuid", "the device's random UUID, 122 random bits; made of nothing that the device or the person is"),),
    ),
    Table(
        "dlt-web/records/code/…/stream",
        "… entry `code/LENGTH/CODE/stream`, for each handshake code",
        "each scan is to count exactly once",
        _REVOKED,
        (
            ("streamId", "random name of the series of reports"),
            ("nextSeq", "number of the next report"),
            ("storeEpoch", "random name and number of the server's store; from the server"),
            ("unreportedLost", "lost scans that no report says yet, per reason"),
            ("lostWithDevices", "UUIDs of devices whose data was deleted unheard, and the number of their lost scans"),
            ("lostWithRecords", "names of records that could not be read, and the number of lost scans"),
        ),
    ),
    Table(
        "dlt-web/records/code/…/report/…",
        "… entry `code/LENGTH/CODE/report/STREAM/NUMBER`, for each report",
        "what was counted is kept until the server has it, and a week longer in case that it is restored from a backup",
        f"{KEPT_MS // DAY_MS} days have passed since the server's yes, by its own clock; unsent, {MAX_FAILED_ATTEMPTS} "
        f"attempts have failed, at least {ATTEMPT_GAP_MS // 3_600_000} h apart; or {_REVOKED}",
        (
            ("streamId", "the series that it is in"),
            *_report_fields("report"),
            *_report_fields("acknowledged", "what the server has said yes to: "),
            ("keptSince", "when all of it was acknowledged"),
            ("failedAttempts", "how often it could not be sent"),
            ("attemptCounted", "when that was counted last"),
            ("setBack", "whether the database turned out to be an old copy"),
        ),
    ),
    Table(
        "dlt-web/records/code/…/dead/…",
        "… entry `code/LENGTH/CODE/dead/STREAM/NUMBER`, for each report that the server will never take",
        "the app can read what was refused and why",
        _REVOKED,
        (("streamId", "the series that it is in"), *_report_fields("report"), ("code", "the server's reason")),
    ),
    Table(
        "dlt-web/records/code/…/license",
        "… entry `code/LENGTH/CODE/license`",
        "scans count while the server cannot be reached, and nobody else can report in the device's name",
        _REVOKED,
        (
            ("reportToken", "from the server: proof that goes along with reports"),
            ("firstRequestAt", "when a license was first asked for"),
            (
                "clockSeen",
                f"latest time that the clock has shown, written every {NOTE_INTERVAL_MS // 60_000} min at most",
            ),
            ("permission.token", "from the server: the signed license, which names the device's UUID and the site"),
            ("permission.chargeWay", "what the license is for: devices, concurrent devices or scans"),
            ("permission.itemId", "the operator's name of the license item"),
            ("permission.overQuota", "whether it was given over the quota"),
            ("permission.grantedAt", "when"),
            ("permission.expiresAt", "until when it holds online"),
            ("permission.offlineUntil", "until when it holds offline"),
        ),
    ),
    Table(
        "dlt-web/records/code/…/calls",
        "… entry `code/LENGTH/CODE/calls`",
        "a call of `scan()` that is said twice, because a worker died, counts once",
        f"others have taken its place, {MAX_PAGES} page loads at most, or {MAX_PAGES_UNREAD} that came since the "
        f"journal below was last read, and it is not in the journal any more; or {_REVOKED}",
        (
            (
                "[][]",
                "random name of a page load, 128 bits, with a checksum of its tracker's options but password and "
                "friendly name, and the number of the newest call that is counted",
            ),
        ),
    ),
    Table(
        "dlt-web/records/code/…/journal",
        "… entry `code/LENGTH/CODE/journal`",
        "what the journal below still holds of calls that are counted is not counted again",
        f"the journal holds nothing of it any more; or {_REVOKED}",
        (
            ("pages[]", "random name of such a page load, 128 bits"),
            ("hasForgotten", "whether there were more page loads than are remembered while the journal was unreadable"),
        ),
    ),
    Table(
        "dlt-web-journal/calls/…",
        "`dlt-web-journal`, object store `calls`, an entry for each call of `scan()` made while Python starts",
        "a tab that is killed within these seconds loses no count",
        f"the call is counted, at the next start at the latest; or {_REVOKED}",
        (
            ("handshakeCode", "of the tracker"),
            ("page", "random name of the page load"),
            ("number", "of the call"),
            ("stream", "digest of the video stream's name"),
            ("source", "`video` or `image`"),
            ("timeMs", "capture time on the page's own clock, which begins with the page load"),
            ("calledWallMs", "when it was called"),
            ("calledMonotonicMs", "the same on the page's own clock"),
            ("barcodes[].format", "name of the symbology, as the reader gives it"),
            ("barcodes[].identifier", "AIM identifier of the symbology, where the reader gives one"),
            ("barcodes[].text", "digest in place of the text, under a random key that is never stored"),
        ),
    ),
    Table(
        "dlt-web-journal/calls/seed",
        "… entry `seed`",
        "copies of a profile that is copied just then are one device and not several",
        f"the last call is deleted, or the device is made; or {_REVOKED}",
        (("", "128 random bits, of which a device that is made at that start gets its UUID"),),
    ),
)

SENT = (
    Table(
        "POST /v1/authorizations",
        "asks for a license: `POST /v1/authorizations`",
        'at the start (`authorize: "first-scan"`: with the first barcode), and when a license ends',
        "",
        (
            ("handshakeCode", "as the app is configured"),
            ("deviceUuid", "the device's UUID"),
            ("product", "as the app is configured"),
            ("sessionPassword", f"as the app gives it, at most {MAX_SESSION_PASSWORD_LENGTH} characters; else nothing"),
            ("deviceFriendlyName", f"as the app gives it, at most {MAX_FRIENDLY_NAME_LENGTH} characters; else nothing"),
            ("storage", "whether the browser's storage lasts: `indexeddb` or `memory`"),
            ("partitioned", "whether the page is in a frame of another site's page"),
            ("storeEpoch", "as the server said it"),
        ),
    ),
    Table(
        "POST /v1/usage-reports",
        "reports: `POST /v1/usage-reports`, in the same form by the page as it is hidden or left",
        "says what was counted, every few minutes while barcodes come in, and when the page is hidden or left",
        "",
        (
            ("handshakeCode", "as the app is configured"),
            ("deviceUuid", "the device's UUID"),
            ("streamId", "random name of the series of reports"),
            ("reportToken", "as the server gave it"),
            ("storeEpoch", "as the server said it"),
            ("storage", "whether the browser's storage lasts"),
            ("partitioned", "whether the page is in a frame of another site's page"),
            ("sentAt", "the device's clock at sending"),
            *_report_fields("reports[]"),
        ),
    ),
    Table(
        "GET /.well-known/jwks.json",
        "public keys of the server: `GET /.well-known/jwks.json`",
        "the license's signature is checked with them",
        "",
        (),
    ),
)

# Set by dlt-web itself; all others are the browser's own, the same for each request of the page.
SENT_HEADERS = ("content-type",)
