"""A report as JUnit XML: one suite for each browser, one case for each check."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ..outcome import BrowserColumn, Cell, Report, Row

# XML 1.0 §2.2 has no place for these, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> bytes:
    """Return the XML in UTF-8."""
    root = ElementTree.Element("testsuites", _totals([_suite(report, column) for column in report.columns]))
    root.set("name", "dlt-web verify")
    root.extend(_suite(report, column) for column in report.columns)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _suite(report: Report, column: BrowserColumn) -> ElementTree.Element:
    cells = [report.cell(column, row) for row in report.rows]
    unmade = [row for row in report.rows if column.why_unmade(row)]
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": column.version,
            "timestamp": report.began.strftime("%Y-%m-%dT%H:%M:%S"),
            "tests": str(len(cells)),
            "failures": str(sum(cell.outcome == "failed" for cell in cells)),
            "errors": str(len(unmade)),
            "skipped": str(sum(cell.outcome == "not tested" for cell in cells) - len(unmade)),
            "time": f"{sum(cell.seconds for cell in cells):.3f}",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("app", report.app_url), ("counted by", report.counted_by), ("dlt-web", report.version)):
        ElementTree.SubElement(properties, "property", {"name": name, "value": _legal(value)})
    suite.extend(_case(column, row, cell) for row, cell in zip(report.rows, cells, strict=True))
    return suite


def _case(column: BrowserColumn, row: Row, cell: Cell) -> ElementTree.Element:
    named = {"classname": f"dlt-web.verify.{column.engine}", "name": row.id, "time": f"{cell.seconds:.3f}"}
    case = ElementTree.Element("testcase", named)
    if cell.outcome == "failed":
        failure = ElementTree.SubElement(case, "failure", {"message": _legal(cell.reason), "type": "CheckFailed"})
        lines = [
            row.title,
            cell.reason,
            *(f"{seen.method} {seen.url} -> {seen.answer}" for seen in (*cell.leaks, *cell.requests)),
        ]
        failure.text = _legal("\n".join(lines))
    elif why := column.why_unmade(row):
        # No skipped test, which is taken for good.
        ElementTree.SubElement(case, "error", {"message": _legal(why), "type": "CannotVerify"})
    elif cell.outcome == "not tested":
        ElementTree.SubElement(case, "skipped", {"message": _legal(cell.reason)})
    elif cell.untested:
        ElementTree.SubElement(case, "system-out").text = _legal(f"Not tested: {cell.untested}")
    return case


def _totals(suites: list[ElementTree.Element]) -> dict[str, str]:
    names = ("tests", "failures", "errors", "skipped")
    return {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in names}


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
