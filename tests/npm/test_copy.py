"""`dlt-web copy`: lays the files that a page fetches by itself where the app's server finds them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


def copy(node: str, installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [node, str(installed / "copy.mjs"), *words]
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def test_the_command_copies_what_a_page_fetches_and_is_quick_the_second_time(
    node: str, installed: Path, tmp_path: Path
) -> None:
    done = copy(node, installed, tmp_path, "copy", "public/dlt")
    assert (done.returncode, done.stdout) == (
        0,
        "dlt-web: copied to public/dlt; give the tracker its URL as assetBase\n",
    )
    made = tmp_path / "public" / "dlt"
    dist = installed / "dist"
    wanted = {path.relative_to(dist) for path in dist.rglob("*") if path.is_file() and not path.name.endswith(".d.ts")}
    assert {path.relative_to(made) for path in made.rglob("*") if path.is_file()} == wanted
    assert [path for path in wanted if (made / path).read_bytes() != (dist / path).read_bytes()] == []
    before = (made / "manifest.json").stat().st_mtime_ns
    again = copy(node, installed, tmp_path, "copy", "public/dlt")
    assert (again.returncode, again.stdout) == (0, "dlt-web: public/dlt is up to date\n")
    assert (made / "manifest.json").stat().st_mtime_ns == before
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["dlt"], "nothing is left beside it"


def test_the_command_is_the_one_that_npm_has_put_among_the_app_s(node: str, apps: Path, tmp_path: Path) -> None:
    """`npx dlt-web` runs what lies there."""
    program = apps / "node_modules" / ".bin" / "dlt-web"
    environment = {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([program, "copy", "dlt"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "dlt" / "manifest.json").is_file()


def test_the_command_replaces_the_copy_of_another_version(node: str, installed: Path, tmp_path: Path) -> None:
    for name in ("dlt-web.js", "precache.json", "python.0123456789abcdef.wasm"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "manifest.json").write_text('{"version": 1, "files": {"worker/main.js": {}}}')
    assert copy(node, installed, tmp_path.parent, "copy", tmp_path.name).returncode == 0
    assert not (tmp_path / "python.0123456789abcdef.wasm").exists()
    assert (tmp_path / "manifest.json").read_bytes() == (installed / "dist" / "manifest.json").read_bytes()


def test_the_command_mends_a_copy_of_which_a_part_is_missing(node: str, installed: Path, tmp_path: Path) -> None:
    for damage in (Path.unlink, lambda path: path.write_text("")):
        copy(node, installed, tmp_path, "copy", "dlt")
        damage(tmp_path / "dlt" / "worker" / "main.js")
        assert "copied to dlt" in copy(node, installed, tmp_path, "copy", "dlt").stdout
        assert (tmp_path / "dlt" / "worker" / "main.js").read_bytes() == (
            installed / "dist" / "worker" / "main.js"
        ).read_bytes()


@pytest.mark.parametrize(
    "manifest", ['{"name": "An app", "icons": []}', '{"files": {"main.js": "main.1.js"}}', "[]", "{"]
)
def test_the_command_leaves_an_app_s_own_folder_alone(
    node: str, installed: Path, tmp_path: Path, manifest: str
) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    (tmp_path / "index.html").write_text("an app")
    done = copy(node, installed, tmp_path, "copy", ".")
    assert (done.returncode, "is not empty and holds no earlier copy" in done.stdout) == (1, True)
    assert (tmp_path / "index.html").read_text() == "an app"


@pytest.mark.parametrize("words", [["build", "--out", "dlt"], ["build", "--out=dlt"]])
def test_the_command_that_the_tracker_s_messages_name_does_the_same(
    node: str, installed: Path, tmp_path: Path, words: list[str]
) -> None:
    done = copy(node, installed, tmp_path, *words)
    assert (done.returncode, (tmp_path / "dlt" / "manifest.json").is_file()) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["copy", "mine"], 1, "dlt-web: mine is not empty and holds no earlier copy: name an empty or a new folder\n"),
        (["copy", "mine/thesis.txt"], 1, "dlt-web: mine/thesis.txt is a file: name a folder\n"),
        (["copy"], 2, "dlt-web: usage: dlt-web copy FOLDER\n"),
        (["copy", "a", "b"], 2, "dlt-web: usage: dlt-web copy FOLDER\n"),
        (["copy", ""], 2, "dlt-web: usage: dlt-web copy FOLDER\n"),
        (["build", "dlt"], 2, "dlt-web: usage: dlt-web copy FOLDER\n"),
        (["build"], 2, "dlt-web: usage: dlt-web copy FOLDER\n"),
        ([], 2, "dlt-web: usage: dlt-web copy FOLDER\n"),
    ],
)
def test_the_command_says_in_a_sentence_what_is_wrong(
    node: str, installed: Path, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = copy(node, installed, tmp_path, *words)
    assert (done.returncode, done.stdout) == (code, says)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis.txt"]
