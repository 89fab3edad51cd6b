"""The licenses of what is inside the demo's barcode readers: each asks that its text goes along with its code.

npm tells of some of it, and esbuild says what it put into a script; the build fails where that is not named here. What
a reader's own makers put into its script or its WebAssembly is named by hand, after their list of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .npm import npm_package
from .workshop import ROOT, BuildError

LICENSES_FILE = "LICENSES"
# Texts of packages that npm does not install, since they come inside others.
_KEPT = Path(__file__).parent / "licenses"
_NPM_PACKAGE = re.compile(r".*node_modules/((?:@[^/]+/)?[^/]+)/")


@dataclass(frozen=True, slots=True)
class Inner:
    """A package inside another one.

    Attributes:
        name: as it is known.
        license: by its SPDX name.
        text: the file that has the license's text.
    """

    name: str
    license: str
    text: Path


GL_MATRIX = Inner("gl-matrix", "MIT", npm_package("gl-matrix") / "LICENSE.md")
LODASH = Inner("lodash", "MIT", _KEPT / "lodash.txt")
BABEL_RUNTIME = Inner("@babel/runtime", "MIT", _KEPT / "babel-runtime.txt")
TS_CUSTOM_ERROR = Inner("ts-custom-error", "MIT", npm_package("ts-custom-error") / "LICENSE")
# Its text is this project's own, too.
ZXING_CPP = Inner("zxing-cpp", "Apache-2.0", ROOT / "LICENSE")
LIBZUECI = Inner("libzueci, in zxing-cpp", "BSD-3-Clause", _KEPT / "libzueci.txt")
# That of barcode-detector and the bundle's own are of one repository.
ZXING_WASM = Inner("zxing-wasm", "MIT", npm_package("zxing-wasm") / "LICENSE")


def write_licenses(folder: Path, inner: Iterable[Inner]) -> None:
    """Write the licenses of what is inside a folder's files into one file beside them.

    Args:
        folder: the reader's, in the bundle.
        inner: the packages; none makes no file.
    """
    rule = "=" * 80
    parts = [f"{rule}\n{one.name} ({one.license})\n{rule}\n\n{one.text.read_text().strip()}\n" for one in inner]
    if parts:
        (folder / LICENSES_FILE).write_text("\n".join(parts))


def check_inner(metafile: Path, package: str, inner: Iterable[Inner]) -> None:
    """See that all that esbuild bundled is named.

    Args:
        metafile: what esbuild says of its inputs.
        package: the reader's own, which has its license.
        inner: those whose licenses go along.

    Raises:
        BuildError: some package is not named.
    """
    found = (_NPM_PACKAGE.match(path) for path in json.loads(metafile.read_text())["inputs"])
    unnamed = {match[1] for match in found if match} - {package, *(one.name for one in inner)}
    if unnamed:
        names = ", ".join(sorted(unnamed))
        raise BuildError(f"{package} brings {names} along, whose license goes with it: name it in demo_readers.py")
