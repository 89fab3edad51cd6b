"""What to verify, and how."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

from dlt_web.testing.proxy_upstream import is_loopback
from dlt_web.wire import MAX_HANDSHAKE_CODE_LENGTH, is_handshake_code

from .errors import VerifyError

# What a browser leaves as it is in each part of an address, beside letters and digits (URL Standard §1.3).
_PLAIN = "%/:?@!$&()*+,;=[]|\\-._~"
_PLAIN_IN = {"path": f"{_PLAIN}'", "query": f"{_PLAIN}{{}}^`", "fragment": f"{_PLAIN}{{}}^'"}

# Shorter words are found by chance in what holds no secret.
_LONG_SECRET = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told; its addresses are kept as browsers send them, which is how they come back to be compared.

    Attributes:
        app_url: the page that loads the tracker.
        handshake_code: which of the page's trackers is verified.
        second_url: the same app at another domain; None leaves what needs one untested.
        lts_url: the app's own license tracking server, which is asked what it counted; None asks none.
        lts_key: its administration key.
        own_lts: lead the tracker's requests to a server that the suite starts.
        ca_file: one more authority (PEM) whose certificates are good, beside the system's.
        outside: whether other machines may be asked; None says yes where the app or its server is on one.
        clicks: selectors that are clicked in this order before the page has its tracker.
        is_headed: show the browsers.
        count_wait_s: how long a beacon, or a report that was on its way, may take to be counted.
        recount_wait_s: how long after that the check's windows stay open before it is looked once more.
        purge_wait_s: how long an open page may take to hear that its data was purged.
        tracker_wait_s: how long a page may take to make its tracker, and that one to become ready.
    """

    app_url: str
    handshake_code: str
    second_url: str | None = None
    lts_url: str | None = None
    lts_key: str | None = field(default=None, repr=False)
    own_lts: bool = False
    ca_file: str | None = None
    outside: bool | None = None
    clicks: tuple[str, ...] = ()
    is_headed: bool = False
    tracker_wait_s: float = 60.0
    count_wait_s: float = 5.0
    recount_wait_s: float = 1.5
    purge_wait_s: float = 20.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            VerifyError: an address or the handshake code is none, or two settings do not go together.
        """
        for name, member in (("app", "app_url"), ("second", "second_url"), ("LTS", "lts_url")):
            url: str | None = getattr(self, member)
            if url is not None:
                _check_url(name, url)
                object.__setattr__(self, member, _as_sent(url))
        if not is_handshake_code(self.handshake_code):
            raise VerifyError(
                f"--handshake-code {self.handshake_code!r} can be none: it has 1 to {MAX_HANDSHAKE_CODE_LENGTH} "
                "printable ASCII characters without spaces."
            )
        if self.lts_url is not None and self.own_lts:
            raise VerifyError("--lts and --own-lts exclude each other: name the server whose counts are to be read.")
        if self.lts_url is not None and not self.lts_key:
            raise VerifyError("--lts needs an administration key: name the environment variable by --lts-key-env.")
        if self.lts_url is not None and self.lts_url.startswith("http:") and not _is_here(self.lts_url):
            raise VerifyError(
                f"--lts {self.lts_url} would send the administration key over the network in the clear: give the "
                "server's https address, or a tunnel's on this machine."
            )
        if self.lts_key is not None and self.lts_url is None:
            raise VerifyError("--lts-key-env names a key, and no server that knows it: name that by --lts.")
        if self.second_url is not None and origin_of(self.second_url) == origin_of(self.app_url):
            same = f"{self.second_url} is of the same domain as {self.app_url}"
            raise VerifyError(f"{self.hide(same)}: another domain differs in scheme, host or port.")

    @property
    def may_ask(self) -> bool | Collection[str]:
        """Whether pages may ask other machines."""
        if self.outside is not None:
            return self.outside
        urls = (self.app_url, self.second_url, self.lts_url)
        return any(url is not None and not _is_here(url) for url in urls)

    def hide(self, text: str) -> str:
        """Return a text without what follows ``?`` and ``#`` in the app's addresses.

        It may let in whoever has it, and reports are mailed.
        """
        for url in filter(None, (self.app_url, self.second_url)):
            parts = urlsplit(url)
            for mark, secret in (("#", parts.fragment), ("?", parts.query)):
                if not secret:
                    continue
                text = text.replace(f"{mark}{secret}", f"{mark}…")
                # An address within another one is spelled anew; what is short is found by chance.
                whole = (quote(f"{mark}{secret}", safe=""), quote_plus(f"{mark}{secret}"))
                for spelled in (*whole, *((secret,) if len(secret) >= _LONG_SECRET else ())):
                    text = re.sub(re.escape(spelled), "…", text, flags=re.IGNORECASE)
        return text


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL as a browser names them: in small letters, without the usual port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{named}" + ("" if parts.port in (None, usual) else f":{parts.port}")


def _is_here(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def _as_sent(url: str) -> str:
    """Return an address with all escaped that travels in no request as it is: spaces, quotes, letters beyond ASCII."""
    parts = urlsplit(url)
    sent = {name: quote(getattr(parts, name), safe=plain) for name, plain in _PLAIN_IN.items()}
    return urlunsplit(parts._replace(**sent))


def _check_url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        shown = re.sub(r"([?#]).+", r"\1…", url, flags=re.DOTALL)
        raise VerifyError(f"The {name} URL {shown!r} is none: give it whole, such as https://shop.example/scan.")
    if "@" in parts.netloc:
        # Not repeated: what stands there is a secret.
        raise VerifyError(f"The {name} URL holds a user's name or password, and reports show it: give it without them.")
    if not parts.netloc.isascii():
        raise VerifyError(
            f"The {name} URL names its host by letters beyond ASCII, {parts.hostname!r}: give the name that a browser "
            "asks for, which begins with xn--."
        )
