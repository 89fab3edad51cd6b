"""Finds out beforehand what would make all checks vain, and says it in one sentence."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from dlt_web.browsers import find_browsers
from dlt_web.testing.browser_launch import EngineName
from dlt_web.testing.proxy_tls import system_trust
from dlt_web.testing.proxy_upstream import is_loopback

from .errors import VerifyError
from .fetching import Fetched, fetch
from .settings import Settings, origin_of


def choose_engines(wanted: Sequence[EngineName], *, is_headed: bool = False) -> tuple[EngineName, ...]:
    """Return the browsers to verify in: those wanted, or all that are on this machine.

    Args:
        wanted: their engines; none means all that are here.
        is_headed: they must be able to show themselves on a screen.

    Raises:
        VerifyError: one that is wanted is not here, or none is.
    """
    here: tuple[EngineName, ...] = tuple(find_browsers(is_headed=is_headed))  # type: ignore[arg-type]
    missing = [engine for engine in wanted if engine not in here]
    which, command = " on this machine", "dlt-web browsers install"
    if is_headed:
        which, command = f" that can show itself on a screen{which}", f"{command} --headed"
    if missing:
        raise VerifyError(f"There is no {' and no '.join(missing)}{which}; install with: {command} {' '.join(missing)}")
    if not here:
        raise VerifyError(f"There is no browser{which}; install some with: {command}")
    return tuple(dict.fromkeys(wanted)) or here


def choose_trust(settings: Settings) -> ssl.SSLContext:
    """Return what judges servers.

    Raises:
        VerifyError: the file of one more authority cannot be used.
    """
    try:
        return system_trust(settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        raise VerifyError(f"--ca-file {settings.ca_file} holds no certificate that can be used: {why}.") from error


def look_at_app(settings: Settings, trust: ssl.SSLContext) -> str | None:
    """Ask for the app's pages, and return why other sites may not embed the app; None where they may.

    Raises:
        VerifyError: a page is not there.
    """
    for what, url in (("The app", settings.app_url), ("The app's second domain", settings.second_url)):
        if url is None:
            continue
        if settings.may_ask is False and not is_loopback(urlsplit(url).hostname or ""):
            raise VerifyError(f"{what} at {url} is not on this machine, and --no-outside forbids to ask others.")
        found = fetch(url, trust, what=what)
        # Others, such as 403, may be meant for a visitor who is no browser.
        if found.status in (404, 410) or found.status >= 500:
            raise VerifyError(f"{what} at {url} answers with status {found.status}: check the address.")
        if origin_of(found.url) != origin_of(url):
            raise VerifyError(f"{what} at {url} leads to {found.url}: give that address, since devices are per domain.")
        if what == "The app":
            forbidden = _frames_forbidden(found)
    return forbidden


def _frames_forbidden(page: Fetched) -> str | None:
    """Say why no page of another site, of the same scheme, may embed a page; None where it may."""
    scheme = urlsplit(page.url).scheme
    # Several headers of the name come as one; each policy must let it (CSP 3 §4.2).
    policies = page.headers.get("content-security-policy", "").split(",")
    parts = [part.split() for policy in policies for part in policy.split(";")]
    ancestors = [part for part in parts if part and part[0].lower() == "frame-ancestors"]
    for part in ancestors:
        if not any(_embeds(source, scheme) for source in part[1:]):
            return f"the app lets no other site embed it ({' '.join(part)})"
    options = page.headers.get("x-frame-options", "")
    # Browsers obey the older header only where there is no such policy (CSP 3 §6.4.2).
    return f"the app lets no other site embed it (X-Frame-Options: {options})" if options and not ancestors else None


def _embeds(source: str, scheme: str) -> bool:
    """Tell whether a source of ``frame-ancestors`` lets any site of a scheme in; ``http`` is both (CSP 3 §6.7.2.8)."""
    any_site = re.fullmatch(r"(https?):|(?:(https?)://)?\*(?::\*)?", source, re.IGNORECASE)
    named = (any_site[1] or any_site[2] or "http").lower() if any_site else None
    return named in ("http", scheme)
