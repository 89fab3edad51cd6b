"""docs/try.md: it says that no license server is there, and how the page is made."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from wasm import npm
from wasm.tryout import DEFAULT_OUT, PAGE, SOURCE

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "try.md").read_text()
ITEMS = """import("./web/tryout/stand-in/server.js").then(({ ITEMS }) => console.log(JSON.stringify(ITEMS)))"""


def test_page_and_try_out_are_labelled_as_what_they_are() -> None:
    assert "no license\nserver but a stand-in inside your browser" in DOC
    headline = (SOURCE / PAGE).read_text().split('<div class="headline">', 1)[1].split("</div>", 1)[0]
    assert "No license server." in headline
    assert "stand-in" in headline


def test_the_command_builds_it_where_the_page_says_and_embeds_it_from() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (command,) = re.findall(r"```sh\nmake (\w+)\n```", DOC)
    recipe = makefile.split(f"\n{command}: ", 1)[1].split("\n.PHONY", 1)[0]
    assert "python -m wasm.tryout" in recipe
    folder = str(DEFAULT_OUT.relative_to(ROOT))
    port = re.findall(rf"{folder} (\d+)", recipe)[0]
    assert f"into `{folder}` and serves it at `http://localhost:{port}/`" in DOC
    assert f'<iframe src="{DEFAULT_OUT.name}/{PAGE}"' in DOC


def test_the_page_tells_without_a_script_what_it_needs_and_the_command_that_gives_it() -> None:
    page = (SOURCE / PAGE).read_text()
    told = " ".join(re.sub(r"<[^>]+>", "", page.split('id="not-started">', 1)[1].split("</section>", 1)[0]).split())
    (command,) = re.findall(r"```sh\n(make \w+)\n```", DOC)
    (address,) = re.findall(r"serves it at `(http:[^`]+)`", DOC)
    assert "needs JavaScript, and a web server" in told
    assert f"{command} serves it at {address}." in told
    assert "has not started,\nand what it needs" in DOC


def test_the_stand_in_has_the_quotas_that_the_page_says() -> None:
    done = subprocess.run(
        [npm.find_node(), "--input-type=module", "--eval", ITEMS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    quotas = {code: item["quota"] for code, item in json.loads(done.stdout).items()}
    assert quotas == {"try-it": 100, "used-up": 0}
    assert "room for 100, or used up" in DOC
    page = (SOURCE / PAGE).read_text()
    assert re.findall(r'<option value="([\w-]+)">', page) == list(quotas)
