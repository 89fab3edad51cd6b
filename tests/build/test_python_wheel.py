"""The wheel of the full package, as people install it."""

import re
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dlt_web.testing.plugin import NEEDED
from wasm.dependencies import dependencies


@pytest.fixture(scope="module")
def wheel(built_wheel: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(built_wheel) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_ships_the_dashboard_that_its_page_names(wheel: zipfile.ZipFile):
    page = wheel.read("dlt_web/_dashboard/index.html").decode()
    loaded = re.findall(r'"/dashboard/([^"]+)"', page)
    assert len(loaded) == 3
    for name in (*loaded, "icons.svg", "LICENSE.chart.js.md"):
        assert wheel.read(f"dlt_web/_dashboard/{name}")


def test_the_wheel_ships_the_whole_bundle(wheel: zipfile.ZipFile, bundle: Path):
    shipped = {name for name in wheel.namelist() if name.startswith("dlt_web/_bundle/")}
    built = {f"dlt_web/_bundle/{path.relative_to(bundle)}" for path in bundle.rglob("*") if path.is_file()}
    assert shipped == built


def without_extra(requirement: str, extra: str) -> str:
    """Give a requirement without the extra that asks for it, other markers kept."""
    marker = rf"; extra == '{extra}'| and extra == '{extra}'"
    return re.sub(marker, "", requirement).replace("(", "").replace(")", "")


def test_a_plain_install_brings_what_the_lts_extra_names(metadata: Message):
    """Otherwise `pip install dist/*.whl` would give no working demo, or `dlt-web[lts]` no working server."""
    required = metadata.get_all("Requires-Dist")
    plain = {line for line in required if "extra ==" not in line}
    extra = {without_extra(line, "lts") for line in required if "extra == 'lts'" in line}
    assert plain
    assert plain == extra


def test_what_is_installed_before_there_is_a_wheel_is_what_it_asks_for(metadata: Message):
    extras = ["lts", "host", "testing"]
    asked = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    wanted = {
        (one.name, str(one.specifier))
        for one in asked
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    }
    named = [Requirement(line) for line in dependencies(extras)]
    assert {(one.name, str(one.specifier)) for one in named if one.marker is None or one.marker.evaluate()} == wanted


def test_the_plugin_looks_for_all_that_the_testing_extra_brings(metadata: Message):
    required = [line for line in metadata.get_all("Requires-Dist") if "extra == 'testing'" in line]
    brought = {re.match(r"[\w-]+", line)[0] for line in required}
    assert brought - {"pytest"} == set(NEEDED.values())


def test_the_wheel_names_its_command_its_plugin_its_license_and_its_types(wheel: zipfile.ZipFile, metadata: Message):
    names = wheel.namelist()
    (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
    named = ConfigParser(delimiters=["="])
    named.read_string(wheel.read(entry_points).decode())
    assert named["console_scripts"]["dlt-web"] == "dlt_web.cli:main"
    plugins = {"dlt_web.testing.plugin", "dlt_web.testing.conformance.plugin"}
    assert dict(named["pytest11"]) == {name: name for name in plugins}
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "dlt_web/py.typed" in names


def test_byte_code_of_the_build_machine_does_not_ship(wheel: zipfile.ZipFile):
    assert [name for name in wheel.namelist() if "__pycache__" in name or name.endswith(".pyc")] == []
