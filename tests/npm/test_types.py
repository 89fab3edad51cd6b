"""TypeScript checks apps against the installed package: what is right passes, and each wrong line is told."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wasm import npm

# Each program, and lines of it with what makes each wrong.
TRACKER = """
import { LicenseError, Tracker, TrackerError, type License, type ScanAnswer, type TrackerOptions } from "dlt-web";
const options: TrackerOptions = { handshakeCode: "c", licenseServer: ["https://a.example", "https://b.example"] };
const tracker = new Tracker({ ...options, assetBase: "/dlt/" });
const answer: ScanAnswer = await tracker.scan({ format: "qr_code", text: "A" }, { source: "image" });
export const license: Readonly<License> = tracker.license;
export const first: string = answer.results[0].symbology;
export const isOurs = (error: unknown): error is TrackerError => error instanceof LicenseError;
"""
ELEMENT = """
import { defineTracker, DltTrackerElement } from "dlt-web/element";
defineTracker();
const element = document.querySelector("dlt-tracker");
if (element !== null) {
  const { scans } = await element.scan([], { stream: "cam-1" });
  element.options = { sessionPassword: "s" };
  element.addEventListener("license", ({ detail }) => console.log(detail.state.length, scans.toFixed()));
  element.addEventListener("error", ({ detail }) => console.warn(detail.code.length, detail.message));
  element.addEventListener("click", (event) => event.preventDefault());
}
export const made: DltTrackerElement = document.createElement("dlt-tracker");
"""
REACT = """
import { useTracker } from "dlt-web/react";
export function useCount(): [string, (text: string) => Promise<number>] {
  const { tracker, license, error, deviceUuid, scan } = useTracker({ handshakeCode: "c", licenseServer: "/lts" });
  const count = async (text: string) => (await scan({ format: "qr_code", text }, { time: 0 })).scans;
  return [error?.code ?? tracker?.pending.scans.toFixed() ?? deviceUuid ?? license.state, count];
}
"""
VUE = """
import { useTracker } from "dlt-web/vue";
import { computed, ref, type ComputedRef } from "vue";
const code = ref("c");
const { tracker, license, error, scan } = useTracker(() => ({ handshakeCode: code.value, licenseServer: "/lts" }));
useTracker(ref({ handshakeCode: "c", licenseServer: "/lts" }));
export const state: ComputedRef<string> = computed(() => error.value?.code ?? license.value.state);
export const waiting: number | undefined = tracker.value?.pending.scans;
export const counted = scan([], { source: "video" });
"""
PROGRAMS = {"tracker": TRACKER, "element": ELEMENT, "react": REACT, "vue": VUE}
WRONG = [
    ("tracker", 'handshakeCode: "c", licenseServer: [', "handshakeCode: 7, licenseServer: ["),
    ("tracker", 'assetBase: "/dlt/"', "assetBase: true"),
    ("tracker", 'source: "image"', 'source: "picture"'),
    ("element", "({ detail }) => console.log(detail.state.length", "({ detail }) => console.log(detail.code.big"),
    ("element", "detail.code.length", "detail.state"),
    ("element", "sessionPassword:", "password:"),
    ("element", 'document.querySelector("dlt-tracker")', 'document.querySelector("dlt-trackers")'),
    ("react", 'licenseServer: "/lts"', "licenseServer: undefined"),
    ("react", "{ time: 0 }", '{ time: "now" }'),
    ("vue", "handshakeCode: code.value", "handshakeCode: code"),
    ("vue", "license.value.state", "license.state"),
]
PRECACHE = """
import list from "dlt-web/precache.json" with { type: "json" };
export const addresses: string[] = list.files.map(({ url }) => url);
"""
RESOLUTIONS = ["bundler", "nodenext"]


def as_files(resolution: str) -> dict[str, str]:
    """Return what is checked with a way to find modules, all at once: the compiler starts for a second."""
    files = {f"{name}.ts": program for name, program in PROGRAMS.items()}
    if resolution == "nodenext":
        return files | {"precache.ts": PRECACHE, "wrong.ts": PRECACHE.replace("string[]", "number[]")}
    changed = [PROGRAMS[name].replace(right, wrong) for name, right, wrong in WRONG]
    return files | {f"wrong{at}.ts": program for at, program in enumerate(changed)}


@pytest.fixture(scope="session")
def errors(node: str, apps: Path) -> Callable[[str], set[str]]:
    """Tell the files in which the compiler finds something wrong."""

    @functools.cache
    def found(resolution: str) -> set[str]:
        # A folder of this process's own, in which the package is installed.
        folder = apps / "types" / f"{resolution} {os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"type": "module"}')
        for name, program in as_files(resolution).items():
            (folder / name).write_text(program)
        return set(re.findall(r"^(\w+\.ts)\(", compile_all(node, folder, resolution), re.MULTILINE))

    return found


def compile_all(node: str, folder: Path, resolution: str) -> str:
    compiler = npm.npm_package("typescript") / "bin" / "tsc"
    module = "esnext" if resolution == "bundler" else resolution
    options = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2024,dom,dom.iterable", "--types", ""]
    options += ["--module", module, "--moduleResolution", resolution]
    done = subprocess.run(
        [node, str(compiler), "--ignoreConfig", *options, *as_files(resolution)],
        cwd=folder, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0, "some are wrong"
    return done.stdout


@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_an_app_that_is_right_passes(errors: Callable[[str], set[str]], name: str, resolution: str) -> None:
    assert f"{name}.ts" not in errors(resolution)


@pytest.mark.parametrize("at", range(len(WRONG)), ids=[wrong for _, _, wrong in WRONG])
def test_what_is_wrong_is_told(errors: Callable[[str], set[str]], at: int) -> None:
    name, right, _wrong = WRONG[at]
    assert right in PROGRAMS[name]
    assert f"wrong{at}.ts" in errors("bundler")


def test_the_precache_list_has_a_type(errors: Callable[[str], set[str]]) -> None:
    assert {"precache.ts", "wrong.ts"} & errors("nodenext") == {"wrong.ts"}
