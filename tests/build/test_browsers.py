"""Which browsers are found and how they are installed, on machines made of small programs in a folder."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from dlt_web import browsers

NAMES = ("chromium-headless-shell", "firefox-esr")


class Machine:
    """A machine whose PATH is one folder and which has no browser of Playwright's."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"

    def add(self, name: str, script: str = "exit 0") -> Path:
        program = self.bin / name
        program.write_text(f"#!/bin/sh\necho {name} $* >>{self.log}\n{script}\n")
        program.chmod(0o755)
        return program

    def add_apt_that_installs(self, update: str = "exit 0", names: Sequence[str] = NAMES) -> None:
        made = (self.bin / name for name in names)
        install = "\n".join(f"printf '#!/bin/sh\\n' >{path}; /bin/chmod 755 {path}" for path in made)
        self.add("apt-get", f'[ "$1" = install ] || {update}\n{install}')

    def let_playwright_fetch(self) -> None:
        """Has the downloader leave its builds; what it is told about libraries it cannot do."""
        folders = [folder for engine in browsers.USUAL_ENGINES for folder in browsers.playwright_folders(engine)]
        made = "\n".join(f"/bin/mkdir -p {folder}; : >{folder}/INSTALLATION_COMPLETE" for folder in folders)
        self.add("python", f'[ "$3" = install ] || {{ echo "E: no root" >&2; exit 1; }}\n{made}')

    def apt_calls(self) -> list[str]:
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        return [call.removeprefix("apt-get ") for call in calls if call.startswith("apt-get ")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    # Playwright's downloader is a program of the same interpreter: this one fails as it does without a network.
    monkeypatch.setattr("sys.executable", str(made.add("python", "echo 'Error: no network' >&2; exit 1")))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return made


def test_the_systems_browsers_are_found(machine: Machine):
    chromium, firefox = (machine.add(name) for name in NAMES)
    found = browsers.find_browsers()
    assert found["chromium"].launch_options() == {"executable_path": str(chromium)}
    assert found["firefox"].launch_options() == {"executable_path": str(firefox), "channel": "moz-firefox"}


@pytest.fixture
def webkit_machine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with all that Debian's WebKit is made of."""
    for name in ("WebKitWebDriver", "Xvfb", "system-python"):
        machine.add(name)
    monkeypatch.setattr(browsers, "SYSTEM_PYTHON", str(machine.bin / "system-python"))
    return machine


def test_the_systems_webkit_is_for_webdriver(webkit_machine: Machine):
    found = browsers.find_browser("webkit")
    assert found == browsers.FoundBrowser("webkit", webkit_machine.bin / "WebKitWebDriver")
    assert not found.is_for_playwright
    with pytest.raises(ValueError, match="WebDriver"):
        found.launch_options()


@pytest.mark.parametrize("missing", ["WebKitWebDriver", "Xvfb", "system-python"])
def test_a_webkit_that_lacks_a_part_is_none_and_is_said_how_to_install(webkit_machine: Machine, missing: str):
    (webkit_machine.bin / missing).unlink()
    assert browsers.find_browser("webkit") is None
    with pytest.raises(browsers.BrowserError, match=r"No webkit .*`apt-get install webkit2gtk-driver .* xvfb`"):
        browsers.install_browsers(lambda line: None, ["webkit"])


def test_a_webkit_without_the_systems_bindings_is_none(webkit_machine: Machine):
    webkit_machine.add("system-python", "exit 1")
    assert browsers.find_browser("webkit") is None


def test_a_machine_without_browsers_has_none(machine: Machine):
    assert browsers.find_browsers() == {}


def test_playwrights_own_builds_come_first(machine: Machine):
    machine.add("chromium")
    for folder in browsers.playwright_folders("chromium"):
        folder.mkdir(parents=True)
        (folder / "INSTALLATION_COMPLETE").touch()
    assert browsers.find_browser("chromium").launch_options() == {}


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {}, "{home}/.cache/ms-playwright"),
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/ms-playwright"),
        ("darwin", {}, "{home}/Library/Caches/ms-playwright"),
        ("win32", {}, "{home}/AppData/Local/ms-playwright"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/ms-playwright"),
        ("darwin", {"PLAYWRIGHT_BROWSERS_PATH": "/named"}, "/named"),
    ],
)
def test_playwrights_builds_are_where_it_keeps_them_on_each_system(
    system: str, environment: dict[str, str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("PLAYWRIGHT_BROWSERS_PATH", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path), **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", system)
    (found,) = browsers.playwright_folders("firefox")
    assert str(found.parent) == folder.format(home=tmp_path)


def test_playwrights_builds_may_lie_beside_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "0")
    (found,) = browsers.playwright_folders("firefox")
    assert found.parent.name == ".local-browsers"
    assert (found.parents[1] / "browsers.json").is_file()


def test_on_a_screen_a_browser_that_has_a_window_is_taken(machine: Machine):
    machine.add("chromium-headless-shell")
    assert browsers.find_browser("chromium", is_headed=True) is None
    chromium = machine.add("chromium")
    assert browsers.find_browser("chromium", is_headed=True) == browsers.FoundBrowser("chromium", chromium)


def test_an_unfinished_download_of_playwright_is_no_browser(machine: Machine):
    for folder in browsers.playwright_folders("chromium"):
        folder.mkdir(parents=True)
    assert os.listdir(os.environ["PLAYWRIGHT_BROWSERS_PATH"])
    assert browsers.find_browser("chromium") is None


def test_without_playwrights_downloads_debians_packages_are_installed(machine: Machine):
    machine.add_apt_that_installs()
    found = browsers.install_browsers(lambda line: None)
    assert set(found) == {"chromium", "firefox"}
    install = "install -y -q --no-install-recommends chromium-headless-shell firefox-esr"
    assert machine.apt_calls() == ["update -q", install]  # lists that are old offer what is too old, or gone


def test_for_a_screen_a_browser_that_has_a_window_is_installed_beside_the_headless_shell(machine: Machine):
    machine.add("chromium-headless-shell")
    machine.add_apt_that_installs(names=["chromium"])
    found = browsers.install_browsers(lambda line: None, ["chromium"], is_headed=True)
    assert found == {"chromium": browsers.FoundBrowser("chromium", machine.bin / "chromium")}
    assert machine.apt_calls()[-1] == "install -y -q --no-install-recommends chromium"


def test_where_no_browser_with_a_window_can_be_installed_the_error_names_it(machine: Machine):
    machine.add("chromium-headless-shell")
    with pytest.raises(browsers.BrowserError, match="`apt-get install chromium`"):
        browsers.install_browsers(lambda line: None, ["chromium"], is_headed=True)


def test_what_is_there_is_not_installed_again(machine: Machine):
    for name in NAMES:
        machine.add(name)
    browsers.install_browsers(lambda line: None)
    assert machine.apt_calls() == []


def test_package_lists_that_cannot_be_updated_are_used_as_they_are(machine: Machine):
    machine.add_apt_that_installs(update="exit 100")
    assert set(browsers.install_browsers(lambda line: None)) == {"chromium", "firefox"}


def test_a_firefox_that_playwright_cannot_drive_is_replaced(machine: Machine):
    machine.add("chromium-headless-shell")
    machine.add("firefox-esr", "echo Mozilla Firefox 140.12.0esr")
    machine.add_apt_that_installs()
    assert browsers.find_browser("firefox") is None
    assert set(browsers.install_browsers(lambda line: None)) == {"chromium", "firefox"}
    assert machine.apt_calls()[-1].split()[-1] == "firefox-esr"


def test_a_firefox_that_stays_too_old_is_said(machine: Machine):
    machine.add("chromium-headless-shell")
    machine.add("firefox-esr", "echo Mozilla Firefox 140.12.0esr")
    machine.add("apt-get")
    with pytest.raises(browsers.BrowserError, match="No firefox of version 141 or newer could be installed"):
        browsers.install_browsers(lambda line: None)


def test_a_newer_firefox_is_found(machine: Machine):
    firefox = machine.add("firefox", "echo Mozilla Firefox 153.8.0esr")
    machine.add("firefox-esr", "echo Mozilla Firefox 140.12.0esr")
    assert browsers.find_browser("firefox") == browsers.FoundBrowser("firefox", firefox)


def test_an_ordinary_user_goes_through_sudo(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    machine.add_apt_that_installs()
    machine.add("sudo", 'shift; exec "$@"')
    assert set(browsers.install_browsers(lambda line: None)) == {"chromium", "firefox"}


def test_with_playwrights_builds_come_the_libraries_that_they_need(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    machine.let_playwright_fetch()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    machine.add("sudo", "exit 0")
    said: list[str] = []
    assert set(browsers.install_browsers(said.append)) == {"chromium", "firefox"}
    (call,) = (line for line in machine.log.read_text().splitlines() if line.startswith("sudo "))
    assert call == f"sudo -n {machine.bin}/python -m playwright install-deps chromium firefox"
    assert not any("libraries" in line for line in said)


@pytest.mark.parametrize("user_id", [0, 1000])
def test_where_those_libraries_cannot_be_added_it_says_how_to(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, user_id: int
):
    machine.let_playwright_fetch()
    monkeypatch.setattr("os.geteuid", lambda: user_id)
    said: list[str] = []
    browsers.install_browsers(said.append)
    assert [line for line in said if "python -m playwright install-deps chromium firefox`" in line]
    assert machine.apt_calls() == []


def test_where_nothing_can_be_installed_the_error_names_what_to_do(machine: Machine):
    with pytest.raises(browsers.BrowserError, match="`apt-get install chromium-headless-shell firefox-esr`"):
        browsers.install_browsers(lambda line: None)
