"""What the tests of the license side do and look at."""

from dlt_web.options import TrackerOptions

A = ("qr_code", "A")
AUTHORIZE = "/v1/authorizations"
DAY_MS = 86_400_000


def options(**more):
    return TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), **more)


def state(shell):
    return shell.state["license"]["state"]


def new_scan(shell):
    """Scan something never seen before."""
    return shell.scan(("qr_code", f"text {shell.clock.monotonic_ms} {len(shell.commits)}"))


def lose_authorizations(shell):
    """Have no authorization under way answered."""
    for request in [sent for sent in shell.sent if sent.url.endswith(AUTHORIZE)]:
        shell.lose(request)
