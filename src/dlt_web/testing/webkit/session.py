"""A running WebKit and the driver that it is told by: both end in time, whatever state they are in.

Selenium's own class for WebKitGTK waits without end for a driver that does not answer, and asks one that is dead.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Remote
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from dlt_web.testing.processes import await_end, kill_process_tree

# Longer than the tracker waits for a start that the browser says nothing of.
STEP_TIMEOUT_S = 90
# The driver says itself when a step took too long.
_ANSWER_TIMEOUT_S = STEP_TIMEOUT_S + 30


class WebKitError(Exception):
    """A script of a page failed, or the browser did not do what it was told."""


class WebKitSession:
    """A browser that runs until it is closed or killed.

    Attributes:
        driver: tells it what to do. Of a step that takes more than 90 s it raises Selenium's ``TimeoutException``; when
            the driver itself gives no answer for 120 s, urllib3's ``HTTPError``.
    """

    def __init__(
        self, launcher: Path, *, log: Path, pid_file: Path, display: str, accept_insecure_certs: bool = False
    ) -> None:
        """Start both.

        Args:
            launcher: the browser's program.
            log: what both write goes there.
            pid_file: where the program leaves its number.
            display: the screen, as ``DISPLAY`` names it.
            accept_insecure_certs: pages of servers whose certificate nobody trusts are shown.

        Raises:
            WebDriverException: one of them did not start.
        """
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment.update(DISPLAY=display, GDK_BACKEND="x11", NO_AT_BRIDGE="1")
        self._service = Service("/usr/bin/WebKitWebDriver", log_output=str(log), env=environment)
        self._service.start()
        self._connection = _connection_to(self._service.service_url)
        try:
            self.driver = Remote(
                command_executor=self._connection,
                options=_options(launcher, accept_insecure_certs),
                file_detector=UselessFileDetector(),  # files are on this machine: none is sent to the driver
            )
            self._browser = psutil.Process(int(pid_file.read_text()))
            self.driver.set_script_timeout(STEP_TIMEOUT_S)
            self.driver.set_page_load_timeout(STEP_TIMEOUT_S)
        except BaseException:
            self._end_driver()
            raise

    def close(self) -> None:
        """End both in good order; nothing is asked of a browser that has ended by itself.

        Raises:
            WebKitError: the browser, or a process that it started, lived on for 90 s, and was killed.
        """
        family = self._family()
        try:
            if family:
                # What it answers does not matter: the processes are looked at.
                with contextlib.suppress(WebDriverException, HTTPError):
                    self.driver.quit()
        finally:
            self._end_driver()
        # A profile that is opened again while its browser still writes to it is damaged.
        if alive := await_end(family, STEP_TIMEOUT_S):
            for process in alive:
                kill_process_tree(process)
            raise WebKitError(f"Closed a browser, but {STEP_TIMEOUT_S} s later it lived on, and was killed: {alive}.")

    def kill(self) -> None:
        """End both at once, the browser as a crash would (SIGKILL)."""
        try:
            kill_process_tree(self._browser)
        finally:
            self._end_driver()

    def _family(self) -> list[psutil.Process]:
        """The browser and what it started, which writes to the profile; nothing where the browser has ended."""
        if not await_end([self._browser], 0):
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            return [self._browser, *self._browser.children(recursive=True)]
        return []

    def _end_driver(self) -> None:
        self._service.process.kill()
        # Of one that is known to have ended, Selenium asks nothing.
        self._service.process.wait()
        self._service.stop()
        self._connection.close()  # type: ignore[no-untyped-call]


def _connection_to(address: str) -> RemoteConnection:
    """Reach a driver on this machine: past all proxies, and what was asked once is not asked again."""
    config = ClientConfig(
        remote_server_addr=address,
        proxy=Proxy(raw={"proxyType": ProxyType.DIRECT}),
        timeout=_ANSWER_TIMEOUT_S,
        init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": Retry(3, read=0)}},
    )
    return RemoteConnection(client_config=config)


def _options(launcher: Path, accept_insecure_certs: bool) -> Options:
    options = Options()
    options.binary_location = str(launcher)
    options.add_argument("--automation")
    options.accept_insecure_certs = accept_insecure_certs
    return options
