"""Follows the links that leave the docs: ``python -m docs.generators.outward``; also ``make links``.

It asks the network, so no test does it; tests hold the links within the docs, and that those that leave lead to known
hosts. Sphinx's own ``linkcheck`` asks, with HEAD and where that is refused with GET, and looks on the page for a link's
anchor.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from wasm.workshop import ROOT

# Each of the project's Markdown pages: README, CONTRIBUTING, CHANGELOG and docs/.
PAGES = ("*.md", "docs/*.md")
# Longer than a server takes that is worth linking to.
TIMEOUT_S = 15
# What a server that has enough of us may ask for; the usual limit would have whoever waits for five minutes.
LONGEST_PAUSE_S = 30
FOR_GOOD = {301, 308}
# At the end of what the client says of a connection that it did not get.
_NO_ANSWER = re.compile(r"\[Errno -?\d+\] ([\w ]+)")


class FollowError(Exception):
    """Sphinx could not read the pages; the message is what it says."""


def wrong_links(root: Path = ROOT, timeout_s: int = TIMEOUT_S) -> list[str]:
    """Follow each link over HTTP or HTTPS of the pages below a folder.

    Args:
        root: the checkout.
        timeout_s: an answer that begins later is none.

    Returns:
        A sentence for each that answers wrong, sorted by page.

    Raises:
        FollowError: nothing was followed.
    """
    with tempfile.TemporaryDirectory(prefix="dlt-web-links-") as scratch:
        source, out = Path(scratch) / "source", Path(scratch) / "out"
        for page in (page for pattern in PAGES for page in root.glob(pattern)):
            copy = source / page.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, copy)
        _run_linkcheck(source, out, timeout_s)
        results = [json.loads(line) for line in (out / "output.json").read_text().splitlines()]
    return sorted(_sentences(results))


def _run_linkcheck(source: Path, out: Path, timeout_s: int) -> None:
    settings = {
        "extensions": "myst_parser",
        "root_doc": "docs/index",
        "linkcheck_timeout": timeout_s,
        "linkcheck_rate_limit_timeout": LONGEST_PAUSE_S,
        "linkcheck_retries": 2,
    }
    given = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    # -C: without docs/conf.py, whose site has references, too.
    command = [sys.executable, "-m", "sphinx", "-b", "linkcheck", "-C", "-E", "-q", *given, str(source), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1 tells of a link that answers wrong.
    if done.returncode not in (0, 1) or not (out / "output.json").is_file():
        raise FollowError(f"The links could not be followed: {done.stderr.strip() or done.stdout.strip()}")


def _sentences(results: Iterable[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        if result["uri"].startswith(("http:", "https:")) and (wrong := _wrong_with(result)):
            yield f"{result['filename']}:{result['lineno']}: {result['uri']} {wrong}."


def _wrong_with(result: dict[str, Any]) -> str | None:
    status, code, info = result["status"], result["code"], result["info"]
    if status == "redirected" and code in FOR_GOOD:
        return f"has moved for good: write {info}"
    if status == "ignored":
        return f"could not be followed now ({info}): ask again later"
    if status == "timeout":
        return "did not answer in time: ask again later, or link to something else"
    if status == "broken" and (unreached := _NO_ANSWER.search(info)):
        return f"cannot be reached ({unreached[1]}): look at the network, else mend the address"
    if status == "broken":
        return f"answers wrong ({info or 'no reason'}): mend the address, or link to something else"
    return None


def main(root: Path = ROOT) -> int:
    """Follow them and say what is wrong, a line each; 1 where something is."""
    try:
        wrong = wrong_links(root)
    except FollowError as error:
        wrong = [str(error)]
    print(
        "\n".join(wrong) or "Every link that leaves the docs leads somewhere.", file=sys.stderr if wrong else sys.stdout
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
