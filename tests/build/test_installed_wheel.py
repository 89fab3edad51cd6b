"""The wheel alone, in an environment that holds nothing else, away from the checkout: `dlt-web demo` works."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.build.interpreters import clean_environment, make_environment
from tests.demo.demo_process import DemoProcess


@pytest.fixture(scope="module")
def command(built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `dlt-web` of a fresh environment into which pip put the wheel and what its metadata asks for."""
    environment = tmp_path_factory.mktemp("empty") / "venv"
    return make_environment(Path(sys.executable), environment, str(built_wheel)) / "dlt-web"


@pytest.fixture(scope="module")
def demo(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """The installed demo, started where no checkout is; that it ends well is asserted when it is ended."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with DemoProcess(
        folder / "data", command=[str(command)], working_folder=folder, environment=clean_environment()
    ) as running:
        yield running


def fetch(origin: str, path: str) -> tuple[int, str, bytes]:
    """Give status, media type and body of a GET; *.localhost is this machine, whatever the resolver says."""
    url = urlsplit(origin)
    connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": url.netloc})
        answer = connection.getresponse()
        return answer.status, (answer.getheader("content-type") or "").split(";")[0], answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("/", "text/html", b"One browser on one domain is one device"),
        ("/dlt-web.js", "text/javascript", b" as Tracker"),
        ("/pyodide.asm.wasm", "application/wasm", b"\0asm"),
        ("/vendor/zxing-wasm/reader/zxing_reader.wasm", "application/wasm", b"\0asm"),
        ("/demo/sample.webm", "video/webm", b"webm"),
        ("/demo/config.json", "application/json", b"200001-demo"),
    ],
)
def test_both_sites_serve_the_page_from_inside_the_wheel(demo: DemoProcess, path: str, media_type: str, content: bytes):
    for origin in (demo.shop_a, demo.shop_b):
        status, found, body = fetch(origin, path)
        assert (status, found) == (200, media_type)
        assert content in body


def test_the_license_server_is_well_and_has_counted_nothing(demo: DemoProcess):
    assert fetch(demo.license_server, "/healthz")[0] == 200
    assert fetch(demo.license_server, "/readyz")[0] == 200
    assert (demo.usage().devices, demo.usage().scans) == (0, 0)


def test_it_says_all_in_a_few_lines_and_builds_nothing(demo: DemoProcess):
    assert [line.split("  ")[0] for line in demo.log().splitlines()] == [
        "Demo page",
        "Other domain",
        "License server",
        "Its dashboard",
        "Counts kept in",
        "Ctrl-C ends it.",
    ]


def test_the_bundle_can_be_copied_out_of_it(command: Path, tmp_path: Path):
    done = subprocess.run(
        [str(command), "build", "--out", "site"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "site" / "dlt-web.js").is_file()
    assert (tmp_path / "site" / "manifest.json").is_file()
