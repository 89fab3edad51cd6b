"""What others rely on, as recorded: nothing of it goes away or is renamed without being taken out of the record, too.

docs/compatibility.md says which interfaces are bound by the version. What is new is no break; ``python -m
tests.test_interfaces`` records it, and no release is made before.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import click
import pytest

import dlt_web
from dlt_web import host
from dlt_web.cli import cli
from dlt_web.host.settings import SETTINGS
from dlt_web.host.tracker import HostTracker
from dlt_web.lts.openapi import openapi_document
from dlt_web.messages import Notify
from wasm.package.package import package_json

ROOT = Path(__file__).parent.parent
RECORD = Path(__file__).parent / "vectors" / "interfaces.json"


def members(kind: type) -> list[str]:
    """Return the public members of a class with the parameters of its methods."""
    found = []
    for name, value in inspect.getmembers(kind):
        if not name.startswith("_"):
            is_method = inspect.isfunction(value)
            found += [f"{name}({word})" for word in inspect.signature(value).parameters] if is_method else [name]
    return sorted(found)


def python_names() -> dict[str, list[str]]:
    trackers = {name: getattr(host, name) for name in ("HostTracker", "AsyncHostTracker")}
    values = {name: getattr(host, name) for name in host.__all__ if is_dataclass(getattr(host, name))}
    return {
        "dlt_web": sorted(dlt_web.__all__),
        "dlt_web.host": sorted(host.__all__),
        **{f"dlt_web.host.{name}": members(kind) for name, kind in trackers.items()},
        **{f"dlt_web.host.{name}": sorted(kind.__dataclass_fields__) for name, kind in values.items()},
        "options of a host's tracker": sorted({*inspect.signature(HostTracker).parameters, *SETTINGS} - {"settings"}),
    }


def javascript_names() -> dict[str, list[str]]:
    source = (ROOT / "web/dlt-web.js").read_text()
    types = {
        name: sorted(re.findall(r"@property \{.*\} \[?(\w+)\]?", text.split("*/", 1)[0].split("@typedef", 1)[0]))
        for name, text in re.findall(r"@typedef \{object\} (\w+)(.*?)(?=@typedef|\Z)", source, re.DOTALL)
    }
    tracker = source.split("export class Tracker", 1)[1]
    return {
        "npm exports": sorted(package_json()["exports"]),
        "Tracker": sorted(
            {*re.findall(r"^  (?:async |get )?(\w+)\([^)]*\) \{$", tracker, re.MULTILINE)} - {"constructor"}
        ),
        "events": sorted([*get_args(get_type_hints(Notify)["event"]), "consent"]),
        **types,
    }


def command_names(command: click.Command = cli, path: str = "dlt-web") -> dict[str, list[str]]:
    context = click.Context(command)
    options = sorted({option for param in command.params for option in param.opts if option.startswith("--")})
    found = {path: options}
    for name in command.list_commands(context) if isinstance(command, click.Group) else []:
        below = command.get_command(context, name)
        assert below is not None
        found |= command_names(below, f"{path} {name}")
    return found


def http_names() -> dict[str, list[str]]:
    return {path: sorted(methods) for path, methods in openapi_document()["paths"].items() if path.startswith("/v1/")}


def code_names() -> dict[str, list[str]]:
    text = (ROOT / "README.md").read_text().split("## Error codes\n", 1)[1].split("\n## ", 1)[0]
    return {"codes": sorted(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))}


KINDS = {
    "Python": python_names,
    "JavaScript": javascript_names,
    "commands": command_names,
    "HTTP": http_names,
    "errors": code_names,
}


LEAST = {"Python": 8, "JavaScript": 10, "commands": 40, "HTTP": 20, "errors": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_what_others_rely_on_is_there(kind: str) -> None:
    recorded, found = json.loads(RECORD.read_text())[kind], KINDS[kind]()
    gone = [f"{name}: {one}" for name, names in recorded.items() for one in names if one not in found.get(name, [])]
    gone += [name for name in recorded if name not in found]
    assert gone == [], "see docs/compatibility.md; what goes away goes out of tests/vectors/interfaces.json, too"
    assert len(recorded) >= LEAST[kind], "the record itself is whole"


if __name__ == "__main__":
    record = json.dumps({kind: names() for kind, names in KINDS.items()}, indent=1, sort_keys=True) + "\n"
    if sys.argv[1:] != ["--check"]:
        RECORD.write_text(record)
    elif record != RECORD.read_text():
        sys.exit("What is new of the interfaces is not recorded: python -m tests.test_interfaces")
