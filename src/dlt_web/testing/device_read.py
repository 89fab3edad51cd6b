"""Which device a page is: asked of its tracker, or read from where trackers keep it (``docs/privacy.md``)."""

from __future__ import annotations

import json
import re

from .browser_page import BrowserPage
from .deadline import wait_until

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Looks without making a database where there is none, which would be a trace of the test. Firefox lists none of an
# origin's databases where a kill cut off the making of one, until that one is opened.
_READ = """async () => {
  if (!globalThis.indexedDB) return null;
  const listed = await indexedDB.databases().catch(() => [{ name: "dlt-web" }]);
  if (!listed.some(({ name }) => name === "dlt-web")) return null;
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("dlt-web");
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve(null);
    opening.onsuccess = () => {
      const database = opening.result;
      if (!database.objectStoreNames.contains("records")) {
        database.close();
        resolve(null);
        return;
      }
      const reading = database.transaction("records").objectStore("records").get("device");
      reading.onsuccess = () => { database.close(); resolve(reading.result === undefined ? null : reading.result); };
      reading.onerror = () => { database.close(); reject(reading.error); };
    };
  });
}"""


def stored_device(page: BrowserPage) -> str | None:
    """Return the device UUID that the page's origin has stored; None when it has none."""
    stored = page.evaluate(_READ)
    record = json.loads(stored) if isinstance(stored, str) else stored
    return None if record is None else str(record["uuid"])


def device_of(page: BrowserPage, *, tracker: str | None = None, timeout_s: float = 30.0) -> str:
    """Return the device UUID under which a page counts, waiting until it has one.

    Args:
        page: shows a page that loads a tracker.
        tracker: a JavaScript expression that is the page's tracker, such as ``window.tracker``: it is asked, through
            its public interface. None reads what the page's origin has stored.
        timeout_s: seconds that a tracker may take to start.

    Raises:
        DeadlineMissedError: the page has no device in time.
    """
    if tracker is None:
        what = f"a device in the storage of {page.url}"
        return str(wait_until(lambda: stored_device(page), what=what, timeout_s=timeout_s))
    ask = f"(({tracker}) ?? {{}}).deviceUuid ?? null"
    uuid: str = wait_until(lambda: page.evaluate(ask), what=f"{tracker}.deviceUuid on {page.url}", timeout_s=timeout_s)
    assert _UUID.fullmatch(uuid), f"{tracker}.deviceUuid on {page.url} is no UUID: {uuid!r}."
    return uuid
