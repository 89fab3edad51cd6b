"""What a profile of Firefox gets from another one: what Firefox compiled of itself, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dlt_web.testing.firefox_startup import FirefoxStartup


def profile(folder: Path, compiled: str) -> Path:
    """Make a profile as a Firefox that has ended leaves one."""
    (folder / "startupCache").mkdir(parents=True)
    (folder / "startupCache" / "scriptCache.bin").write_text(compiled)
    (folder / "compatibility.ini").write_text("[Compatibility]\n")
    (folder / "cookies.sqlite").write_text("of a person")
    (folder / "storage" / "default").mkdir(parents=True)
    return folder


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_profile_gets_what_was_compiled_and_nothing_of_a_person(tmp_path: Path) -> None:
    startup = FirefoxStartup(tmp_path / "kept")
    startup.take(profile(tmp_path / "first", "compiled"))
    startup.give(tmp_path / "new")
    assert files(tmp_path / "new") == {"startupCache/scriptCache.bin", "compatibility.ini"}
    assert (tmp_path / "new" / "startupCache" / "scriptCache.bin").read_text() == "compiled"


def test_a_profile_that_firefox_ran_on_stays_as_it_is(tmp_path: Path) -> None:
    startup = FirefoxStartup(tmp_path / "kept")
    startup.take(profile(tmp_path / "first", "compiled"))
    startup.give(profile(tmp_path / "old", "its own"))
    assert (tmp_path / "old" / "startupCache" / "scriptCache.bin").read_text() == "its own"


def test_nothing_is_taken_from_where_firefox_came_to_nothing(tmp_path: Path) -> None:
    startup = FirefoxStartup(tmp_path / "kept")
    half = profile(tmp_path / "half", "half of it")
    (half / "compatibility.ini").unlink()
    startup.take(half)
    startup.take(tmp_path / "never made")
    startup.give(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    startup.take(profile(tmp_path / "first", "whole"))
    startup.give(tmp_path / "new")
    assert files(tmp_path / "new") == {"startupCache/scriptCache.bin", "compatibility.ini"}


def test_what_cannot_be_copied_is_done_without(tmp_path: Path) -> None:
    startup = FirefoxStartup(tmp_path / "kept")
    first = profile(tmp_path / "first", "compiled")
    (first / "startupCache" / "gone.bin").symlink_to(tmp_path / "nowhere")
    startup.take(first)
    startup.give(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    startup.take(profile(tmp_path / "second", "compiled"))
    shutil.rmtree(tmp_path / "kept" / "startupCache")
    startup.give(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nobody_sees_half_of_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    startup, whole_copy = FirefoxStartup(tmp_path / "kept"), shutil.copytree
    seen = []

    def copytree(source: Path, target: Path, **options: bool) -> Path:
        copied: Path = whole_copy(source, target, **options)
        seen.append((tmp_path / "kept").exists())
        return copied

    monkeypatch.setattr(shutil, "copytree", copytree)
    startup.take(profile(tmp_path / "first", "compiled"))
    assert seen == [False]
    assert files(tmp_path / "kept") == {"startupCache/scriptCache.bin", "compatibility.ini"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "kept"]


def test_of_two_that_keep_it_at_once_the_first_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = (FirefoxStartup(tmp_path / "kept") for _ in range(2))
    profile(tmp_path / "first", "of the quick one")
    profile(tmp_path / "second", "of the slow one")
    whole_copy = shutil.copytree

    def overtaken(source: Path, target: Path, **options: bool) -> Path:
        monkeypatch.setattr(shutil, "copytree", whole_copy)
        quick.take(tmp_path / "first")
        copied: Path = whole_copy(source, target, **options)
        return copied

    monkeypatch.setattr(shutil, "copytree", overtaken)
    slow.take(tmp_path / "second")
    assert (tmp_path / "kept" / "startupCache" / "scriptCache.bin").read_text() == "of the quick one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "kept", "second"]
