"""What a license tracking server counted: one that the suite starts, or the app's own, asked by its administration."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import quote

from dlt_web.model import ChargeWay
from dlt_web.testing.lts_process import LtsError, LtsProcess
from dlt_web.testing.recorded_request import RecordedRequest

from .app_page import first_line
from .errors import VerifyError
from .fetching import Fetched, fetch
from .lts_detour import LtsDetour

# What the suite scans is counted under these names, which no reader gives: an app that scans by itself does no harm.
SYMBOLOGIES = ("conformance1", "conformance2")
# What a check takes of an app's server at most, before it gives back.
SEATS_AT_A_TIME = 4
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

    @contextmanager
    def another(self, name: str, charge_way: ChargeWay) -> Iterator[OwnLts]:
        """Lead the tracker's requests to a fresh server for a while."""
        before = self.detour.target
        # A folder of its own each time: every browser of a run asks for one.
        folder = Path(mkdtemp(prefix=f"{name}-", dir=self._folder))
        try:
            with OwnLts(folder, self._code, charge_way) as other:
                self.detour.target = other.process.url
                yield other
        finally:
            # When it has ended, and not before: what is still under way to it counts nowhere else.
            self.detour.target = before

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


def _asked(ask: Callable[[], T]) -> T:
    """Return what the suite's own server answers.

    Raises:
        VerifyError: it cannot be asked any more.
    """
    try:
        return ask()
    except LtsError as error:
        raise VerifyError(f"The suite's own license server cannot be asked: {first_line(error)}") from error


class AppLts:
    """The app's own server, asked through its administration interface with a key that may manage."""

    def __init__(self, url: str, key: str, code: str, trust: ssl.SSLContext) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._code = code
        self._trust = trust

    @property
    def sentence(self) -> str:
        """Say who counts."""
        return f"the app's license tracking server at {self._url}"

    def check(self) -> None:
        """Find out whether it can be asked, whether it has room, and whether the key may release devices.

        Raises:
            VerifyError: it cannot; says why.
        """
        known = self._ask("GET", f"/handshakes/{quote(self._code)}")
        if known.status == 404 and b"NOT_FOUND" in known.body:
            raise VerifyError(
                f"The LTS at {self._url} knows no handshake code {self._code}; add it there, or name another."
            )
        handshake = self._judge(known)
        if handshake.get("handshakeCode") != self._code:
            raise VerifyError(
                f"What answers at {known.url} is no license tracking server's administration: it names no handshake "
                "code."
            )
        self._require_room(handshake.get("licenses") or ())
        nobody = f"/devices/{uuid.uuid4()}/release?handshake={quote(self._code, safe='')}"
        released = self._ask("POST", nobody)
        if released.status == 403:
            raise VerifyError(
                "The administration key may only read, and the run's devices are to be released afterwards: make one "
                "with `dlt-web lts admin-key add NAME`."
            )
        if released.status != 404:
            self._judge(released)

    def _require_room(self, license_ids: Collection[str]) -> None:
        """See that the run takes no seat that somebody else needs, and provokes no refusal, which may shut out all.

        Raises:
            VerifyError: there are too few seats.
        """
        asked = (self._judge(self._ask("GET", f"/licenses/{quote(one, safe='')}")) for one in license_ids)
        items = [item for item in asked if not item.get("revoked")]
        if any(item.get("chargeWay") == "per_scan" for item in items):
            return  # takes devices without a limit
        free = sum(max(0, item.get("quota", 0) - item.get("used", 0)) for item in items)
        if items and free < SEATS_AT_A_TIME:
            raise VerifyError(
                f"The handshake code {self._code} has {free} free seat(s) at {self._url}, and a run takes "
                f"{SEATS_AT_A_TIME} at a time: raise the quota of its license item, or name a code with room."
            )

    def seated(self, among: Collection[str]) -> set[str]:
        """Return which of some devices hold a seat now."""
        found = set()
        for device_uuid in among:
            answer = self._ask("GET", f"/devices/{quote(device_uuid)}?handshake={quote(self._code, safe='')}")
            if answer.status != 404 and self._judge(answer)["seated"]:
                found.add(device_uuid)
        return found

    def scans(self) -> int:
        """Return how many scans of the suite's symbologies are booked."""
        counted = self._judge(self._ask("GET", f"/usage?handshake={quote(self._code, safe='')}"))["bySymbology"]
        return sum(counted.get(name, 0) for name in SYMBOLOGIES)

    def release(self, device_uuids: Collection[str]) -> None:
        """Give the seats of devices back; one that holds none is left alone.

        Raises:
            VerifyError: some could not be given back; names them, for whoever has to do it by hand.
        """
        kept, why = [], ""
        for device_uuid in device_uuids:
            path = f"/devices/{quote(device_uuid)}/release?handshake={quote(self._code, safe='')}"
            try:
                answer = self._ask("POST", path)
                if answer.status != 404:
                    self._judge(answer)
            except VerifyError as error:
                kept.append(device_uuid)
                why = str(error)
        if kept:
            raise VerifyError(
                f"{why.rstrip('.')}. These devices of the run may still hold seats of {self._code}; release each by "
                f"`dlt-web lts devices release UUID --handshake {self._code}`: {', '.join(sorted(kept))}."
            )

    def _ask(self, method: str, path: str) -> Fetched:
        headers = {"Authorization": f"Bearer {self._key}"}
        return fetch(f"{self._url}/v1/admin{path}", self._trust, what="The LTS", method=method, headers=headers)

    def _judge(self, answer: Fetched) -> Any:
        """Return what an answer says.

        Raises:
            VerifyError: it is a refusal, or no license tracking server's.
        """
        if answer.status == 401:
            raise VerifyError(
                f"The LTS at {self._url} does not know the administration key; check the variable that holds it."
            )
        if 300 <= answer.status < 400:
            raise VerifyError(
                f"The LTS at {self._url} leads to {answer.headers.get('location')}, where the administration key is "
                "not taken: give that address if it is the server's."
            )
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        if answer.status >= 400 or not isinstance(told, dict):
            said = told.get("detail", "") if isinstance(told, dict) else ""
            raise VerifyError(
                f"What answers at {answer.url} is no license tracking server's administration, or cannot work now: "
                f"status {answer.status}. {said}".rstrip()
            )
        return told
