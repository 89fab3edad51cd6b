"""The barcode readers that the demo offers beside zxing-wasm, each made one script that is loaded when it is chosen.

They are npm packages, as they come, under licenses that let the bundle hold them. zbar-wasm is left out: it is under
the LGPL, whose terms would bind everybody who hands the wheel on. So is html5-qrcode: its decoder is @zxing/library's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .inner_licenses import (
    BABEL_RUNTIME,
    GL_MATRIX,
    LIBZUECI,
    LODASH,
    TS_CUSTOM_ERROR,
    ZXING_CPP,
    ZXING_WASM,
    Inner,
    check_inner,
    write_licenses,
)
from .npm import npm_package
from .workshop import CACHE, copy_file, new_folder, run

# Of quagga2 the browser's half: the package's main entry is for Node.
_OPTIONS = (
    *("--bundle", "--minify", "--format=esm", "--target=es2022", "--platform=browser", "--legal-comments=eof"),
    *("--alias:@ericblade/quagga2=@ericblade/quagga2/dist/quagga.min.js", "--log-level=error"),
)
# How scripts of before 2020 come to the global object, which a strict policy takes for eval.
_WAYS_TO_GLOBAL = re.compile(r'(new )?Function\("return this"\)\(\)')
# barcode-detector has the half of an older zxing-wasm in its script that fits only the WebAssembly of that one.
_POLYFILL_WASM = "barcode-detector/node_modules/zxing-wasm/dist/reader/zxing_reader.wasm"


@dataclass(frozen=True, slots=True)
class DemoReader:
    """A reader to make a script of.

    Attributes:
        folder: its name in the bundle's ``vendor/``.
        package: the npm package, whose license goes with it.
        exports: what the demo uses of it, as JavaScript.
        inner: the packages that come inside its files, whose licenses go with it, too.
    """

    folder: str
    package: str
    exports: str
    inner: tuple[Inner, ...]


DEMO_READERS = (
    DemoReader(
        "barcode-detector",
        "barcode-detector",
        'export { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";',
        (ZXING_WASM, ZXING_CPP, LIBZUECI),
    ),
    DemoReader(
        "quagga2",
        "@ericblade/quagga2",
        'export { default } from "@ericblade/quagga2";',
        (GL_MATRIX, LODASH, BABEL_RUNTIME),
    ),
    DemoReader(
        "zxing-library",
        "@zxing/library",
        "export { BarcodeFormat, BinaryBitmap, DecodeHintType, HybridBinarizer, MultiFormatReader, "
        'RGBLuminanceSource } from "@zxing/library";',
        (TS_CUSTOM_ERROR,),
    ),
)


def bundle_demo_readers(node: str, vendor: Path) -> None:
    """Write each reader's script, its license and those of what is in it, into a folder of its own.

    Args:
        node: the Node to run esbuild with.
        vendor: where those folders lie.
    """
    with new_folder(CACHE / "readers") as entries:
        for reader in DEMO_READERS:
            (entries / f"{reader.folder}.js").write_text(reader.exports)
    esbuild = npm_package("esbuild") / "bin" / "esbuild"
    for reader in DEMO_READERS:
        script = vendor / reader.folder / "index.js"
        metafile = CACHE / "readers" / f"{reader.folder}.json"
        made = (f"--outfile={script}", f"--metafile={metafile}")
        run([node, str(esbuild), str(CACHE / "readers" / f"{reader.folder}.js"), *_OPTIONS, *made])
        check_inner(metafile, reader.package, reader.inner)
        script.write_text(_WAYS_TO_GLOBAL.sub("globalThis", script.read_text()))
        copy_file(npm_package(reader.package) / "LICENSE", script.with_name("LICENSE"))
        write_licenses(script.parent, reader.inner)
    copy_file(npm_package(_POLYFILL_WASM), vendor / "barcode-detector" / "zxing_reader.wasm")
    write_licenses(vendor / "zxing-wasm", (ZXING_CPP, LIBZUECI))
