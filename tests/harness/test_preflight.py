"""What is found out of an app before any browser opens it: whether another site may embed it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dlt_web.testing.conformance.fetching import Fetched
from dlt_web.testing.conformance.own_pages import embedder_of, own_pages
from dlt_web.testing.conformance.preflight import _frames_forbidden, look_at_app
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.faults import Answer
from dlt_web.testing.proxy_tls import system_trust
from dlt_web.testing.recorded_request import RecordedRequest

POLICY = "content-security-policy"


def forbidden(scheme: str = "https", **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _frames_forbidden(Fetched(f"{scheme}://shop.example/", 200, named, b""))


@pytest.mark.parametrize("sources", ["*", "https:", "https://*", "HTTPS://*", "http:", "http://*", "*:*", "'self' *"])
def test_a_policy_that_lets_other_sites_embed_an_app_over_https(sources: str):
    assert forbidden(content_security_policy=f"default-src 'self'; frame-ancestors {sources}") is None


@pytest.mark.parametrize("sources", ["", "'none'", "'self'", "https://partner.example", "https://*.partner.example"])
def test_a_policy_that_does_not(sources: str):
    said = forbidden(content_security_policy=f"frame-ancestors {sources}")
    assert said == f"the app lets no other site embed it ({f'frame-ancestors {sources}'.strip()})"


@pytest.mark.parametrize("sources", ["https:", "https://*"])
def test_a_page_without_https_is_no_site_over_https(sources: str):
    assert forbidden("http", content_security_policy=f"frame-ancestors {sources}") is not None
    assert forbidden("http", content_security_policy=f"frame-ancestors {sources} *") is None


def test_each_policy_must_let_other_sites_embed_the_app():
    assert forbidden(content_security_policy="frame-ancestors *, frame-ancestors 'self'") is not None
    assert forbidden(content_security_policy="frame-ancestors *, script-src 'self'") is None


def test_the_older_header_counts_where_no_policy_speaks_of_frames():
    assert forbidden(x_frame_options="DENY") == "the app lets no other site embed it (X-Frame-Options: DENY)"
    assert forbidden(x_frame_options="DENY", content_security_policy="default-src 'self'") is not None
    assert forbidden(x_frame_options="DENY", content_security_policy="frame-ancestors *") is None


@contextmanager
def serving_two_policies() -> Iterator[str]:
    class App(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Security-Policy", "frame-ancestors 'self'")
            self.send_header("Content-Security-Policy", "default-src 'self'")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://shop.localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_policies_in_headers_of_their_own_are_all_heard():
    with serving_two_policies() as url:
        said = look_at_app(Settings(url, "code"), system_trust())
    assert said == "the app lets no other site embed it (frame-ancestors 'self')"


@pytest.mark.parametrize("path", ["größe", "a b", "?size=größe", "?a b"])
def test_an_address_with_letters_beyond_ascii_or_spaces_is_asked_for(path: str):
    with serving_two_policies() as url:
        assert look_at_app(Settings(url + path, "code"), system_trust()) is not None


@pytest.mark.parametrize("app", ["http://shop.localhost:8000/scan?a=b&c=d", "https://shop.example/"])
def test_the_page_that_embeds_the_app_is_of_the_apps_scheme_and_answered_here(app: str):
    url = embedder_of(app)
    assert url.startswith(app.partition("//")[0])
    answer = own_pages(RecordedRequest(0, "GET", url, (), b"", b""))
    assert isinstance(answer, Answer)
    assert f'src="{app.replace("&", "&amp;")}"'.encode() in answer.body
