"""The tracker's options, checked once at the border."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from .dedupe import DEFAULT_FORGET_TIME_MS, check_filter_options
from .errors import OptionError, shown
from .wire import MAX_FRIENDLY_NAME_LENGTH, MAX_HANDSHAKE_CODE_LENGTH, MAX_SESSION_PASSWORD_LENGTH, is_handshake_code

Enforcement = Literal["throw", "event"]
AuthorizeWhen = Literal["start", "first-scan"]
Durability = Literal["relaxed", "strict"]
ConsentWhen = Literal["not-required", "required"]

DEFAULT_PRODUCT = "barcode-reader"

SETTINGS = (
    "handshakeCode",
    "licenseServer",
    "duplicateForgetTime",
    "duplicateMode",
    "authorize",
    "enforcement",
    "product",
    "sessionPassword",
    "deviceFriendlyName",
    "durability",
    "persistStorage",
    "consent",
)
# A host, perhaps a port and a path; the paths of the protocol are added to it.
_SERVER_URL = re.compile(r"https?://[^/?#\s]+(?:/[^?#\s]*)?")
# What the page adds by itself.
_OF_THE_PAGE = ("origin", "partitioned")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerOptions:
    """What an app may set (spec §8, README table of settings).

    Attributes:
        handshake_code: everything is counted under it.
        license_servers: base URLs without a trailing slash: main, and perhaps standby.
        origin: the page's origin; None beside the browser.
        product: which product a license item must be for.
        session_password: demanded by some handshake codes.
        friendly_name: shown to the operator beside the UUID.
        forget_time_ms: 0…180000, how long a barcode stays known on a video stream.
        duplicate_mode: see :class:`~dlt_web.dedupe.DuplicateFilter`.
        enforcement: ``throw`` refuses scans without a license, ``event`` counts them and says ``unlicensed``.
        authorize: ``start``, or ``first-scan`` to take no seat before the first scan.
        durability: of counts. ``relaxed`` calls them kept when the system has them, ``strict`` when the disk has; the
            UUID and acknowledgements are always strict.
        persist_storage: ask the browser to keep the site's storage when disk space runs low.
        consent: ``required`` where the page starts no tracker before the person has agreed, and ends it when the
            person takes that back; the core itself never waits for it.
        partitioned: the page's storage is partitioned by the top-level site.
    """

    handshake_code: str
    license_servers: tuple[str, ...]
    origin: str | None = None
    product: str = DEFAULT_PRODUCT
    session_password: str | None = None
    friendly_name: str | None = None
    forget_time_ms: float = DEFAULT_FORGET_TIME_MS
    duplicate_mode: str = "sliding"
    enforcement: Enforcement = "throw"
    authorize: AuthorizeWhen = "start"
    durability: Durability = "relaxed"
    persist_storage: bool = False
    consent: ConsentWhen = "not-required"
    partitioned: bool = False

    @property
    def name(self) -> str:
        """Return a number that hardly any other options of one handshake code have, and the same in every runtime.

        It lies on disk, so no secret is in it.
        """
        texts = (*self.license_servers, self.product, self.duplicate_mode, f"{int(self.forget_time_ms)}")
        when = (self.enforcement, self.authorize, self.durability, self.consent, f"{self.persist_storage}")
        low, high = 1, 0
        # Adler-32 (RFC 1950): short, of small numbers only, and far better than what it is for demands.
        for byte in "/".join((*texts, *when)).encode():
            low = (low + byte) % 65521
            high = (high + low) % 65521
        return f"{high}.{low}"


def options_from_json(given: object) -> TrackerOptions:
    """Return the options that a page gave, as it gave them (camelCase, absent where not set).

    Raises:
        OptionError: names the option, what was found and what is allowed.
    """
    if not isinstance(given, Mapping):
        raise OptionError("A tracker needs options: an object with handshakeCode and licenseServer.")
    unknown = sorted(set(given) - {*SETTINGS, *_OF_THE_PAGE})
    if unknown:
        # A misspelt option would else silently count by its default.
        raise OptionError(f"There is no option {shown(unknown[0])}; the options are {', '.join(SETTINGS)}, assetBase.")
    code = given.get("handshakeCode")
    if not isinstance(code, str) or not is_handshake_code(code):
        raise OptionError(
            f"handshakeCode is a text of 1 to {MAX_HANDSHAKE_CODE_LENGTH} printable characters without spaces; "
            f"found {shown(code)}."
        )
    forget_time_ms, mode = given.get("duplicateForgetTime"), given.get("duplicateMode")
    forget_time_ms = DEFAULT_FORGET_TIME_MS if forget_time_ms is None else forget_time_ms
    mode = "sliding" if mode is None else mode
    check_filter_options(forget_time_ms, mode)
    return TrackerOptions(
        handshake_code=code,
        license_servers=_servers(given.get("licenseServer")),
        origin=_text(given, "origin", 2048),
        product=_text(given, "product", 64) or DEFAULT_PRODUCT,
        session_password=_text(given, "sessionPassword", MAX_SESSION_PASSWORD_LENGTH),
        friendly_name=_text(given, "deviceFriendlyName", MAX_FRIENDLY_NAME_LENGTH),
        forget_time_ms=cast("float", forget_time_ms),
        duplicate_mode=cast("str", mode),
        enforcement=cast("Enforcement", _choice(given, "enforcement", ("throw", "event"))),
        authorize=cast("AuthorizeWhen", _choice(given, "authorize", ("start", "first-scan"))),
        durability=cast("Durability", _choice(given, "durability", ("relaxed", "strict"))),
        persist_storage=_flag(given, "persistStorage"),
        consent=cast("ConsentWhen", _choice(given, "consent", ("not-required", "required"))),
        partitioned=given.get("partitioned") is True,
    )


def _servers(given: Any) -> tuple[str, ...]:
    urls = [given] if isinstance(given, str) else given
    if not isinstance(urls, list | tuple) or not 1 <= len(urls) <= 2:
        raise OptionError(
            f"licenseServer is a URL or a list of two, main and standby; found {shown(given)}.",
        )
    for url in urls:
        if not isinstance(url, str) or not _SERVER_URL.fullmatch(url) or len(url) > 2048:
            raise OptionError(
                "licenseServer needs URLs that begin with https:// or http://, name a host, and have no query; "
                f"found {shown(url)}."
            )
    return tuple(url.rstrip("/") for url in urls)


def _text(given: Mapping[str, Any], name: str, max_length: int) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    # The value itself may be a password: it is never repeated.
    if not isinstance(value, str) or not 1 <= len(value) <= max_length or not value.isprintable():
        raise OptionError(f"{name} is a text of 1 to {max_length} printable characters; this one is not.")
    return value


def _choice(given: Mapping[str, Any], name: str, choices: tuple[str, str]) -> str:
    value = given.get(name)
    if value is None:
        return choices[0]
    if value not in choices:
        raise OptionError(f"{name} is {choices[0]} or {choices[1]}; found {shown(value)}.")
    return cast("str", value)


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool | None):
        raise OptionError(f"{name} is true or false; found {shown(value)}.")
    return value is True
