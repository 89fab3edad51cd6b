"""What trackers tell, in a page and on a host."""

from __future__ import annotations

from .code import ErrorCode

TRACKER_CODES = (
    ErrorCode(
        "OPTION_INVALID",
        "tracker",
        "an option is out of range; the message names value and range",
        "Give the option a value in the range that the message names, or leave it out for its default.",
    ),
    ErrorCode(
        "OPTION_CONFLICT",
        "tracker",
        "a second tracker of the page has the same handshake code and other options",
        "Make one tracker per handshake code and share it, or give both the same options.",
    ),
    ErrorCode(
        "READER_UNKNOWN",
        "tracker",
        "`attach()` was given no reader with an event that it knows; call `scan()` with what the reader gives",
        "Call `scan()` with what the reader gives, from wherever it gives it.",
    ),
    ErrorCode(
        "SCAN_INVALID",
        "tracker",
        "the reader's result has no usable format or payload; nothing of that call was counted",
        "Hand over the reader's own result, or plain `{format, text}` or `{format, bytes}`; `dlt-web explain-scan` "
        "tells how a result is taken.",
    ),
    ErrorCode(
        "CONSENT_REQUIRED",
        "tracker",
        'with `consent: "required"`: the person has not agreed, or has taken that back; nothing was counted',
        "Ask the person, then call `tracker.consent.grant()`; scans before it are not counted later.",
    ),
    ErrorCode(
        "TRACKER_CLOSED",
        "tracker",
        "a call after `close()`",
        "Construct a new tracker; what waited was sent, or waits in the same store.",
    ),
    ErrorCode(
        "LOAD_FAILED",
        "tracker",
        "the runtime could not start: a missing or altered file, or a content security policy; offline, and where it"
        " has run before, it is tried again instead, and calls wait",
        "Serve the whole folder of one `dlt-web build` and nothing of another, and allow `script-src 'self' 'wasm-"
        "unsafe-eval'; worker-src 'self'`; the message names the file or the rule.",
    ),
    ErrorCode(
        "LOAD_TIMEOUT",
        "tracker",
        "the runtime did not start within 60 s; where it has run before, it is tried again instead",
        "Look for a policy without `'wasm-unsafe-eval'`, a proxy that holds files back, or a very slow network; then"
        " load the page again.",
    ),
    ErrorCode(
        "INTERNAL",
        "tracker or server, 500",
        "a defect; a tracker's message says what failed, a server's log does",
        "Report it to whoever you have the software from, with the output of `tracker.explain()` or the log's lines of "
        "the answer's `X-Request-ID`; counts that are on disk are kept.",
    ),
    ErrorCode(
        "STORE_UNREADABLE",
        "tracker",
        "told by `explain()` only: the record with the device's UUID is damaged; it works in memory",
        "Purge the site's data: the browser then is a new device. Until then nothing is kept over a restart.",
    ),
    ErrorCode(
        "STORE_RECORD_UNREADABLE",
        "tracker",
        "told by `explain()` only: another stored record is damaged, or of a newer version; it alone is set aside, "
        "and a report's scans are said as `lost` (`unreadable`)",
        "Serve the newest bundle to all pages of the site, if the record is of a newer version; a damaged one needs "
        "nothing more, its loss is in the books.",
    ),
    ErrorCode(
        "SERVER_UNREACHABLE",
        "tracker",
        "no answer: the network, the address, or the server forbids this origin",
        "Nothing is lost, the tracker tries again by itself. Where it stays: open `licenseServer` + `/healthz` in "
        "this browser, add the page's origin to `--allow-origin` of the code, and the server to `connect-src` of the"
        " page's policy.",
    ),
    ErrorCode(
        "SERVER_ANSWER_INVALID",
        "tracker",
        "what answers at `licenseServer` is no license tracking server",
        "Give `licenseServer` the address before `/v1/`, and let the proxy pass all of it on; `/healthz` there must "
        "answer as JSON.",
    ),
    ErrorCode(
        "STORE_FAILED",
        "tracker",
        "told by `explain()`: the browser's storage, or the file on a host, cannot be used, it works in memory; by "
        "`consent.revoke()`: what is stored could not be deleted",
        "Let the browser store site data (private windows, blocked cookies and a full disk forbid it), then load the"
        " page again; after `consent.revoke()`: close other tabs and call it again. On a host, name a file (`store`) "
        "in a folder that the process may write to, on a local disk with room, and start it again.",
    ),
    ErrorCode(
        "STORE_MISMATCH",
        "tracker",
        "main and standby do not share one store; nothing is reported there",
        "Let both servers use one store, or name only one of them.",
    ),
    ErrorCode(
        "TOKEN_INVALID",
        "tracker",
        "a token with a wrong signature, or for another device or origin",
        "Name the license server's own address, and let no proxy keep its answers; then load the page again.",
    ),
    ErrorCode(
        "LICENSE_TOKEN_EXPIRED",
        "tracker",
        "token and offline time are over and the server did not answer since",
        "Bring the device online; it asks for a new token by itself.",
    ),
    ErrorCode(
        "CLOCK_SET_BACK",
        "tracker",
        "told by `explain()` only: the device's clock was set back; offline license times go on from the latest time"
        " seen",
        "Set the device's clock right. Nothing else is needed; counting goes on.",
    ),
    ErrorCode(
        "TRAIT_MISSING",
        "tracker on a host",
        "a trait of the machine that is to make the device's UUID cannot be read, and there is no file with a UUID yet",
        "Let the process read the trait, name others (`traits=`), or take the edition with a random UUID.",
    ),
    ErrorCode(
        "LICENSE_REFUSED",
        "tracker",
        "the server said no without saying why",
        "Look into the log of the license server, or of the proxy before it, for this request.",
    ),
    ErrorCode(
        "ILLEGAL_TRANSITION",
        "tracker",
        "a defect: an input that the license state does not know",
        "Report it with the output of `tracker.explain()`; the state stays as it was.",
    ),
)
