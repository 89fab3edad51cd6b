"""docs/start.md: each of its four ways is taken as it stands there, and counts."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlt_web.testing.browser_page import BrowserPage
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests.npm.apps import developing
from tests.npm.start_doc import CODE, COMMANDS, FILES, PRINTED, SERVER
from tests.page_workers import STOP_CLOCK
from wasm import npm
from wasm.workshop import ROOT

# Types a code and waits for what the page says of it.
TYPE = """async (text) => {
    const seen = document.querySelector("#seen");
    const before = seen.textContent;
    document.querySelector("input").value = text;
    document.querySelector("form").requestSubmit();
    for (const start = Date.now(); Date.now() - start < 30000; ) {
        if (seen.textContent !== before) return seen.textContent;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return `still ${before}`;
}"""


def dlt_web(*words: str, folder: Path, store: str = "memory:") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dlt_web.cli", *words],
        cwd=folder, env={**os.environ, "DLT_WEB_STORE": store}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


@pytest.fixture
def plain(bundle: Path, tmp_path: Path, lts: LtsProcess, code: str) -> Iterator[str]:
    """The plain page, built and served by the page's own two commands."""
    build, serve = (line for line in COMMANDS if line.startswith(("dlt-web build", "python -m http.server")))
    dlt_web(*shlex.split(build)[1:], folder=tmp_path)
    page = FILES["public/index.html"].replace(SERVER, lts.url).replace(CODE, code)
    (tmp_path / "public" / "index.html").write_text(page)
    *words, _port = shlex.split(serve)[1:]
    command = [sys.executable, "-u", *words, "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        (port,) = re.findall(r"port (\d+)", said)
        yield f"http://localhost:{port}/"
        server.kill()


@pytest.fixture
def react(apps: Path, lts: LtsProcess, code: str) -> Iterator[str]:
    """The React app while it is developed, as `npm run dev` serves it: only there everything is mounted twice."""
    # Beside the others, where Vite finds the packages by going up.
    app = apps / f"start react of {code}"
    shutil.copytree(apps / "start react", app, ignore=shutil.ignore_patterns("dist", "public"))
    for name in ("index.html", "src/main.jsx"):
        text = (app / name).read_text()
        (app / name).write_text(text.replace(SERVER, lts.url).replace(CODE, code))
    with developing(app) as address:
        yield address
    shutil.rmtree(app)


@pytest.fixture(params=["plain", "start vite", "react"])
def address(request: pytest.FixtureRequest) -> str:
    if request.param != "start vite":
        return str(request.getfixturevalue(request.param))
    serve: Callable[[str], StaticSite] = request.getfixturevalue("serve")
    return serve(request.param).shop_a.url("/")


@pytest.mark.long_form(cases=1)
def test_the_page_counts_what_is_typed_and_says_what_was_seen_before(
    address: str, tab: BrowserPage, lts: LtsProcess, code: str
) -> None:
    tab.goto(address)
    tab.wait_for_selector("form", state="attached", timeout=30_000)
    licensed = "() => document.querySelector('#license').textContent === 'licensed'"
    wait_until(lambda: tab.evaluate(licensed), what="the page shows the license")
    tab.evaluate(STOP_CLOCK)
    assert [tab.evaluate(TYPE, text) for text in ("A", "B")] == ["A: counted", "B: counted"]
    assert tab.evaluate(TYPE, "A") == "A: seen before"
    tab.goto("about:blank")  # as a page is left, it reports
    wait_until(lambda: lts.usage(code).scans == 2, what="two scans at the server")
    assert lts.usage(code).devices == 1


@pytest.mark.long_only
def test_the_server_is_set_up_and_the_python_program_prints_what_the_page_says(
    lts: LtsProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    commands = [shlex.split(line)[1:] for line in COMMANDS if line.startswith("dlt-web lts")]
    set_up = [words for words in commands if "add" in words]
    assert [words[1:3] for words in set_up] == [["license", "add"], ["handshake", "add"]]
    for words in set_up:
        dlt_web(*words, folder=tmp_path, store=lts.store_url)
    (tmp_path / "count.py").write_text(FILES["count.py"].replace(SERVER, lts.url))
    done = subprocess.run(
        [sys.executable, "count.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == (PRINTED, "", 0)
    usage, devices = (words for words in commands if "add" not in words and "serve" not in words)
    assert re.search(r"^scans +2$", dlt_web(*usage, folder=tmp_path, store=lts.store_url), re.MULTILINE)
    assert "There are no devices" not in dlt_web(*devices, folder=tmp_path, store=lts.store_url)


def test_the_server_listens_where_the_page_says() -> None:
    (serve,) = (line for line in COMMANDS if line.startswith("dlt-web lts serve"))
    assert serve == "dlt-web lts serve"
    said = dlt_web("lts", "serve", "--help", folder=ROOT)
    host, port = re.fullmatch(r"http://(.+):(\d+)", SERVER).groups()
    assert re.search(rf"--host TEXT.*{re.escape(host)}", said, re.DOTALL)
    assert re.search(rf"--port.*{port}", said, re.DOTALL)


def test_every_package_that_the_page_installs_is_what_the_apps_were_built_with(installed: Path) -> None:
    words = [word for line in COMMANDS if line.startswith("npm install") for word in line.split()[2:]]
    packages = {word for word in words if not word.startswith("--")}
    assert packages == {"dlt-web", "vite", "react", "react-dom"}
    assert (installed / "package.json").is_file()
    assert all(npm.npm_version(name) for name in packages - {"dlt-web"})


def test_each_command_of_the_page_is_one_of_those_that_are_run_here() -> None:
    kinds = {" ".join(line.split()[:2]) for line in COMMANDS}
    assert kinds == {"pip install", "dlt-web lts", "dlt-web build", "python -m", "npm install"}
