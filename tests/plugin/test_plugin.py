"""The plugin in other people's runs: what it leaves alone, what it needs, and what it says when that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlt_web.browsers import ENGINES, find_browser
from dlt_web.testing.plugin import FIXTURES
from tests.plugin.pytest_run import PytestRun, run_pytest

HEAVY = {"av", "numpy", "PIL", "psutil", "selenium", "trustme", "zxingcpp", "dlt_web.testing.lts_process"}


def run_test(folder: Path, test: str, *arguments: str, **environment: str) -> PytestRun:
    (folder / "test_it.py").write_text(test)
    return run_pytest(folder, *arguments, environment=environment)


@pytest.mark.parametrize("options", [[], ["-p", "no:playwright"]])
def test_a_run_that_asks_for_no_fixture_imports_nothing_for_it(tmp_path: Path, options: list[str]) -> None:
    heavy = HEAVY | ({"playwright"} if options else set())
    run = run_test(tmp_path, f"import sys\n\n\ndef test_it():\n    assert not {heavy} & set(sys.modules)\n", *options)
    assert run.outcomes == {"test_it": "passed"}, run.output


def test_a_fixture_of_the_user_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import pytest\n\n\n@pytest.fixture\ndef camera():\n    return 'theirs'\n")
    run = run_test(tmp_path, "def test_it(camera):\n    assert camera == 'theirs'\n")
    assert run.outcomes == {"test_it": "passed"}, run.output


def test_options_of_the_user_go_before_those_of_the_conformance_suite(tmp_path: Path) -> None:
    options = ("--app-url", "--handshake-code", "--lts", "--second-url")
    added = "".join(f"    parser.addoption({option!r}, default='theirs')\n" for option in options)
    (tmp_path / "conftest.py").write_text(f"def pytest_addoption(parser):\n{added}")
    test = "def test_it(pytestconfig):\n    assert pytestconfig.getoption('--app-url') == 'theirs'\n"
    run = run_test(tmp_path, test, "-p", "dlt_web.testing.conformance.plugin")
    assert run.outcomes == {"test_it": "passed"}, run.output


THEIR_OWN = """
import pytest


@pytest.fixture
def domains():
    return "theirs"


@pytest.fixture(name="browser_type_launch_args", scope="session")
def their_own_browser(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": "/opt/theirs"}
"""
ASKS_FOR_THEIRS = """
def test_it(domains, request, browser_type_launch_args):
    assert request.node.get_closest_marker("browser_context_args") is None
    assert browser_type_launch_args == {"executable_path": "/opt/theirs"}
"""


def test_a_team_that_asks_for_no_fixture_of_ours_starts_its_own_browser_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(THEIR_OWN)
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    run = run_test(tmp_path, ASKS_FOR_THEIRS, "--browser", "chromium", **nowhere)
    assert set(run.outcomes.values()) == {"passed"}, run.output


@pytest.mark.parametrize("name", FIXTURES)
def test_each_fixture_has_a_sentence_of_help(name: str) -> None:
    from dlt_web.testing.plugin import fixtures

    assert (getattr(fixtures, name).__wrapped__.__doc__ or "").endswith(".")


def test_without_a_package_of_the_extra_a_fixture_says_what_installs_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("")
    (tmp_path / "sitecustomize.py").write_text("import sys\n\nsys.modules['av'] = sys.modules['trustme'] = None\n")
    test = "def test_it(lts):\n    pass\n\n\ndef test_plain():\n    pass\n"
    path = f"{tmp_path}:{Path('src').absolute()}"
    run = run_test(tmp_path, test, PYTHONPATH=path)
    sentence = (
        "Failed: The fixture lts of dlt-web cannot be had: av, trustme not installed; "
        "repair it with: pip install 'dlt-web[testing]'."
    )
    assert sentence.removeprefix("Failed: ") in run.outcomes["test_it"]
    assert run.outcomes["test_plain"] == "passed"
    assert "Traceback" not in run.output
    assert "fixtures.py" not in run.output


def test_without_pytest_playwright_a_fixture_says_so(tmp_path: Path) -> None:
    run = run_test(tmp_path, "def test_it(domains):\n    pass\n", "-p", "no:playwright")
    assert "the plugin pytest-playwright is switched off" in run.outcomes["test_it"]


def test_an_unknown_engine_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    run = run_test(tmp_path, "def test_it(browser_profile):\n    pass\n", "--browser", "opera")
    assert run.exit_code == 4
    assert "'opera'" in run.output
    assert "webkit" in run.output
    assert "Traceback" not in run.output


ASKS_FOR_WINDOWS = """
def test_profile(browser_profile):
    pass


def test_camera(camera):
    pass


def test_page(page):
    pass


def test_windows(dlt_windows, browser_name):
    dlt_windows.open(browser_name)
"""


@pytest.mark.parametrize("missing", ["fail", "skip"])
def test_a_browser_that_is_not_installed_is_said_with_what_installs_it(tmp_path: Path, missing: str) -> None:
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    engines = [word for engine in ENGINES for word in ("--browser", engine)]
    run = run_test(tmp_path, ASKS_FOR_WINDOWS, *engines, "--missing-browser", missing, **nowhere)
    assert len(run.outcomes) == 12
    for name, outcome in run.outcomes.items():
        engine = name.split("[")[1].rstrip("]")
        sentence = f"There is no {engine} on this machine; install it with: dlt-web browsers install {engine}"
        assert sentence in outcome, run.output
    assert run.exit_code == (1 if missing == "fail" else 0)
    # What a test does by itself is shown as pytest shows it; a fixture says it in a sentence.
    assert run.output.count("browser_launch.py") == (3 if missing == "fail" else 0)
    assert "Traceback" not in run.output


ASKS_FOR_PLAYWRIGHTS_OWN = """
def test_page(page):
    pass


def test_context(new_context):
    pass


def test_ours(dlt_windows, browser_name):
    pass
"""


def test_a_page_of_playwrights_where_only_webkitgtk_is_is_skipped_with_that_sentence(tmp_path: Path) -> None:
    found = find_browser("webkit")
    if found is None or found.is_for_playwright:
        pytest.skip("WebKitGTK is not here, or not alone")
    run = run_test(tmp_path, ASKS_FOR_PLAYWRIGHTS_OWN, "--browser", "webkit")
    sentence = (
        "needs a page of Playwright's, whose own WebKit is not here; WebKitGTK, which is, is driven over WebDriver: "
        "use the fixture browser_profile"
    )
    skipped = {"test_page[webkit]": sentence, "test_context[webkit]": sentence}
    assert run.outcomes == {**skipped, "test_ours[webkit]": "passed"}, run.output
    assert run.exit_code == 0


ASKS_HOW_WINDOWS_OPEN = """
def test_windows(dlt_windows, browser_name):
    setup = dlt_windows.setup
    assert (setup.is_headed, setup.slow_mo_ms) == (True, 70)
    if browser_name != "webkit":
        options = setup.in_playwright(browser_name).launch_options()
        assert (options["headless"], options["slow_mo"]) == (False, 70)


def test_playwrights_own(browser_type_launch_args):
    assert (browser_type_launch_args["headless"], browser_type_launch_args["slow_mo"]) == (False, 70)
"""


def test_headed_and_slowmo_hold_for_playwrights_page_and_for_our_windows(tmp_path: Path) -> None:
    engines = [word for engine in ("chromium", "firefox") for word in ("--browser", engine)]
    run = run_test(tmp_path, ASKS_HOW_WINDOWS_OPEN, *engines, "--headed", "--slowmo", "70", "--missing-browser", "skip")
    outcomes = {name: outcome for name, outcome in run.outcomes.items() if "on this machine; install" not in outcome}
    assert set(outcomes.values()) == {"passed"}, run.output


BAD_BARCODES = [("morse", "A"), ("ean_13", "4006381333930"), "A", ("qr_code", "")]
TRIES_BAD_BARCODES = f"""
import pytest


@pytest.mark.parametrize("given", {BAD_BARCODES})
def test_it(barcode_image, barcode_video, given):
    for make in (barcode_image, barcode_video):
        with pytest.raises(ValueError) as caught:
            make(given)
        print("SAID", caught.value)
"""


def test_bad_barcodes_are_said_in_a_sentence(tmp_path: Path) -> None:
    run = run_test(tmp_path, TRIES_BAD_BARCODES, "--capture=no")
    assert set(run.outcomes.values()) == {"passed"}, run.output
    said = {line.partition("SAID ")[2] for line in run.output.splitlines() if "SAID " in line}
    assert len(said) == len(BAD_BARCODES)
    assert any(one.startswith("No 'morse' can be drawn; there are qr_code, ") for one in said)
    assert any(one.startswith("'4006381333930' cannot be drawn as ean_13: ") for one in said)
    assert any(one.startswith('A barcode is given as ("qr_code", "its text"); found \'A\'.') for one in said)


PROXIED = """
def test_recorded(page, domains, recording_proxy):
    page.goto(domains.shop_a.url("/recorded"))
    assert [request.path for request in recording_proxy.requests(path="/rec")] == ["/recorded"]


def test_direct(page, domains, dlt_session_proxy):
    dlt_session_proxy.forget()
    page.goto(domains.shop_a.url("/direct"))
    assert dlt_session_proxy.requests() == []


def test_killing_the_sessions_browser_is_refused(page, kill_browser):
    import pytest

    with pytest.raises(ValueError, match="open a page of the fixture browser_profile"):
        kill_browser(page)
"""
TRACED = """
def test_windows(browser_profile, domains):
    page = browser_profile.new_page()
    page.goto(domains.shop_a.url("/"))
    assert page.evaluate("1 + 1") == 2
"""


@pytest.mark.in_one_engine("chromium")
def test_only_a_test_that_asks_for_the_recording_proxy_goes_through_it(browser_name: str, tmp_path: Path) -> None:
    if browser_name == "webkit":
        pytest.skip("of pytest-playwright's own page, which WebKitGTK has none of")
    run = run_test(tmp_path, PROXIED, "--browser", browser_name)
    assert set(run.outcomes.values()) == {"passed"}, run.output


@pytest.mark.in_one_engine("chromium")
def test_playwrights_options_hold_for_windows_too(browser_name: str, tmp_path: Path) -> None:
    options = ["--tracing", "on", "--screenshot", "on", "--slowmo", "20", "--browser", browser_name]
    run = run_test(tmp_path, TRACED, *options)
    assert set(run.outcomes.values()) == {"passed"}, run.output
    written = {file.name for file in (tmp_path / "test-results").rglob("*.*")}
    assert any(name.endswith(".png") for name in written)
    assert browser_name == "webkit" or "trace.zip" in written
