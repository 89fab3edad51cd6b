"""What the app's own license tracking server counted, asked through its administration."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from .counting import SYMBOLOGIES
from .errors import CountingError, SeatsKeptError, VerifyError
from .fetching import Fetched, fetch

# What a check takes of an app's server at most, before it gives back.
SEATS_AT_A_TIME = 4


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
            SeatsKeptError: some could not be given back; names them, for whoever has to do it by hand.
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
            raise SeatsKeptError(
                f"{why.rstrip('.')}. These devices of the run may still hold seats of {self._code}; release each by "
                f"`dlt-web lts devices release UUID --handshake {self._code}`: {', '.join(sorted(kept))}.",
                why,
            )

    def require(self) -> None:
        """See that it still knows the handshake code.

        Raises:
            CountingError: it cannot be asked, or does not.
        """
        self._judge(self._ask("GET", f"/handshakes/{quote(self._code)}"))

    def _ask(self, method: str, path: str) -> Fetched:
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            return fetch(f"{self._url}/v1/admin{path}", self._trust, what="The LTS", method=method, headers=headers)
        except VerifyError as error:
            raise CountingError(str(error)) from error

    def _judge(self, answer: Fetched) -> Any:
        """Return what an answer says.

        Raises:
            CountingError: it is a refusal, or no license tracking server's.
        """
        if answer.status == 401:
            raise CountingError(
                f"The LTS at {self._url} does not know the administration key; check the variable that holds it."
            )
        if 300 <= answer.status < 400:
            raise CountingError(
                f"The LTS at {self._url} leads to {answer.headers.get('location')}, where the administration key is "
                "not taken: give that address if it is the server's."
            )
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        if answer.status >= 400 or not isinstance(told, dict):
            said = told.get("detail", "") if isinstance(told, dict) else ""
            raise CountingError(
                f"What answers at {answer.url} is no license tracking server's administration, or cannot work now: "
                f"status {answer.status}. {said}".rstrip()
            )
        return told
