"""The JavaScript reference, from the declarations that the bundle and the npm package carry."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wasm import npm
from wasm.assembly import declare_types
from wasm.workshop import ROOT, run

from .text import block, code, heading, table

Told = Mapping[str, Any]

INTRODUCTION = """# JavaScript reference

Made from the declarations `dlt-web.d.ts` and those of the wrappers, which the bundle and the npm package carry. How to
put it into a page: [with npm](../npm.md), [without](../hosting.md), and [beside each reader](../readers.md).
"""
# What is imported -> the declarations' file.
MODULES = {
    "dlt-web": "dlt-web",
    "dlt-web/element": "wrappers/element",
    "dlt-web/react": "wrappers/react",
    "dlt-web/vue": "wrappers/vue",
}
# Types that the above name without giving them away.
BESIDE = ("page/explain", "wrappers/holder")
# What the platform calls, and no app does.
PLATFORMS_OWN = {"connectedCallback", "disconnectedCallback", "attributeChangedCallback", "observedAttributes"}
SETTINGS = {"module": "nodenext", "target": "es2022", "lib": ["es2024", "dom"], "types": [], "noEmit": True}


def javascript_reference() -> str:
    """Return the page."""
    told = {module["name"]: module["exports"] for module in _declared([*MODULES.values(), *BESIDE])}
    parts = [INTRODUCTION]
    for imported, name in MODULES.items():
        parts.append(heading(2, code(imported), f"js-module-{imported.replace('/', '-')}"))
        parts += [_entry(one, imported) for one in sorted(told[name], key=_order)]
    parts.append("## Types that these lean on\n")
    parts += [_entry(one, "beside") for name in BESIDE for one in told[name] if "TypeAlias" in one["kind"]]
    return "\n".join(parts)


def _declared(names: list[str]) -> list[Told]:
    """Return what each file of declarations exports; see js_api.mjs."""
    node = npm.find_node()
    # Within the checkout, where the wrappers' imports of React and Vue are found.
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".build", prefix="declarations-") as scratch:
        folder = Path(scratch)
        declare_types(node, folder)
        for written in (ROOT / "web").rglob("*.d.ts"):
            shutil.copy(written, folder / written.relative_to(ROOT / "web"))
        files = [f"{name}.d.ts" for name in names]
        (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": SETTINGS, "files": files}))
        run([node, str(Path(__file__).with_name("js_api.mjs")), scratch, *names])
        told: list[Told] = json.loads((folder / "exports.json").read_text())
    return told


def _order(exported: Told) -> tuple[bool, bool]:
    """Sort what runs before types, and errors after the rest of it."""
    is_type = exported["kind"] == "TypeAliasDeclaration"
    return is_type, not is_type and exported["name"].endswith("Error")


def _entry(exported: Told, module: str) -> str:
    name = exported["name"]
    parts = [heading(3, code(name), f"js-{module.replace('/', '-')}-{name}")]
    is_class = exported["kind"] == "ClassDeclaration"
    if is_class:
        parts.append(block("ts", exported["signature"].split("{", 1)[0].removeprefix("export declare ")))
    elif not exported["members"] or exported["kind"] == "FunctionDeclaration":
        parts.append(block("ts", re.sub(r"^export (declare )?", "", exported["signature"])))
    parts.append(_said(exported))
    # Overloads tell the same twice, the second time for whatever the browser itself may tell.
    by_name = {member["name"]: member for member in reversed(exported["members"])}
    members = [member for member in reversed(by_name.values()) if member["name"] not in PLATFORMS_OWN]
    target = f"js-{module.replace('/', '-')}-{name}"
    parts.append("\n".join(_member(one, f"{target}-{one['name']}") for one in members) if is_class else _rows(members))
    return "\n".join(part for part in parts if part)


def _said(thing: Told) -> str:
    """Return a comment, and what its tags add."""
    parts = [_linked(thing["doc"])]
    parameters = [tag["text"] for tag in thing["tags"] if tag["name"] == "param" and " " in tag["text"].strip()]
    items = [f"- {code(name)}: {_linked(rest)}" for name, rest in (text.split(None, 1) for text in parameters)]
    items += [f"- returns: {_linked(tag['text'])}" for tag in thing["tags"] if tag["name"] == "returns" and tag["text"]]
    parts += ["\n".join(items)]
    return "\n\n".join(part for part in parts if part) + "\n" if any(parts) else ""


def _linked(text: str) -> str:
    """Return a comment as Markdown of the site: pages of docs/ by name become links to them."""
    text = re.sub(r"(?<![\w/(\[])docs/(\w[\w-]*)\.md", r"[docs/\1.md](../\1.md)", text.strip())
    return text.replace("see the table of error codes in README.md", "see the [error reference](errors.md)")


def _member(member: Told, target: str) -> str:
    is_called = member["isFunction"] and not member["signature"].startswith(("get ", "set "))
    name = heading(4, code(member["name"] + ("()" if is_called else "")), target)
    return f"{name}\n{block('ts', member['signature'].removesuffix(';'))}\n{_said(member)}"


def _rows(members: list[Told]) -> str:
    rows = [
        (code(member["name"]), "" if member["isOptional"] else "yes", code(member["type"]), _linked(member["doc"]))
        for member in members
    ]
    return table(("member", "always there", "type", "meaning"), rows)
