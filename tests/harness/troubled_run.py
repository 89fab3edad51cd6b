"""A run without any browser, in which what a test names goes wrong: a full disk, a browser that died."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlt_web.testing.conformance.checks import CHECKS, Check
from dlt_web.testing.conformance.engine_run import EngineRun
from dlt_web.testing.conformance.errors import CheckFailedError
from dlt_web.testing.static_site import Site, StaticSite

# Begins each reason of a check that could not be made.
SAID = "the check could not be made, which says nothing of the app: "
FULL = OSError(errno.ENOSPC, "No space left on device", "/somewhere/file")
FIRST, SECOND, THIRD = (check.row for check in CHECKS[:3])


@contextmanager
def app_in(folder: Path) -> Iterator[Site]:
    """Serve an app that is there, and has no tracker, from a folder that is made for it."""
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>")
    with StaticSite({"/": folder}) as site:
        yield site.shop_a


class Troubled:
    """What the checks of a run do, and what goes wrong between them, in the order of :data:`CHECKS`.

    Attributes:
        checks: in place of the real ones; each passes unless told otherwise.
    """

    def __init__(
        self,
        *,
        in_check: dict[str, Exception] | None = None,
        at_begin: dict[str, Exception] | None = None,
        at_end: dict[str, Exception] | None = None,
    ) -> None:
        """Name what goes wrong, by the check's id."""
        self._in_check, self._at_begin, self._at_end = in_check or {}, at_begin or {}, at_end or {}
        self._ids = [check.row.id for check in CHECKS]
        self._made = 0
        self.checks = tuple(replace(check, run=self._run_for(check)) for check in CHECKS)

    def run_of(self, suite: Any, engine: Any) -> EngineRun:
        """Give the run of a browser, in place of ``Suite._run_of``."""
        if suite._run is None:
            windows: Any = None
            run = EngineRun(
                engine, suite.settings, folder=suite._folder, windows=windows, proxy=suite._proxy, counted=None
            )
            begin, end = run.begin, run.end
            setattr(run, "begin", lambda: self._step(begin, self._at_begin))  # noqa: B010
            setattr(run, "end", lambda: self._step(end, self._at_end, is_last=True))  # noqa: B010
            suite._findings.versions[engine] = engine.capitalize()
            suite._run = run
        known: EngineRun = suite._run
        return known

    def _step(self, step: Callable[[], None], errors: dict[str, Exception], *, is_last: bool = False) -> None:
        check = self._ids[self._made]
        self._made += is_last
        step()
        if check in errors:
            raise errors[check]

    def _run_for(self, check: Check) -> Callable[[EngineRun], None]:
        def run(_: EngineRun) -> None:
            if check.row.id in self._in_check:
                raise self._in_check[check.row.id]

        return run


BROKEN_RULE = CheckFailedError("Before the reload the page was another device.")
