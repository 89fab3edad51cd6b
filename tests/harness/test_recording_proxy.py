"""The recording proxy without a browser: HTTPS, streams, WebSockets, what is outside, and detours."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Request, TextMessage

from dlt_web.testing.canaries import find_leaks
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Answer, Fault
from dlt_web.testing.proxy_tls import system_trust
from dlt_web.testing.recorded_request import RecordedRequest
from dlt_web.testing.recording_proxy import RecordingProxy

HOST = "shop.localhost"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; ``/events`` says one thing, waits for the test, and says another."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/events":
            self._stream()
            return
        self._answer(f"{self.command} {self.path} {self.headers['Host']}".encode())

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.go_on.wait(10)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[int]:
    """A server on loopback, with TLS where a context is given; its port."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

        def handle_error(self, *_: object) -> None:
            pass  # a client that does not trust it hangs up

    server = Server((address, 0), Echo)
    if context is not None:
        # The handshake in the thread of the connection: one that fails there is closed.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """What trusts the test's own authority as well."""
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return system_trust(str(file))


def server_context(authority: trustme.CA, host: str = HOST, *, not_after: datetime.datetime | None = None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, not_after=not_after).configure_cert(context)
    return context


def browser_context(proxy: RecordingProxy) -> ssl.SSLContext:
    """A browser that was told to take the proxy's certificates."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def through(proxy: RecordingProxy, host: str, port: int, *, secure: bool = True) -> http.client.HTTPConnection:
    """A connection through the proxy's tunnel."""
    at = urlsplit(proxy.url)
    if secure:
        made: http.client.HTTPConnection = http.client.HTTPSConnection(
            at.hostname, at.port, context=browser_context(proxy), timeout=10
        )
    else:
        made = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
    made.set_tunnel(host, port)
    return made


def ask(connection: http.client.HTTPConnection, method: str, target: str, body: bytes | None = None):
    connection.request(method, target, body)
    response = connection.getresponse()
    return response.status, response.read()


def test_https_is_looked_into_and_the_server_is_judged(authority: trustme.CA, trust: ssl.SSLContext):
    with serving(server_context(authority)) as port, RecordingProxy(trust=trust) as proxy:
        with contextlib.closing(through(proxy, HOST, port)) as connection:
            assert ask(connection, "GET", "/a?b=c") == (200, f"GET /a?b=c {HOST}:{port}".encode())
            assert ask(connection, "POST", "/form", b"what left") == (200, b"what left")
        connect, get, post = proxy.requests()
    assert (connect.method, connect.url) == ("CONNECT", f"{HOST}:{port}")
    assert (get.url, get.path) == (f"https://{HOST}:{port}/a?b=c", "/a")
    assert (post.url, post.body) == (f"https://{HOST}:{port}/form", b"what left")
    assert proxy.troubles() == {}


def test_the_proxys_certificate_names_the_host(authority: trustme.CA, trust: ssl.SSLContext):
    with (
        serving(server_context(authority)) as port,
        RecordingProxy(trust=trust) as proxy,
        contextlib.closing(through(proxy, HOST, port)) as connection,
    ):
        connection.connect()
        shown = ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(binary_form=True))
    from cryptography import x509

    names = x509.load_pem_x509_certificate(shown.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == [HOST]


EXPIRED = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda authority: server_context(trustme.CA()), "its certificate is not good: "),
        (lambda authority: server_context(authority, not_after=EXPIRED), "certificate has expired"),
        (lambda authority: server_context(authority, "other.localhost"), "Hostname mismatch"),
    ],
    ids=["nobody's", "expired", "another host's"],
)
def test_a_server_with_a_bad_certificate_is_not_asked_and_the_reason_is_kept(
    make: Callable[[trustme.CA], ssl.SSLContext], said: str, authority: trustme.CA, trust: ssl.SSLContext
):
    with (
        serving(make(authority)) as port,
        RecordingProxy(trust=trust) as proxy,
        contextlib.closing(through(proxy, HOST, port)) as connection,
    ):
        status, body = ask(connection, "GET", "/")
    assert status == 502
    assert said in body.decode()
    assert proxy.troubles() == {f"https://{HOST}:{port}": body.decode()}


def test_what_is_outside_may_be_allowed_and_forbidden_again_while_it_runs():
    with RecordingProxy() as proxy:
        for allowed, asked in (({"shop.invalid"}, True), ({"other.invalid"}, False), (True, True), (False, False)):
            proxy.allow_outside(allowed)
            at = urlsplit(proxy.url)
            with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=10)) as connection:
                status, told = ask(connection, "GET", "http://shop.invalid/")
            assert (status, told == b"not on this machine") == (502, not asked)


def test_nothing_outside_the_machine_is_asked_unless_somebody_asked_for_it():
    with RecordingProxy() as proxy:
        connection = through(proxy, "shop.example", 443)
        with pytest.raises(OSError, match="502"):
            connection.connect()
        assert [request.url for request in proxy.requests()] == ["shop.example:443"]
    # A name that resolves nowhere: the proxy now tries, and says what it met.
    with RecordingProxy(outside=["shop.invalid"]) as proxy:
        at = urlsplit(proxy.url)
        with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=10)) as connection:
            status, body = ask(connection, "GET", "http://shop.invalid/")
            assert (status, b"gaierror" in body) == (502, True)
            assert ask(connection, "GET", "http://other.invalid/") == (502, b"not on this machine")


def test_a_server_that_listens_at_the_other_version_of_ip_is_found():
    try:
        with serving(address="::1") as port, RecordingProxy() as proxy:
            at = urlsplit(proxy.url)
            with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=10)) as connection:
                assert ask(connection, "GET", f"http://localhost:{port}/")[0] == 200
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_an_answer_goes_on_as_it_comes():
    Echo.go_on.clear()
    with serving() as port, RecordingProxy() as proxy:
        at = urlsplit(proxy.url)
        with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=5)) as connection:
            connection.request("GET", f"http://{HOST}:{port}/events")
            response = connection.getresponse()
            assert response.read(5) == b"first"  # the second piece is not said yet
            Echo.go_on.set()
            assert response.read() == b"second"
            # The connection is good for more.
            assert ask(connection, "GET", f"http://{HOST}:{port}/x")[0] == 200


def test_the_length_of_an_answer_without_a_body_is_kept():
    with serving() as port, RecordingProxy() as proxy:
        at = urlsplit(proxy.url)
        with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=5)) as connection:
            connection.request("HEAD", f"http://{HOST}:{port}/x")
            response = connection.getresponse()
            assert response.getheader("Content-Length") == str(len(f"HEAD /x {HOST}:{port}"))
            assert response.read() == b""
            assert ask(connection, "GET", f"http://{HOST}:{port}/x")[0] == 200


def test_a_detour_leads_elsewhere_or_answers_and_the_record_says_what_was_asked():
    def way(request: RecordedRequest) -> str | Answer | None:
        if request.path == "/here":
            return Answer(200, (), b"from the proxy")
        return f"http://127.0.0.1:{port}/there" if request.path == "/away" else None

    with serving() as port, RecordingProxy() as proxy:
        proxy.detour(way)
        with contextlib.closing(through(proxy, "lts.example", 443)) as connection:
            assert ask(connection, "GET", "/here") == (200, b"from the proxy")
            assert ask(connection, "GET", "/away") == (200, f"GET /there 127.0.0.1:{port}".encode())
            assert ask(connection, "GET", "/else") == (502, b"not on this machine")
        urls = [request.url for request in proxy.requests(method="GET")]
    assert urls == [f"https://lts.example/{name}" for name in ("here", "away", "else")]


def test_faults_reach_into_https(authority: trustme.CA, trust: ssl.SSLContext):
    with serving(server_context(authority)) as port, RecordingProxy(trust=trust) as proxy:
        proxy.inject(Fault.status(503), path="/v1/", method="POST", times=1)
        proxy.inject(Fault.lose_answer(), path="/lost", method="POST")
        with contextlib.closing(through(proxy, HOST, port)) as connection:
            assert ask(connection, "POST", "/v1/x", b"x")[0] == 503
            assert ask(connection, "POST", "/v1/x", b"x")[0] == 200
            with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
                ask(connection, "POST", "/lost", b"x")
        assert [proxy.answer_to(request) for request in proxy.requests(method="POST")] == [
            "status-503 503",
            "200",
            "lose-answer closed",
        ]


@contextlib.contextmanager
def websocket_server(context: ssl.SSLContext | None) -> Iterator[int]:
    """Says each message back in capitals."""

    def serve(connection: socket.socket) -> None:
        with connection:
            ours = WSConnection(ConnectionType.SERVER)
            while data := connection.recv(65536):
                ours.receive_data(data)
                for event in ours.events():
                    if isinstance(event, Request):
                        assert event.extensions == []  # nothing that would hide what is said
                        connection.sendall(ours.send(AcceptConnection()))
                    elif isinstance(event, TextMessage):
                        connection.sendall(ours.send(Message(data=event.data.upper())))
                    elif isinstance(event, CloseConnection):
                        connection.sendall(ours.send(event.response()))
                        return

    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            serve(connection if context is None else context.wrap_socket(connection, server_side=True))

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(5)


@contextlib.contextmanager
def websocket(tunnel: http.client.HTTPConnection) -> Iterator[tuple[socket.socket, WSConnection]]:
    """A browser's WebSocket through the proxy, which offers to compress what it says; closed at the end."""
    with contextlib.closing(tunnel):
        tunnel.connect()
        ours = WSConnection(ConnectionType.CLIENT)
        extension = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
        asked = ours.send(Request(host=HOST, target="/chat"))
        tunnel.sock.sendall(asked.replace(b"\r\n", b"\r\n" + extension, 1))
        while True:
            ours.receive_data(tunnel.sock.recv(65536))
            if any(isinstance(event, AcceptConnection) for event in ours.events()):
                break
        yield tunnel.sock, ours


def hear(connection: socket.socket, ours: WSConnection, count: int) -> str:
    """What the other side says, up to so many characters."""
    said = ""
    while len(said) < count:
        ours.receive_data(connection.recv(65536))
        said += "".join(event.data for event in ours.events() if isinstance(event, TextMessage))
    return said


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_a_websocket_passes_and_what_the_browser_says_is_recorded_in_the_clear(
    secure: bool, authority: trustme.CA, trust: ssl.SSLContext
):
    context = server_context(authority) if secure else None
    with (
        websocket_server(context) as port,
        RecordingProxy(trust=trust) as proxy,
        websocket(through(proxy, HOST, port, secure=secure)) as (connection, ours),
    ):
        first, second = "a canary in two ", "frames"
        connection.sendall(ours.send(Message(data=first, message_finished=False)))
        time.sleep(0.05)
        connection.sendall(ours.send(Message(data=second)))
        assert hear(connection, ours, len(first + second)) == "A CANARY IN TWO FRAMES"
        # While it is open, too.
        (asked,) = proxy.requests(path="/chat", method="GET")
        (message,) = proxy.requests(method="WEBSOCKET")
        assert [proxy.answer_to(one) for one in (asked, message)] == ["101", "a message, which has no answer"]
        assert "unanswered" not in proxy.journal()
    scheme = "https" if secure else "http"
    assert (message.url, message.body) == (f"{scheme}://{HOST}:{port}/chat", b"a canary in two frames")


def test_a_websocket_whose_server_is_not_there_is_answered_as_such():
    with RecordingProxy() as proxy:
        tunnel = through(proxy, HOST, 1, secure=False)
        tunnel.connect()
        tunnel.sock.sendall(WSConnection(ConnectionType.CLIENT).send(Request(host=HOST, target="/chat")))
        answer = tunnel.sock.recv(65536)
        tunnel.close()
        (asked,) = proxy.requests(path="/chat")
        assert proxy.answer_to(asked) == "502"
    assert answer.startswith(b"HTTP/1.1 502")


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_a_websocket_on_which_both_sides_speak_at_once_loses_nothing(
    secure: bool, authority: trustme.CA, trust: ssl.SSLContext
):
    context = server_context(authority) if secure else None
    said = [f"{number:08}" for number in range(5000)]
    with websocket_server(context) as port, RecordingProxy(trust=trust) as proxy:
        with websocket(through(proxy, HOST, port, secure=secure)) as (connection, ours):
            heard = ""
            for burst in range(0, len(said), 100):
                for one in said[burst : burst + 100]:
                    connection.sendall(ours.send(Message(data=one)))
                heard += hear(connection, ours, 400)
            heard += hear(connection, ours, 8 * len(said) - len(heard))
        recorded = [request.body.decode() for request in proxy.requests(method="WEBSOCKET")]
    assert heard == "".join(said)
    assert recorded == said


def ask_for_websocket(proxy: RecordingProxy, host: str, port: int) -> socket.socket:
    """A connection through the proxy, on which a WebSocket was asked for."""
    tunnel = through(proxy, host, port, secure=False)
    tunnel.connect()
    tunnel.sock.sendall(WSConnection(ConnectionType.CLIENT).send(Request(host=host, target="/chat")))
    wait_until(lambda: proxy.requests(path="/chat"), what="the WebSocket")
    return tunnel.sock


def test_a_websocket_to_what_is_outside_is_noted_as_refused():
    with RecordingProxy() as proxy:
        proxy.detour(lambda _: None)  # which lets tunnels lead outside
        with ask_for_websocket(proxy, "shop.invalid", 80) as browser:
            assert browser.recv(65536).startswith(b"HTTP/1.1 502")
        (asked,) = proxy.requests(path="/chat")
        assert proxy.answer_to(asked) == "502"
        assert proxy.trouble_of(asked) == "it is not on this machine, and nobody asked for other machines"


@contextlib.contextmanager
def saying(line: bytes, go_on: threading.Event) -> Iterator[int]:
    """A server that says one line when it is told to, and hangs up; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                go_on.wait(10)
                connection.sendall(line)

        served = pool.submit(serve)
        yield listener.getsockname()[1]
        served.result(10)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "the server closed the connection without an answer"),
        (b"hello\r\n", "what the server said is no HTTP"),
    ],
)
def test_a_server_that_has_no_answer_to_a_websocket_is_said_in_words(line: bytes, said: str):
    go_on = threading.Event()
    go_on.set()
    with saying(line, go_on) as port, RecordingProxy() as proxy:
        with ask_for_websocket(proxy, HOST, port) as browser:
            assert said.encode() in browser.recv(65536)
        (asked,) = proxy.requests(path="/chat")
        assert proxy.answer_to(asked) == "502"
        assert proxy.trouble_of(asked) == f"ConnectionError: {said}"


def test_a_browser_that_is_gone_before_its_websocket_is_there_makes_no_error_of_the_servers_answer():
    go_on = threading.Event()
    with RecordingProxy() as proxy:
        with saying(b"HTTP/1.1 101 Switching Protocols\r\n", go_on) as port:
            browser = ask_for_websocket(proxy, HOST, port)
            # Hangs up as a process does that is killed: whoever writes is told.
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            browser.close()
            go_on.set()
        (asked,) = proxy.requests(path="/chat")
        wait_until(lambda: not proxy._server._open, what="the end of the connection")
        assert proxy.answer_to(asked) == "101"
        assert proxy.trouble_of(asked) is None


def test_a_refused_websocket_is_answered_as_its_server_answers():
    with serving() as port, RecordingProxy() as proxy:
        tunnel = through(proxy, HOST, port, secure=False)
        tunnel.connect()
        tunnel.sock.sendall(WSConnection(ConnectionType.CLIENT).send(Request(host=HOST, target="/no")))
        answer = tunnel.sock.recv(65536)
        tunnel.close()
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_file_of_one_more_authority_that_is_none_is_an_error(tmp_path: Path):
    with pytest.raises(OSError, match="No such file"):
        system_trust(str(tmp_path / "none.pem"))


@pytest.mark.parametrize("window_bits", [31, 15, -15], ids=["gzip", "deflate", "raw deflate"])
def test_a_body_that_a_script_packed_can_be_searched(window_bits: int):
    packer = zlib.compressobj(wbits=window_bits)
    body = packer.compress(b'{"note": "CANARY-0123456789ab"}' * 20) + packer.flush()
    request = RecordedRequest(0, "POST", "https://shop.example/", (), b"POST / HTTP/1.1\r\n\r\n", body)
    assert find_leaks(["CANARY-0123456789ab"], [("body", request.searchable)])
