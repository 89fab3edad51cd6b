"""What the License Tracking Server tells a device, and whoever asks it over HTTP or by its commands."""

from __future__ import annotations

from .code import ErrorCode

SERVER_CODES = (
    ErrorCode(
        "HANDSHAKE_CODE_UNKNOWN",
        "server, 404",
        "no such handshake code",
        "Correct the code in the app, or add it: `dlt-web lts handshake add CODE --license ID`.",
    ),
    ErrorCode(
        "SESSION_PASSWORD_WRONG",
        "server, 403",
        "missing or wrong session password",
        "Give `sessionPassword` the code's own, or set it anew: `dlt-web lts handshake set CODE "
        "--session-password-stdin`.",
    ),
    ErrorCode(
        "ORIGIN_NOT_ALLOWED",
        "server, 403",
        "the code has an origin list and this origin is not on it",
        "Add the page's origin to the code: `dlt-web lts handshake set CODE --allow-origin ORIGIN`.",
    ),
    ErrorCode(
        "NO_MATCHING_ITEM",
        "server, 403",
        "no license item for this product",
        "Add an item for the product to the code, or correct `product` in the app.",
    ),
    ErrorCode(
        "LICENSE_NOT_YET_VALID",
        "server, 403",
        "every item begins later",
        "Wait for its first day, or change that: `dlt-web lts license set ID --valid-from TIME`.",
    ),
    ErrorCode(
        "LICENSE_EXPIRED",
        "server, 403",
        "every item has ended",
        "Add a renewal: one more license item for the code, and no change in the app.",
    ),
    ErrorCode(
        "LICENSE_REVOKED",
        "server, 403",
        "every item was revoked",
        "Add another license item to the code.",
    ),
    ErrorCode(
        "QUOTA_EXHAUSTED",
        "server, 403",
        "no seat, or no scan, is left",
        "Release devices, raise the quota, add an item, or let `--on-exhausted` and `--grace-percent` allow more.",
    ),
    ErrorCode(
        "STORE_EPOCH_CHANGED",
        "server, 409",
        "the store was restored; the tracker sends anew by itself",
        "Nothing is to be done.",
    ),
    ErrorCode(
        "REPORT_TOKEN_STALE",
        "server, 409",
        "the report token's key is unknown; the tracker authorizes anew by itself",
        "Nothing is to be done.",
    ),
    ErrorCode(
        "REQUEST_INVALID",
        "server, 422 or 400",
        "the message names the field; 400 when it is not JSON",
        "Send the field as the HTTP reference says; a tracker of another version than the server's is the usual cause.",
    ),
    ErrorCode(
        "PAYLOAD_TOO_LARGE",
        "server, 413",
        "the body is over the limit; the tracker splits it by itself",
        "Send fewer at once.",
    ),
    ErrorCode(
        "RATE_LIMITED",
        "server, 429",
        "too many session passwords wait to be checked, too many keys from an address are wrong, or a customer's key"
        " asks too often; see `Retry-After`",
        "Wait for as long as `Retry-After` says, with the right key or password.",
    ),
    ErrorCode(
        "STORE_UNAVAILABLE",
        "server, 503",
        "the store cannot be reached now; see `Retry-After`",
        "Look at the disk and the server's log; trackers keep their counts and try again by themselves.",
    ),
    ErrorCode(
        "REPORT_CONFLICT",
        "server, in a report's result",
        "two copies of one device database report under one name; counted in a new stream",
        "Give each machine its own device: do not copy browser profiles or device files. Nothing is lost or counted "
        "twice.",
    ),
    ErrorCode(
        "REPORT_INVALID",
        "server, in a report's result",
        "this report cannot be booked; its neighbours were",
        "Bring the app's bundle and the server to versions that go together; `tracker.deadLetters` keeps what was "
        "not booked.",
    ),
    ErrorCode(
        "NOT_FOUND",
        "server, 404",
        "no such address or object",
        "Correct the address or the id; `dlt-web lts … list` names what there is.",
    ),
    ErrorCode(
        "SERVER_STOPPING",
        "server, 503",
        "`/readyz` only: the server was told to stop and takes no new clients",
        "Ask another server; a load balancer does so by itself.",
    ),
    ErrorCode(
        "METHOD_NOT_ALLOWED",
        "server, 405",
        "the address knows other methods",
        "Use one of the methods in `Allow`.",
    ),
    ErrorCode(
        "ADMIN_KEY_REQUIRED",
        "server, 401",
        "administration needs a bearer key: `dlt-web lts admin-key add NAME`",
        "Send `Authorization: Bearer KEY`; a new key is `dlt-web lts admin-key add NAME`.",
    ),
    ErrorCode(
        "ADMIN_KEY_SCOPE",
        "server, 403",
        "the key has another scope: changes need `manage`, a customer's own devices `customer`",
        "Use a key of the scope: `dlt-web lts admin-key add NAME --scope SCOPE`.",
    ),
    ErrorCode(
        "SESSION_EXPIRED",
        "server, 401",
        "the dashboard's session is over: after 8 hours, with its key, or with the server's process; sign in again, "
        "nothing is lost",
        "Sign in again.",
    ),
    ErrorCode(
        "CSRF_REFUSED",
        "server, 403",
        "a request with the dashboard's cookie that its own page did not make",
        "Load the dashboard again; programs send a key and no cookie.",
    ),
    ErrorCode(
        "RELEASE_LIMIT_REACHED",
        "server, 409",
        "a customer has released as many devices of the code as the term allows",
        "Wait for the next term, or have the operator release it; `dlt-web lts handshake set CODE --customer-"
        "releases N` raises the limit.",
    ),
    ErrorCode(
        "WEBHOOKS_PAUSED",
        "server, 409",
        "nothing is sent to webhooks, as after an import: `dlt-web lts alerts webhook resume`",
        "Once the webhooks' addresses are right for this server: `dlt-web lts alerts webhook resume`.",
    ),
    ErrorCode(
        "CHANGED_MEANWHILE",
        "server, 412",
        "somebody has changed the object since the version in `If-Match` or `--if-version`; nothing of this change "
        "was kept",
        "Read the object again, and change its new version if that is still wanted.",
    ),
    ErrorCode(
        "ALREADY_EXISTS",
        "server, 409",
        "an object of that name exists",
        "Choose another name, or change the one that is there.",
    ),
    ErrorCode(
        "IN_USE",
        "server, 409",
        "the object is still referred to",
        "Remove what refers to it first, or try again, as the message says.",
    ),
    ErrorCode(
        "MONTH_NOT_OVER",
        "server, 409",
        "a statement is asked for before its month has ended in its time zone, or in the three minutes after",
        "Ask again once the month is over; `lts usage` shows what is counted so far.",
    ),
    ErrorCode(
        "STATEMENT_FROZEN",
        "server, 409",
        "a code would change hands, or be marked as a test code or unmarked, within a month whose statement is frozen",
        "Let the change begin after the frozen month.",
    ),
    ErrorCode(
        "STATEMENT_REFUSED",
        "server, 409",
        "a statement, a credit or a mark as a test code would state usage twice, leave some out, or show tests",
        "The message names the month or the code that is in the way; book a credit where a statement is to be put "
        "right.",
    ),
    ErrorCode(
        "BACKUP_REFUSED",
        "server",
        "a backup cannot be written or taken back; nothing was changed",
        "Do what the message says: another path, a server that is stopped, or an intact backup.",
    ),
    ErrorCode(
        "STORE_FORMAT",
        "server",
        "the file is no store of this software, or of a newer version",
        "Name the right file, or install the newer version that wrote it.",
    ),
    ErrorCode(
        "ADDRESS_UNAVAILABLE",
        "server",
        "`lts serve` cannot listen on this host and port: taken, or none of this machine's",
        "Choose another `--port` or `--host`, or stop what listens there.",
    ),
)
