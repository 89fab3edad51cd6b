"""What the tests of reporting do and look at: a licensed tracker, its requests, its store's reports."""

from dlt_web.messages import FlushRequested, StorePurged
from tests.core.fake_lts import grant
from tests.core.fake_shell import FakeShell, FakeStore

A, B, C = ("qr_code", "A"), ("ean_13", "B"), ("qr_code", "C")
REPORTS = "/v1/usage-reports"
SLOT_MS = 180_000


def licensed(**more):
    shell = FakeShell(**more)
    grant(shell)
    return shell


def flush(shell):
    shell.feed(FlushRequested(f"flush-{len(shell.resolved)}"))


def bodies(shell):
    return [sent.body for sent in shell.sent if sent.url.endswith(REPORTS)]


def bodies_of_store(shell):
    return [value["report"] for key, value in shell.store.records.items() if "/report/" in key]


def purge(shell):
    shell.store = FakeStore()
    shell.feed(StorePurged("indexeddb", 0, {}))


def two_tabs():
    store = FakeStore()
    one = licensed(store=store, seed=1)
    two = licensed(store=store, seed=2, page="page-2")
    for shell in (one, two):
        shell.scan(A)
        flush(shell)
    return one, two
