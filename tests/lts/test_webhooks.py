"""Signatures as standardwebhooks.com has them, and where messages may go."""

from __future__ import annotations

import ipaddress
import random
import ssl
from pathlib import Path

import pytest
import trustme

from dlt_web.errors import OptionError
from dlt_web.lts.alert_records import Alert, Webhook
from dlt_web.lts.webhook_post import post
from dlt_web.lts.webhooks import (
    BACKOFF_MS,
    MAX_RETRY_AFTER_MS,
    backoff_ms,
    body_of,
    check_url,
    headers_of,
    is_allowed,
    show_secret,
    show_url,
    signing_secrets,
)
from tests.lts.webhook_receiver import HERE, Receiver
from tests.lts.world import T0_MS

SECRET = bytes(range(32))


def test_a_message_is_signed_as_the_specifications_own_library_signs_it() -> None:
    body = body_of(Alert(T0_MS, "test", "", None, "{}", "msg_0123"))
    assert body == b'{"data":{},"timestamp":"2026-11-24T10:03:00Z","type":"test"}'
    assert show_secret(SECRET) == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    headers = headers_of("msg_0123", body, [SECRET], T0_MS // 1000)
    # By the package standardwebhooks 1.1.0, with the same secret, id, time and body.
    assert headers["webhook-signature"] == "v1,jOrEIqry0Y03C9KtfzYX9OghLJd1pxcejvzZ6cIBFxY="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_0123", str(T0_MS // 1000))


def test_after_a_rotation_a_message_is_signed_with_both_secrets_for_a_while() -> None:
    webhook = Webhook("w", "https://a.example", SECRET, 0, b"old", 1_000)
    assert signing_secrets(webhook, 999) == [SECRET, b"old"]
    assert signing_secrets(webhook, 1_000) == [SECRET]
    both = headers_of("m", b"x", [SECRET, b"old"], 5)["webhook-signature"]
    each = [headers_of("m", b"x", [one], 5)["webhook-signature"] for one in (SECRET, b"old")]
    assert both == " ".join(each)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example", "https://hooks.example:8443/a/b?c=d", "https://10.1.2.3/x", "http://127.0.0.1:9/x",
        "http://localhost:9", "http://[::1]:9/", "https://xn--bcher-kva.example/",
    ],
)  # fmt: skip
def test_a_good_url_is_taken(url: str) -> None:
    assert check_url(url).hostname


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example", "ftp://hooks.example", "http://hooks.example", "http://10.1.2.3", "http://localhost.example",
        "http://169.254.169.254/latest", "https://user:secret@hooks.example", "https://user@hooks.example",
        "https://hooks.example/#f", "https://", "https://a b", "https://a.example/\r\nX: y", "https://[::1", "file:///etc",
        "https://hooks.example:0/", "https://hooks.example:99999/", "https://bücher.example/",
        "https://a.example/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_a_bad_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(OptionError) as refused:
        check_url(url)
    assert refused.value.message.startswith("A webhook's URL looks like https://hooks.example/licenses")
    assert "secret" not in refused.value.message


def test_of_a_url_the_host_alone_is_shown() -> None:
    assert show_url("https://hooks.example/T1/secret?token=x") == "https://hooks.example/…"
    assert show_url("https://hooks.example:8443") == "https://hooks.example:8443/"
    assert show_url("http://[::1]:9/x") == "http://[::1]:9/…"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255", "fe80::1", "fd00::1", "ff0e::1", "::", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "fec0::1", "feff::1", "64:ff9b:1::a00:1", "64:ff9b:1:ffff::808:808", "::10.0.0.1",
        "::93.184.215.14", "2002:a9fe:a9fe::1", "192.0.2.1", "198.18.0.1", "240.0.0.1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_taken_only_where_the_operator_names_its_network(address: str) -> None:
    parsed = ipaddress.ip_address(address)
    assert not is_allowed(parsed, (), is_encrypted=True)
    assert is_allowed(ipaddress.ip_address("10.0.0.1"), ("10.0.0.0/8",), is_encrypted=True)
    assert not is_allowed(ipaddress.ip_address("10.0.0.1"), ("10.0.0.0/8",), is_encrypted=False)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700:4700::1111", "::ffff:93.184.215.14"])
def test_a_public_address_is_taken_if_encrypted(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), (), is_encrypted=True)
    assert not is_allowed(ipaddress.ip_address(address), (), is_encrypted=False)


def test_attempts_come_ever_later_and_end_after_three_days() -> None:
    waits = [backoff_ms(attempts, None, 0.0) for attempts in range(1, len(BACKOFF_MS) + 2)]
    assert waits == [*BACKOFF_MS, None]
    assert list(BACKOFF_MS) == sorted(BACKOFF_MS)
    assert 3 < sum(BACKOFF_MS) / 86_400_000 < 4
    for attempts in range(1, len(BACKOFF_MS) + 1):
        wait_ms = backoff_ms(attempts, None, random.Random(attempts).random())
        assert wait_ms is not None
        assert BACKOFF_MS[attempts - 1] <= wait_ms <= BACKOFF_MS[attempts - 1] * 1.1
    assert backoff_ms(1, 60_000, 0.0) == 60_000
    assert backoff_ms(1, 10**12, 0.0) == MAX_RETRY_AFTER_MS
    assert backoff_ms(2, 1_000, 0.0) == BACKOFF_MS[1]


def test_what_is_posted_arrives_as_it_is() -> None:
    with Receiver() as receiver:
        outcome = post(f"{receiver.url}?a=b", b'{"a":1}', {"webhook-id": "m", "Content-Type": "application/json"}, HERE)
        (message,) = receiver.messages
    assert (outcome.is_delivered, outcome.status, outcome.text) == (True, 204, "answered 204")
    assert (message.path, message.body, message.id) == ("/canary-path?a=b", b'{"a":1}', "m")
    assert message.headers["host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize(
    ("answer", "text", "retry_after_ms"),
    [
        (500, "answered 500", None),
        (404, "answered 404", None),
        ((302, {"Location": "http://127.0.0.1:1/"}), "answered 302", None),
        ((503, {"Retry-After": "120"}), "answered 503", 120_000),
        ((429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}), "answered 429", 0),
        ((503, {"Retry-After": "soon"}), "answered 503", None),
    ],
)
def test_anything_but_2xx_is_a_failure(answer: object, text: str, retry_after_ms: int | None) -> None:
    with Receiver(answer) as receiver:
        outcome = post(receiver.url, b"", {}, HERE)
        assert len(receiver.messages) == 1, "a redirect is not followed"
    assert (outcome.is_delivered, outcome.text, outcome.retry_after_ms) == (False, text, retry_after_ms)


@pytest.mark.parametrize("how", ["hang", "trickle"])
def test_a_receiver_that_does_not_come_to_an_end_is_cut_off(how: str) -> None:
    with Receiver() as receiver:
        receiver.answers = [getattr(receiver, how)]
        outcome = post(receiver.url, b"", {}, HERE, deadline_s=0.5)
    assert (outcome.is_delivered, outcome.text) == (False, "no answer within 0.5 s")
    assert 500 <= outcome.took_ms < 5_000


def test_an_address_is_judged_as_it_is_connected_to() -> None:
    with Receiver() as receiver:
        refused = post(receiver.url, b"", {}, ("10.0.0.0/8",))
        by_name = post(receiver.url.replace("127.0.0.1", "localhost"), b"", {}, HERE)
        assert len(receiver.messages) == 1
    assert refused.text == "the host's address is in a network that webhooks may not be in (lts alerts set)"
    assert by_name.is_delivered


def test_what_cannot_be_reached_is_said_without_the_address() -> None:
    with Receiver() as receiver:
        url = receiver.url
    outcomes = [post(url, b"", {}, HERE), post("https://no-such-host.invalid/canary", b"", {}, HERE)]
    assert [outcome.text for outcome in outcomes] == ["the connection was refused", "the host's name is not known"]


def test_a_receiver_that_speaks_no_tls_is_no_receiver() -> None:
    with Receiver() as receiver:
        outcome = post(receiver.url.replace("http://", "https://"), b"", {}, HERE, deadline_s=5)
        assert receiver.messages == []
    assert (outcome.status, outcome.text) == (None, "no encrypted connection could be made")


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """A receiver's certificate of an authority that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_message_goes_by_https(tls: ssl.SSLContext) -> None:
    with Receiver(tls=tls) as receiver:
        outcome = post(receiver.url, b"{}", {}, HERE)
        assert [message.body for message in receiver.messages] == [b"{}"]
    assert outcome.is_delivered


def test_a_receiver_that_hangs_behind_https_is_cut_off(tls: ssl.SSLContext) -> None:
    with Receiver(tls=tls) as receiver:
        receiver.answers = [receiver.trickle]
        outcome = post(receiver.url, b"", {}, HERE, deadline_s=0.5)
    assert outcome.text == "no answer within 0.5 s"


def test_a_certificate_of_nobody_known_is_not_accepted(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with Receiver(tls=tls) as receiver:
        outcome = post(receiver.url, b"", {}, HERE)
        assert receiver.messages == []
    assert outcome.text.startswith("the certificate is not accepted: ")
