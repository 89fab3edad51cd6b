"""Holds the house's rules of who may import whom. Each rule is shown able to fail by a small example."""

import ast
import re
import sys
from pathlib import Path

import pytest

from docs.generators.imports import AT_HOME, LAYERS, PACKAGE, Import, core_graph, imports_of, is_core, modules, own_part

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"

# Clocks, randomness, I/O and whatever ties to one platform: all of it comes into the core as arguments.
BANNED_IN_CORE = {
    "asyncio", "concurrent", "http", "io", "js", "locale", "multiprocessing", "os", "pathlib", "platform", "pyodide",
    "pyodide_js", "queue", "random", "secrets", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
# Reading a clock or drawing bytes through a module that is allowed for its types.
BANNED_CALLS_IN_CORE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4",
    "open", "print", "input",
}  # fmt: skip
# What both ends of the wire share.
LTS_MAY_IMPORT = {"errors", "model", "symbology", "slots", "wire", "wire_answers", "json_value", "auth_token"}


def breach_of_core(module: str, imported: Import) -> str | None:
    """Tell which rule of the core an import breaks."""
    part = own_part(imported)
    if part is None:
        is_allowed = imported.top in sys.stdlib_module_names and imported.top not in BANNED_IN_CORE
        return None if is_allowed else "the core has no I/O, clock, randomness or third party"
    if part in {*LAYERS, *AT_HOME}:
        return "the core imports only the core"
    if module == "dlt_web.errors" or (module == "dlt_web.model" and part != "errors"):
        return "errors imports nothing of ours, and model errors alone"
    return None


def breach_of_layer(layer: str, imported: Import) -> str | None:
    """Tell which rule of browser/, host/ or lts/ an import breaks."""
    part = own_part(imported)
    if part is None:
        is_standard = imported.top in sys.stdlib_module_names
        return "only the standard library travels to the page" if layer == "browser" and not is_standard else None
    if layer == "lts" and part not in {*LTS_MAY_IMPORT, "lts"}:
        return f"the license server shares only {sorted(LTS_MAY_IMPORT)} with the tracker"
    if layer in {"browser", "host"} and part in {*LAYERS, *AT_HOME} - {layer}:
        return f"{layer}/ is a shell of the core"
    return None


def broken_rules(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Name every import rule that a module breaks."""
    layer = module.split(".")[1] if module.count(".") else ""
    found = []
    for imported in imports_of(source, module, is_package=is_package):
        rule = breach_of_core(module, imported) if is_core(module) else breach_of_layer(layer, imported)
        if rule is not None:
            found.append(f"{module}:{imported.line} imports {imported.module}: {rule}")
    return found


def banned_calls(source: str) -> list[str]:
    """Name every call by which a core module would read a clock, draw bytes or do I/O."""
    calls = (ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return sorted(call for call in calls if ".".join(call.split(".")[-2:]) in BANNED_CALLS_IN_CORE)


def layer_breaches_of_lts(source: str, name: str) -> list[str]:
    """Name what breaks: the service sees no HTTP, the app no SQL."""
    http, sql = {"starlette", "uvicorn"}, {"apsw", "sqlite3", "psycopg"}
    tops = {imported.top for imported in imports_of(source, f"dlt_web.lts.{name}")}
    if name.startswith("store."):
        return sorted(tops & http)
    allowed_http = {
        "app",
        "http",
        "admin_api",
        "admin_gate",
        "admin_alerts_api",
        "admin_devices_api",
        "admin_query",
        "admin_session",
        "dashboard_files",
        "pages_api",
        "session_api",
        "advice_api",
        "billing_api",
        "customer_api",
        "server",
        "metrics",
        "request_log",
    }
    return sorted((tops & sql) | (set() if name in allowed_http else tops & http))


def cycles(graph: dict[str, set[str]]) -> list[str]:
    """Give the modules that lie on a circle of imports."""
    left = {name: set(targets) & set(graph) for name, targets in graph.items()}
    while free := {name for name, targets in left.items() if not targets & set(left)}:
        left = {name: targets for name, targets in left.items() if name not in free}
    return sorted(left)


PYTHON_TEXT = re.compile(
    r"\brunPython(Async)?\b|^\s*(from \w[\w.]* import \w|def \w+\(.*\).*:$|import \w+$)", re.MULTILINE
)


def python_text(source: str) -> list[str]:
    """Give the lines of a JavaScript file that hold Python source."""
    return [match.group(0).strip() for match in PYTHON_TEXT.finditer(source)]


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_module_keeps_the_import_rules(name: str, path: Path):
    assert broken_rules(path.read_text(), name, is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize("path", [path for name, path in modules() if is_core(name)], ids=lambda path: path.stem)
def test_the_core_reads_no_clock_and_does_no_io(path: Path):
    assert banned_calls(path.read_text()) == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "lts").rglob("*.py")), ids=lambda path: path.stem)
def test_in_the_license_server_http_and_sql_keep_apart(path: Path):
    name = ".".join(path.relative_to(PACKAGE / "lts").with_suffix("").parts)
    assert layer_breaches_of_lts(path.read_text(), name) == []


def test_the_core_has_no_circle_of_imports():
    assert cycles(core_graph()) == []


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.js")), ids=lambda path: str(path.relative_to(WEB)))
def test_web_holds_no_python_text(path: Path):
    assert python_text(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import time", "dlt_web.tracker"),
        ("import random", "dlt_web.device"),
        ("def f():\n    import secrets", "dlt_web.device"),
        ("from js import document", "dlt_web.tracker"),
        ("import asyncio", "dlt_web.tracker"),
        ("import msgspec", "dlt_web.wire"),
        ("from .lts import service", "dlt_web.tracker"),
        ("from . import cli", "dlt_web.tracker"),
        ("from .lts.app import make_app", "dlt_web"),
        ("from .model import Scan", "dlt_web.errors"),
        ("from .slots import slot_of", "dlt_web.model"),
        ("import js", "dlt_web.browser.entry"),
        ("from pyodide.ffi import to_js", "dlt_web.browser.entry"),
        ("from ..lts import service", "dlt_web.browser.entry"),
        ("import numpy", "dlt_web.browser.entry"),
        ("from ..tracker import Tracker", "dlt_web.lts.service"),
        ("from .. import report_queue", "dlt_web.lts.service"),
        ("from ...dedupe import DuplicateFilter", "dlt_web.lts.store.sqlite"),
        ("from ..testing import faults", "dlt_web.lts.service"),
        ("from ..browser import handle", "dlt_web.host.shell"),
    ],
)
def test_a_breach_of_the_import_rules_is_seen(source: str, module: str):
    is_package = module == "dlt_web"
    assert len(broken_rules(source, module, is_package=is_package)) == 1


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import json\nfrom .errors import WireError", "dlt_web.wire"),
        ("from ..tracker import Tracker", "dlt_web.browser.entry"),
        ("from .. import wire\nimport apsw", "dlt_web.lts.service"),
        ("from ..lts.app import make_app\nfrom ..tracker import Tracker", "dlt_web.testing.world"),
        ("import click\nfrom .errors import DltError", "dlt_web.cli"),
    ],
)
def test_what_the_rules_allow_is_not_called_a_breach(source: str, module: str):
    assert broken_rules(source, module) == []


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "datetime.datetime.now()", "uuid.uuid4()", "open('x')", "uuid4()"]
)
def test_a_clock_or_io_in_the_core_is_seen(source: str):
    assert len(banned_calls(source)) == 1


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import starlette", "service"),
        ("import apsw", "app"),
        ("from starlette.requests import Request", "store.sqlite"),
    ],
)
def test_http_in_the_service_and_sql_in_the_app_are_seen(source: str, name: str):
    assert len(layer_breaches_of_lts(source, name)) == 1


def test_a_circle_of_imports_is_seen():
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "source", ['py.runPython("1")', "const code = `\nfrom dlt_web import x\n`", "const code = `\ndef f(a):\n  pass`"]
)
def test_python_text_in_javascript_is_seen(source: str):
    assert python_text(source)


def test_the_sessions_browser_is_started_in_one_place():
    """A session starts an engine once, for the first test that asks; beside the plugin's a second place would win."""
    tests = ROOT / "tests"
    starters = [
        path for path in tests.rglob("*.py") if re.search(r"^def browser_type_", path.read_text(), re.MULTILINE)
    ]
    assert starters == []
