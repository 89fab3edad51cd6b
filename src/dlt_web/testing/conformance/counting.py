"""What a license tracking server counted; one that the suite starts, on a clock that it moves."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol, Self, TypeVar

from dlt_web.model import ChargeWay
from dlt_web.testing.lts_process import LtsError, LtsProcess
from dlt_web.testing.recorded_request import RecordedRequest

from .app_page import first_line
from .errors import CountingError, VerifyError
from .fetching import fetch
from .lts_detour import LtsDetour

# What the suite scans is counted under these names, which no reader gives: an app that scans by itself does no harm.
SYMBOLOGIES = ("conformance1", "conformance2")
# More than any run makes, so that a quota never decides.
_QUOTA = 1_000_000
_DEFAULT_PRODUCT = "barcode-reader"

T = TypeVar("T")


class Counted(Protocol):
    """A license tracking server that says what it counted for the app's handshake code."""

    @property
    def sentence(self) -> str:
        """Say who counts."""
        ...

    def seated(self, among: Collection[str]) -> set[str]:
        """Return the devices that hold a seat now: all of them, or those of some where others use the code too."""
        ...

    def scans(self) -> int:
        """Return how many scans of the suite's symbologies are booked."""
        ...

    def release(self, device_uuids: Collection[str]) -> None:
        """Give the seats of devices back, so that a run never holds more than one check needs."""
        ...

    def require(self) -> None:
        """See that it still answers.

        Raises:
            CountingError: it does not; what was not counted says nothing of the app.
        """
        ...


class OwnLts:
    """A server of the suite's own, on a clock that it moves; a context manager.

    Attributes:
        process: the server.
        detour: leads the tracker's requests to it.
    """

    def __init__(self, folder: Path, code: str, charge_way: ChargeWay = "per_device") -> None:
        """Prepare it; entering starts it.

        Args:
            folder: for its database; made when missing.
            code: the app's handshake code.
            charge_way: of the license item behind it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.process = LtsProcess(folder)
        self._folder = folder
        self._code = code
        self._charge_way: ChargeWay = charge_way
        self._products = {_DEFAULT_PRODUCT}
        self.detour = LtsDetour("", met=self._meet)

    def __enter__(self) -> Self:
        self.process.start()
        try:
            self.process.add_handshake(self.process.add_license(self._charge_way, quota=_QUOTA), code=self._code)
        except BaseException:
            # Nobody leaves what was not entered.
            self.process.end()
            raise
        self.detour.target = self.process.url
        return self

    def __exit__(self, *_: object) -> None:
        self.process.end()

    @property
    def sentence(self) -> str:
        """Say who counts."""
        return "a license tracking server of the suite, to which the tracker's requests were led"

    def seated(self, among: Collection[str]) -> set[str]:
        """Return all devices that hold a seat now."""
        del among  # nobody else uses this server
        return _asked(lambda: self.process.seated(self._code))

    def scans(self) -> int:
        """Return how many scans of the suite's symbologies are booked."""
        counted = _asked(lambda: self.process.usage(self._code)).by_symbology
        return sum(counted.get(name, 0) for name in SYMBOLOGIES)

    def release(self, device_uuids: Collection[str]) -> None:
        """Do nothing: the server goes with the run."""

    def require(self) -> None:
        """See that the server to which the tracker's requests are led still answers.

        Raises:
            CountingError: it does not, or only that it cannot.
        """
        what = "The suite's own license server"
        try:
            answer = fetch(f"{self.detour.target}/healthz", ssl.create_default_context(), what=what)
        except VerifyError as error:
            raise CountingError(str(error)) from error
        if answer.status >= 500:
            raise CountingError(f"{what} cannot work any more: it answers {answer.status}.")

    @contextmanager
    def another(self, name: str, charge_way: ChargeWay) -> Iterator[OwnLts]:
        """Lead the tracker's requests to a fresh server for a while."""
        before = self.detour.target
        # A folder of its own each time: every browser of a run asks for one.
        folder = Path(mkdtemp(prefix=f"{name}-", dir=self._folder))
        with ExitStack() as stack:
            # When it has ended, and not before: what is still under way to it counts nowhere else.
            stack.callback(setattr, self.detour, "target", before)
            other = start_own(stack, folder, self._code, charge_way)
            self.detour.target = other.process.url
            yield other

    def _meet(self, request: RecordedRequest) -> None:
        """Sell the app its product, whatever it is called.

        Through a process of its own: this runs beside the thread that reads the store through the command line.
        """
        product = request.json().get("product")
        if not isinstance(product, str) or product in self._products:
            return
        self._products.add(product)
        words = ("license", "add", "--charge-way", self._charge_way, "--quota", str(_QUOTA), "--product", product)
        added = self.process.cli_process(*words, "--json")
        if added.returncode == 0:
            known = self.process.cli_process("handshake", "show", "--json", "--", self._code)
            items = [*json.loads(known.stdout)["licenses"], json.loads(added.stdout)["id"]]
            given = [word for item in items for word in ("--license", item)]
            self.process.cli_process("handshake", "set", *given, "--", self._code)


def start_own(stack: ExitStack, folder: Path, code: str, charge_way: ChargeWay = "per_device") -> OwnLts:
    """Start a server of the suite until a stack is closed.

    Raises:
        CountingError: it does not start, or does not take the handshake code.
    """
    try:
        return stack.enter_context(OwnLts(folder, code, charge_way))
    except LtsError as error:
        raise CountingError(f"The suite's own license server cannot be used: {first_line(error)}") from error


def _asked(ask: Callable[[], T]) -> T:
    """Return what the suite's own server answers.

    Raises:
        CountingError: it cannot be asked any more.
    """
    try:
        return ask()
    except LtsError as error:
        raise CountingError(f"The suite's own license server cannot be asked: {first_line(error)}") from error
