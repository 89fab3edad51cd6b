"""Sessions of the dashboard over HTTP: the cookie, and how a request by cookie shows that it is the dashboard's own."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from ..model import Problem
from .sessions import SESSION_S, Session

# Over HTTPS the name itself binds the cookie to this host, its root path and secure connections. Plain HTTP, which is
# for this very machine and networks of one's own, cannot have that name.
SECURE_COOKIE, PLAIN_COOKIE = "__Host-dlt-session", "dlt-session"
CSRF_HEADER = "x-csrf-token"
READING_METHODS = ("GET", "HEAD")

FORGED = Problem(
    403,
    "CSRF_REFUSED",
    "This request comes from another page than the dashboard, or without its token; nothing was done. Load the "
    "dashboard again.",
)
NOT_OUR_PAGE = Problem(403, "ORIGIN_NOT_ALLOWED", "Only the dashboard's own page can sign in; programs send their key.")
ENDED = Problem(401, "SESSION_EXPIRED", "This session is over. Sign in again to go on.")
KEY_GONE = Problem(401, "SESSION_EXPIRED", "The key of this session was revoked or replaced. Sign in with another one.")


class Held(NamedTuple):
    """What a browser holds of a session: the cookie's name, and the secret in it."""

    cookie: str
    secret: str


def held_session(request: Request) -> Held | None:
    """Return what a request holds of the session that counts; None where it holds none.

    Whoever can make a browser take a cookie for this host over plain HTTP could sign it in to a session of their own.
    So only the protected cookie counts where the request says that it is from a page over HTTPS.
    """
    held = held_sessions(request)
    if cookie_of(request) == SECURE_COOKIE:
        held = [one for one in held if one.cookie == SECURE_COOKIE]
    return held[0] if held else None


def held_sessions(request: Request) -> list[Held]:
    """Return what a request holds under either name, the protected one first."""
    return [Held(name, secret) for name in (SECURE_COOKIE, PLAIN_COOKIE) if (secret := request.cookies.get(name))]


def cookie_of(request: Request) -> str:
    """Return the name of the cookie for a session that is begun by this request."""
    return SECURE_COOKIE if request.headers.get("origin", "").startswith("https://") else PLAIN_COOKIE


def is_own_page(request: Request) -> bool:
    """Tell whether a page of this very origin asks.

    Browsers say so themselves in ``Sec-Fetch-Site``, but only over HTTPS and on this machine. Else the origin's host is
    held against the host that was asked.
    """
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == request.headers.get("host")


def is_forged(request: Request, session: Session) -> bool:
    """Tell whether a request by cookie may be the work of another page: it is from elsewhere, or has no token.

    A cookie goes along with requests of every page of the same site, which the same host's other ports are, too. Such a
    page cannot read the token.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    token = request.headers.get(CSRF_HEADER, "")
    return request.method not in READING_METHODS and not secrets.compare_digest(
        token.encode(), session.csrf_token.encode()
    )


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Give the browser the session's secret, which no script can read and no other site can use."""
    name = cookie_of(request)
    is_secure = name == SECURE_COOKIE
    if is_secure and PLAIN_COOKIE in request.cookies:
        response.delete_cookie(PLAIN_COOKIE, httponly=True, samesite="strict")
    response.set_cookie(name, secret, max_age=SESSION_S, secure=is_secure, httponly=True, samesite="strict")


def clear_cookies(response: Response) -> None:
    """Have the browser forget the secret."""
    for name in (SECURE_COOKIE, PLAIN_COOKIE):
        response.delete_cookie(name, secure=name == SECURE_COOKIE, httponly=True, samesite="strict")
