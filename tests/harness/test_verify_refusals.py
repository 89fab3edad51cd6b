"""``dlt-web verify`` where nothing can be verified: one sentence, exit code 2, no traceback, and before any browser."""

from __future__ import annotations

import contextlib
import datetime
import errno
import io
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
import trustme

from dlt_web.cli import main
from dlt_web.testing.conformance import suite
from dlt_web.testing.conformance.preflight import look_at_app
from dlt_web.testing.conformance.report import see_that_it_can_be_saved
from dlt_web.testing.conformance.settings import Settings
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.proxy_tls import system_trust
from tests.harness.test_conformance_report import REPORT

YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


# What the suite asks of a license server below /leads.
LEADING = "/leads/v1/admin/handshakes/code"


class App(BaseHTTPRequestHandler):
    """An app's server, as far as nobody opens it in a browser."""

    def do_GET(self) -> None:
        if self.path.startswith("/says-yes/"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")
            return
        known = {"/": 200, "/gone": 410, "/broken": 503, "/private": 401}
        status = known.get(self.path, 302 if self.path in ("/moved", "/away", "/round", "/else", LEADING) else 404)
        self.send_response(status)
        elsewhere = {"/moved": "/", "/round": "/round", "/else": f"http://other.localhost:{self.server.server_port}/"}
        target = elsewhere.get(self.path, "http://127.0.0.1:1/" if status == 302 else None)
        if target is not None:
            self.send_header("Location", target)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that does not trust it hangs up
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"{'http' if context is None else 'https'}://shop.localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    with serving() as url:
        yield url


def verify(*words: str, **environment: str) -> tuple[int, str, str]:
    """Run the command in this process, which saves two seconds of start; exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    return verify_on(out, err, *words, **environment), out.getvalue(), err.getvalue()


def verify_on(out: io.StringIO, err: io.StringIO, *words: str, **environment: str) -> int:
    """Run the command in this process, with what it writes to; exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dlt-web", "verify", *words])
        for name, value in environment.items():
            patch.setenv(name, value)
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    return int(str(ended.value.code))


def refusal(*words: str, **environment: str) -> str:
    """The one sentence of a run that could not begin."""
    code, out, err = verify(*words, "--handshake-code", "code", **environment)
    return one_sentence(code, out, err)


def one_sentence(code: int, out: str, err: str) -> str:
    assert (code, out) == (2, ""), err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "http://", "https://shop.example:99999/"])
def test_an_address_that_is_none(url: str):
    assert f"The app URL {url!r} is none" in refusal(url)


@pytest.mark.parametrize("seconds", ["0", "601", "nan", "soon"])
def test_a_patience_that_is_none(seconds: str):
    sentence = refusal("http://shop.localhost:1/", "--wait", seconds)
    assert "--wait" in sentence
    assert seconds in sentence


def test_an_app_that_is_not_there():
    assert "The app at http://shop.localhost:1/ cannot be reached: " in refusal("http://shop.localhost:1/")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere", "answers with status 404"),
        ("/gone", "answers with status 410"),
        ("/broken", "answers with status 503"),
        ("/away", "cannot be reached"),
        ("/round", "redirects without an end"),
    ],
)
def test_a_page_that_is_not_there(app: str, path: str, said: str):
    assert said in refusal(app + path)


def test_an_app_that_leads_to_another_domain_is_another_device_there(app: str):
    port = app.rpartition(":")[2]
    sentence = refusal(f"{app}/else")
    assert f"The app at {app}/else leads to http://other.localhost:{port}/: give that address" in sentence


def test_an_app_that_asks_who_is_there_may_have_a_page_all_the_same(app: str):
    look_at_app(Settings(f"{app}/private", "code"), system_trust())


def test_an_address_with_a_password_in_it():
    sentence = refusal("https://me:hunter2@shop.example/")
    assert "The app URL holds a user's name or password" in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize("code", ["", "two words", "ü", "x" * 129])
def test_a_handshake_code_that_can_be_none(app: str, code: str):
    told = verify(app, f"--handshake-code={code}", "--own-lts")
    assert f"--handshake-code {code!r} can be none" in one_sentence(*told)


@pytest.mark.parametrize("second", ["https://shop.example:443/b", "HTTPS://Shop.Example/b"])
def test_a_second_domain_that_is_the_first_in_other_letters(second: str):
    assert "is of the same domain as" in refusal("https://shop.example/a", "--second-url", second)


def test_a_second_domain_that_is_the_first(app: str):
    assert "is of the same domain as" in refusal(app, "--second-url", f"{app}/moved")


def test_a_second_domain_that_is_not_there(app: str):
    assert "The app's second domain at http://other.localhost:1/" in refusal(
        app, "--second-url", "http://other.localhost:1/"
    )


@pytest.fixture
def certified(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A server over HTTPS, of the kind of certificate that the test names, signed by ca.pem where anybody signed it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    leaf = {
        "expired": lambda: authority.issue_cert("shop.localhost", not_after=YESTERDAY),
        "nobody's": lambda: trustme.CA().issue_cert("shop.localhost"),
        "another host's": lambda: authority.issue_cert("other.localhost"),
    }[request.param]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    with serving(context) as url:
        yield url


SAID_OF = {"expired": "certificate has expired", "nobody's": "issuer", "another host's": "Hostname mismatch"}


@pytest.mark.parametrize(("certified", "said"), SAID_OF.items(), indirect=["certified"], ids=SAID_OF)
def test_a_certificate_that_is_not_good(certified: str, said: str, tmp_path: Path):
    sentence = refusal(certified, "--ca-file", str(tmp_path / "ca.pem"))
    assert f"The app at {certified} cannot be trusted: its certificate is not good: " in sentence
    assert ".." not in sentence
    assert said in sentence


@pytest.mark.parametrize("certified", ["expired"], indirect=True)
def test_a_certificate_of_the_second_domain_or_the_server_that_has_expired(app: str, certified: str, tmp_path: Path):
    authority = ("--ca-file", str(tmp_path / "ca.pem"))
    second = refusal(app, "--second-url", certified, *authority)
    assert f"The app's second domain at {certified} cannot be trusted: " in second
    server = refusal(app, "--lts", certified, "--lts-key-env", "KEY", *authority, KEY="secret")
    assert f"The LTS at {certified}/" in server
    assert "cannot be trusted: its certificate is not good: certificate has expired" in server
    assert "secret" not in server


def test_an_authority_that_is_none(app: str, tmp_path: Path):
    (tmp_path / "ca.pem").write_text("no certificate")
    assert "holds no certificate that can be used" in refusal(app, "--ca-file", str(tmp_path / "ca.pem"))
    assert "No such file" in refusal(app, "--ca-file", str(tmp_path / "none.pem"))


def test_another_machine_that_was_forbidden():
    assert "is not on this machine" in refusal("http://shop.example/", "--no-outside")


def test_no_browser(app: str, tmp_path: Path):
    # The system's browsers are found on PATH, Playwright's own in their folder.
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    assert "There is no browser on this machine; install some with: dlt-web browsers install" in refusal(app, **nowhere)
    one = refusal(app, "--browser", "firefox", **nowhere)
    assert "There is no firefox on this machine; install with: dlt-web browsers install firefox" in one
    shown = refusal(app, "--browser", "chromium", "--headed", **nowhere)
    assert "that can show itself on a screen on this machine" in shown
    assert "install with: dlt-web browsers install --headed chromium" in shown


@pytest.fixture(scope="module")
def lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts")) as running:
        running.add_handshake(running.add_license(), code="code")
        yield running


def test_a_server_that_is_not_there(app: str):
    sentence = refusal(app, "--lts", "http://lts.localhost:1", "--lts-key-env", "KEY", KEY="secret")
    assert "The LTS at http://lts.localhost:1/" in sentence
    assert "cannot be reached" in sentence
    assert "secret" not in sentence


def test_a_server_that_is_none(app: str):
    assert "is no license tracking server's administration" in refusal(
        app, "--lts", app, "--lts-key-env", "KEY", KEY="secret"
    )


def test_a_server_that_is_none_and_answers_everything(app: str):
    said = refusal(app, "--lts", f"{app}/says-yes", "--lts-key-env", "KEY", KEY="secret")
    assert "is no license tracking server's administration: it names no handshake code" in said


def test_a_server_that_leads_elsewhere_is_not_followed_with_the_key(app: str):
    sentence = refusal(app, "--lts", f"{app}/leads", "--lts-key-env", "KEY", KEY="secret")
    assert "leads to http://127.0.0.1:1/, where the administration key is not taken" in sentence


def test_a_key_that_is_not_known(app: str, lts: LtsProcess):
    sentence = refusal(app, "--lts", lts.url, "--lts-key-env", "KEY", KEY="wrong")
    assert "does not know the administration key" in sentence


def test_a_key_that_may_only_read(app: str, lts: LtsProcess):
    key = lts.cli("admin-key", "add", "reader", "--scope", "read")["key"]
    assert "may only read" in refusal(app, "--lts", lts.url, "--lts-key-env", "KEY", KEY=key)


def test_a_handshake_code_without_room_is_not_brought_to_refuse_everybody(app: str, lts: LtsProcess):
    key = lts.cli("admin-key", "add", "room")["key"]
    full = lts.add_code(quota=3)
    told = verify(app, "--lts", lts.url, "--lts-key-env", "KEY", "--handshake-code", full, KEY=key)
    assert f"The handshake code {full} has 3 free seat(s) at {lts.url}, and a run takes 4" in one_sentence(*told)
    assert lts.devices(full) == []


def test_a_handshake_code_that_is_not_known(app: str, lts: LtsProcess):
    key = lts.cli("admin-key", "add", "manager")["key"]
    told = verify(app, "--lts", lts.url, "--lts-key-env", "KEY", "--handshake-code", "other", KEY=key)
    assert "knows no handshake code other" in one_sentence(*told)


def test_settings_that_do_not_go_together(app: str):
    assert "exclude each other" in refusal(app, "--own-lts", "--lts", "http://lts.localhost", "--lts-key-env", "HOME")
    assert "needs an administration key" in refusal(app, "--lts", "http://lts.localhost")
    assert "no server that knows it" in refusal(app, "--own-lts", "--lts-key-env", "HOME")
    assert "there is no such environment variable" in refusal(
        app, "--lts", "http://lts.localhost", "--lts-key-env", "NOT_SET"
    )


@pytest.mark.parametrize("held", ["secret\nsecond line", "secret key", "s\u00e9cret"])
def test_a_variable_that_holds_no_key_is_named_and_what_it_holds_is_not(app: str, held: str):
    sentence = refusal(app, "--lts", "http://localhost:1", "--lts-key-env", "KEY", KEY=held)
    assert "The environment variable KEY holds what can be no administration key" in sentence
    assert held.split()[0] not in sentence


def test_the_end_of_a_line_is_no_part_of_a_key(app: str, lts: LtsProcess):
    key = lts.cli("admin-key", "add", "line-end")["key"]
    told = verify(app, "--lts", lts.url, "--lts-key-env", "KEY", "--handshake-code", "other", KEY=f"{key}\n")
    assert "knows no handshake code other" in one_sentence(*told)


def test_a_server_that_speaks_no_tls(app: str):
    assert "what answers there speaks no TLS" in refusal(app.replace("http:", "https:"))


def test_a_key_that_would_go_over_the_network_in_the_clear(app: str):
    sentence = refusal(app, "--lts", "http://lts.example", "--lts-key-env", "KEY", KEY="secret")
    assert "--lts http://lts.example would send the administration key over the network in the clear" in sentence


def test_a_report_that_has_no_place_is_said_before_the_run(tmp_path: Path):
    (tmp_path / "file").write_text("")
    (tmp_path / "report" / "junit.xml").mkdir(parents=True)
    (tmp_path / "page.md").write_text("# no marks\n")
    nowhere = "http://shop.localhost:1/"
    for folder in ("file/below", "report"):
        assert "The report has no place: " in refusal(nowhere, "--report", str(tmp_path / folder))
    assert "put <!-- matrix: written by a run -->" in refusal(nowhere, "--matrix", str(tmp_path / "page.md"))
    see_that_it_can_be_saved(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_server_of_the_suite_that_does_not_work_is_said_and_ended(app: str, tmp_path: Path):
    before = set(psutil.Process().children())
    # Which a server of the suite reads, too.
    environment = {"DLT_WEB_CONFIG": str(tmp_path / "none.toml")}
    told = verify(app, "--handshake-code", "code", "--own-lts", **environment)
    assert "The suite's own license server cannot be used: " in one_sentence(*told)
    assert set(psutil.Process().children()) == before


def test_a_check_that_nobody_knows(app: str):
    sentence = refusal(app, "--only", "device", "--only", "devise")
    assert "--only devise is no check's name or its beginning; those begin with count, device, " in sentence


def test_no_handshake_code(app: str):
    assert "--handshake-code" in one_sentence(*verify(app))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "report.html"), "No space left on device: report.html."),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found"),
            "No usable temporary directory found.",
        ),
        (TimeoutError(), "The run could not go on: TimeoutError."),
        (KeyError("cells"), "ended by what nobody expected, KeyError: 'cells', in test_verify_refusals.py, line "),
        (ValueError(), "ended by what nobody expected, ValueError: it says nothing, in test_verify_refusals.py"),
    ],
    ids=["disk full", "no temporary folder", "silence", "a defect", "a defect that says nothing"],
)
def test_what_is_no_outcome_of_a_check_ends_as_a_run_that_could_not_be_made(
    app: str, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
):
    def made(*_: object) -> None:
        raise error

    monkeypatch.setattr(suite, "look_at_app", made)
    assert said in refusal(app)


def test_a_report_that_cannot_be_written_takes_the_table_not_away(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def write(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(suite.Suite, "make_all", lambda *_: REPORT)
    monkeypatch.setattr(Path, "write_bytes", write)
    code, out, err = verify(app, "--handshake-code", "code", "--report", str(tmp_path))
    assert (code, err) == (2, "Error: The run could not go on: No space left on device.\n")
    assert "A window slides" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_a_sentence_that_cannot_be_written_changes_no_exit_code():
    words = [sys.executable, "-m", "dlt_web.cli", "verify", "http://shop.localhost:1/", "--handshake-code", "code"]
    with open("/dev/full", "w") as full:
        assert subprocess.run(words, stderr=full, timeout=60, check=False).returncode == 2


def test_without_the_extra_the_command_says_what_to_install(app: str, tmp_path: Path):
    # A package that cannot be imported stands before the real one, as where it is not installed.
    (tmp_path / "playwright.py").write_text("raise ModuleNotFoundError('No module', name='playwright')")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "dlt_web.cli", "verify", app, "--handshake-code", "code"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert 'pip install "dlt-web[testing]"' in one_sentence(done.returncode, done.stdout, done.stderr)
