"""What JavaScript barcode readers give: how a result of each is recognised, and where its fields lie.

The page's table of it (``web/page/reader-shapes.js``, made by ``python -m wasm.reader_table``) reads what a page's
reader gave; ``dlt-web explain-scan`` reads the same as JSON, where methods are gone and byte arrays are objects. A
result that no shape fits is an error: what it means is never guessed. Field names are those of the readers' public
documentation; docs/readers.md tells the versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What a member must be: of a JavaScript type, or there at all. `list` stands for an array.
KINDS = ("string", "number", "function", "object", "list", "any")

# `BarcodeFormat` of @zxing/library: its results name a symbology by number.
ZXING_JS_FORMATS = (
    *("AZTEC", "CODABAR", "CODE_39", "CODE_93", "CODE_128", "DATA_MATRIX", "EAN_8", "EAN_13", "ITF", "MAXICODE"),
    *("PDF_417", "QR_CODE", "RSS_14", "RSS_EXPANDED", "UPC_A", "UPC_E", "UPC_EAN_EXTENSION", "MICRO_QR_CODE"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How one reader's result for one barcode looks.

    A path names a member of a member by dots; ``()`` at its end stands for what the method of that name returns.

    Attributes:
        reader: for people, and to tell that a second reader appeared.
        needs: path to kind; a result fits when each member is of its kind.
        format: path of the reader's name for the symbology.
        text: paths of the decoded text, the first that is there counts; none where the reader gives bytes only.
        bytes: path of the payload's bytes.
        identifier: path of the AIM identifier.
        decoder: path of what tells decoders of one reader apart.
        formats: names by number, where ``format`` is a number.
        is_barcode_if: path of a member that is absent, or ``False``, for what was found and could not be decoded.
    """

    reader: str
    needs: Mapping[str, str]
    format: str
    text: tuple[str, ...] = ()
    bytes: str | None = None
    identifier: str | None = None
    decoder: str | None = None
    formats: tuple[str, ...] = field(default=())
    is_barcode_if: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """A result that holds barcodes in a member: a list of them, one of them, or nothing.

    Attributes:
        reader: for people.
        path: where they lie.
        kind: what the member is; ``object`` stands for one barcode or none (``null``).
    """

    reader: str
    path: str
    kind: str = "list"


CONTAINERS = (
    Container("Dynamsoft 10 and 11", "barcodeResultItems"),
    Container("Dynamsoft 10 and 11", "decodedBarcodesResult.barcodeResultItems"),
    Container("Dynamsoft 10 and 11", "barcodeResults"),
    Container("Scandit", "newlyRecognizedBarcodes"),
    Container("Scandit", "newlyRecognizedBarcode", "object"),
    Container("scanbot", "barcodes"),
)

# The first that fits is taken: those that need more stand before those that need less.
SHAPES = (
    Shape(
        "@zxing/library",
        {"getBarcodeFormat": "function", "getText": "function"},
        "getBarcodeFormat()",
        ("getText()",),
        formats=ZXING_JS_FORMATS,
    ),
    # As it arrives from a worker, or out of JSON: without its methods.
    Shape(
        "@zxing/library",
        {"resultPoints": "list", "format": "number"},
        "format",
        ("text",),
        formats=ZXING_JS_FORMATS,
    ),
    Shape("quagga2", {"codeResult": "object"}, "codeResult.format", ("codeResult.code",)),
    # A frame in which it has found places alone.
    Shape("quagga2", {"boxes": "list"}, "codeResult.format", is_barcode_if="codeResult"),
    Shape(
        "html5-qrcode",
        {"decodedText": "string", "result": "object"},
        "result.format.formatName",
        ("result.text",),
        decoder="result.debugData.decoderName",
    ),
    Shape("zbar-wasm", {"typeName": "string", "decode": "function"}, "typeName", ("decode()",), "data"),
    Shape("zbar-wasm", {"typeName": "string", "cacheCount": "number"}, "typeName", (), "data"),
    Shape(
        "STRICH",
        {"typeName": "string", "data": "string"},
        "typeName",
        ("data",),
        "rawData",
        "symbologyIdentifier",
    ),
    # Its text is null where it is no UTF-8; the raw data is then a text, too.
    Shape("Scandit", {"symbology": "string", "rawData": "any"}, "symbology", ("data", "rawData")),
    Shape("Scandit", {"symbology": "string", "data": "string"}, "symbology", ("data",)),
    Shape("Dynamsoft 10 and 11", {"formatString": "string", "text": "string"}, "formatString", ("text",), "bytes"),
    Shape(
        "Dynamsoft 9",
        {"barcodeFormatString": "string", "barcodeText": "string"},
        "barcodeFormatString",
        ("barcodeText",),
        "barcodeBytes",
    ),
    Shape("BarcodeDetector", {"rawValue": "any", "format": "any"}, "format", ("rawValue",)),
    Shape(
        "zxing-wasm",
        {"isValid": "any", "format": "any"},
        "format",
        ("text",),
        "bytes",
        "symbologyIdentifier",
        is_barcode_if="isValid",
    ),
    Shape("scanbot", {"format": "string", "rawBytes": "any"}, "format", ("text",), "rawBytes"),
    # As an app that keeps what it needs of a result hands it over.
    Shape(
        "zxing-wasm",
        {"format": "string", "text": "string", "symbologyIdentifier": "string"},
        "format",
        ("text",),
        "bytes",
        "symbologyIdentifier",
    ),
    Shape("plain", {"format": "any", "text": "any"}, "format", ("text",), "bytes", "identifier"),
    Shape("plain", {"format": "any", "bytes": "any"}, "format", (), "bytes", "identifier"),
)
