"""Every table, command and file that the README names is held against the code."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from dlt_web import errors
from dlt_web.error_codes import ERROR_CODES
from dlt_web.messages import Notify
from dlt_web.options import SETTINGS, options_from_json
from dlt_web.slots import SLOT_S

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
LEAST = {"handshakeCode": "c", "licenseServer": "https://lts.test"}


def table(heading):
    """Return the rows of the first table below a heading, each as its cells."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    first = section[section.index("\n| ") :].strip().split("\n\n", 1)[0]
    rows = [line.strip("|").split("|") for line in first.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def sources(*folders):
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    # The names that readers have for symbologies are written as codes are, and the codes' table tells none.
    apart = {"_bundle", "reader_shapes.py", "error_codes"}
    return [path for path in found if not apart & set(path.parts)]


def codes_in_python():
    """Return every string that is assigned to a ``code``, or stands where one is expected, in the package."""
    found = set()
    for path in sources("src/dlt_web"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return {text for text in found if re.fullmatch(r"[A-Z]{2,}(_[A-Z]+)+", text)}


KINDS_OF_CODES = "CONSENT|LOAD|OPTION|READER|SCAN|TRACKER|LICENSE|SERVER|STORE"


def codes_in_javascript():
    pages = [*(ROOT / "web").glob("*.js"), *(ROOT / "web/page").glob("*.js"), *(ROOT / "web/worker").glob("*.js")]
    return {code for path in pages for code in re.findall(rf'"((?:{KINDS_OF_CODES})_[A-Z_]+)"', path.read_text())}


# Upper-case names in the code that are no error codes.
NO_CODES = re.compile(
    r"DLT_WEB_.*|KUBERNETES_.*|MOZ_.*|XDG_.*|RUSAGE_.*|PLAYWRIGHT_.*|DEBIAN_.*|INSTALLATION_COMPLETE|NO_.*_BRIDGE"
)


def test_every_error_code_is_explained_and_every_explanation_is_of_a_code():
    listed = [known.code for known in ERROR_CODES]
    assert len(listed) == len(set(listed))
    tree = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DltError)}
    used = codes_in_python() | codes_in_javascript() | tree
    used = {code for code in used if not NO_CODES.fullmatch(code)}
    assert set(listed) == used


def test_the_table_of_error_codes_is_that_of_the_code():
    rows = [(row[0].strip("`"), *row[1:]) for row in table("Error codes")]
    assert rows == [(known.code, known.origin, known.meaning) for known in ERROR_CODES]


@pytest.mark.parametrize("row", table("Settings"), ids=lambda row: row[0])
def test_a_setting_has_the_default_that_the_table_says(row):
    name, default = row[0].strip("`"), row[1].strip("`")
    options = options_from_json(LEAST)
    known = {
        "duplicateForgetTime": str(options.forget_time_ms),
        "duplicateMode": options.duplicate_mode,
        "authorize": options.authorize,
        "enforcement": options.enforcement,
        "product": options.product,
        "sessionPassword": options.session_password or "none",
        "deviceFriendlyName": options.friendly_name or "none",
        "handshakeCode": "–",  # noqa: RUF001 - as the table prints it
        "licenseServer": "–",  # noqa: RUF001 - as the table prints it
        "durability": options.durability,
        "persistStorage": str(options.persist_storage).lower(),
        "consent": options.consent,
        "assetBase": "beside the module",
    }
    assert default == known[name]


def test_the_settings_are_exactly_the_options_of_the_javascript_interface():
    typedef = (ROOT / "web/dlt-web.js").read_text().split("@typedef {object} TrackerOptions", 1)[1].split("*/", 1)[0]
    in_javascript = set(re.findall(r"@property \{[^}]+\} \[?(\w+)\]?", typedef))
    assert {row[0].strip("`") for row in table("Settings")} == in_javascript == {*SETTINGS, "assetBase"}


def test_the_events_are_those_that_the_tracker_tells_of():
    listed = {name.strip("`") for name in re.findall(r"^\| (`\w+`) \| (?:the|new)", README, re.MULTILINE)}
    # Of the consent the page itself knows.
    assert listed == {*get_args(get_type_hints(Notify)["event"]), "consent"}


# Boxes of the flow picture -> the modules that do it.
BOXES_OF_THE_WORKER = {
    "symbology": "symbology.py",
    "dedupe": "dedupe.py",
    "slots": "slots.py",
    "queue": "report_queue.py",
    "wire": "wire.py",
    "license": "license_state.py",
}
BOXES_OF_THE_SERVER = {
    "app": "lts/app.py",
    "service": "lts/service.py",
    "quota": "lts/quota.py",
    "store": "lts/store/sqlite.py",
}


@pytest.mark.parametrize(("name", "boxes"), [("worker", BOXES_OF_THE_WORKER), ("lts", BOXES_OF_THE_SERVER)])
def test_the_boxes_of_the_flow_picture_are_modules(name, boxes):
    picture = README.split("```mermaid", 1)[1].split("```", 1)[0]
    part = picture.split(f"subgraph {name} ", 1)[1].split("\n  end", 1)[0].split("\n", 1)[1]
    assert set(re.findall(r"\b[a-z]+\b", re.sub(r"\[\(?[^\]]*\]", "", part))) == set(boxes)
    assert all((ROOT / "src/dlt_web" / path).is_file() for path in boxes.values())
    assert f"slots of {SLOT_S} s" in picture


def shell_commands():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_each_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = {line.split()[1] for line in shell_commands() if line.startswith("make ")}
    assert targets == {"demo", "first-test", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def run(words, store="memory:"):
    command = [sys.executable, "-m", "dlt_web.cli", *words]
    environment = os.environ | {"DLT_WEB_STORE": store}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_operator_s_commands_do_what_they_say(tmp_path):
    commands = [line for line in shell_commands() if line.startswith("dlt-web lts ") and " serve" not in line]
    assert len(commands) >= 4
    for command in commands:
        done = run(shlex.split(command)[1:], f"sqlite:///{tmp_path}/lts.db")
        assert done.returncode == 0, (command, done.stderr)


def test_the_python_example_gives_what_it_says():
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    *lines, last = block.strip().splitlines()
    expression, says = last.split("  # ")
    names = {}
    exec("\n".join(lines), names)
    assert eval(expression, names) == ast.literal_eval(says.split(":")[0])


@pytest.mark.parametrize("words", ["demo", "build", "verify", "lts serve", "lts admin-key add"])
def test_each_command_that_the_text_names_exists(words):
    assert f"dlt-web {words}" in README
    assert run([*words.split(), "--help"]).returncode == 0


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_each_linked_file_exists(target):
    assert target.startswith("https://") or (ROOT / target).is_file()
