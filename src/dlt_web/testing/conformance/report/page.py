"""A report as one HTML file: nothing is fetched, nothing runs, and whatever an app said is shown as text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from ..outcome import BrowserColumn, Cell, Outcome, Report, Row, SeenRequest
from .words import as_sentence, grouped, in_part_count, reasons, summary

# Even a text that escaped its escaping could do nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STATES: dict[Outcome, tuple[str, str]] = {
    "passed": ("✓", "passed"),
    "failed": ("✗", "failed"),
    "not tested": ("○", "untested"),
}


def as_page(report: Report) -> str:
    """Return the page."""
    style = (files(__package__) / "report.css").read_text(encoding="utf-8")
    body = "\n".join(
        part for make in (_head, _tiles, _matrix, _failures, _untested, _browsers, _traffic) for part in make(report)
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(_verdict(report))}: {escape(report.app_url)}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _verdict(report: Report) -> str:
    failed = report.counts()["failed"]
    if failed:
        return f"{failed} check{'s' if failed > 1 else ''} failed"
    if not report.counts()["passed"]:
        return "Nothing was tested"
    in_part = ", some in part" if in_part_count(report) else ""
    return f"All tested checks passed{in_part}" + (", and not all could be made" if report.troubles else "")


def _head(report: Report) -> Iterator[str]:
    facts = (
        ("App", report.app_url),
        ("Handshake code", report.handshake_code),
        ("Counted by", report.counted_by),
        ("Browsers", ", ".join(column.version for column in report.columns)),
        ("When", f"{report.began:%Y-%m-%d %H:%M} UTC"),
        ("Verified by", f"dlt-web {report.version}"),
    )
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    yield f'<header class="card"><h1>{escape(_verdict(report))}</h1><dl class="facts">{listed}</dl></header>'


def _tiles(report: Report) -> Iterator[str]:
    counts = report.counts()
    tiles = "".join(
        f'<div class="tile"><strong>{counts[outcome]}</strong>{_mark(outcome)}</div>' for outcome in _STATES
    )
    yield f'<section class="tiles" aria-label="{escape(summary(report))}">{tiles}</section>'


def _mark(outcome: Outcome, target: str | None = None, words: str | None = None) -> str:
    icon, kind = _STATES[outcome]
    inner = f'<span aria-hidden="true">{icon}</span> {words or outcome}'
    if target is None:
        return f'<span class="state {kind}">{inner}</span>'
    return f'<a class="state {kind}" href="#{escape(target)}">{inner}</a>'


def _matrix(report: Report) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{escape(column.version)}</th>' for column in report.columns)
    groups = "".join(_group(report, title, rows) for title, rows in grouped(report))
    yield (
        '<section class="card"><h2>Checks</h2><div class="scroll" tabindex="0" role="region" aria-label="Checks">'
        f'<table><thead><tr><th scope="col">Rule</th>{heads}</tr></thead>{groups}</table></div></section>'
    )


def _group(report: Report, title: str, rows: list[Row]) -> str:
    span = len(report.columns) + 1
    lines = [f'<tr><th scope="rowgroup" colspan="{span}">{escape(title)}</th></tr>']
    for row in rows:
        cells = "".join(f"<td>{_cell(report, column, row)}</td>" for column in report.columns)
        lines.append(
            f'<tr><th scope="row">{escape(row.title)}<span class="id">{escape(row.id)}</span></th>{cells}</tr>'
        )
    return f"<tbody>{''.join(lines)}</tbody>"


def _cell(report: Report, column: BrowserColumn, row: Row) -> str:
    cell = report.cell(column, row)
    if cell.outcome == "failed":
        return _mark("failed", _anchor(column, row))
    if cell.outcome == "not tested":
        return _mark("not tested", "not-tested")
    if cell.untested:
        return _mark("passed") + _mark("not tested", "not-tested", "in part not tested")
    remark = f'<span class="remark">{escape(cell.reason)}</span>' if cell.reason else ""
    return _mark("passed") + remark


def _anchor(column: BrowserColumn, row: Row) -> str:
    return f"{column.engine}-{row.id}"


def _failures(report: Report) -> Iterator[str]:
    for row in report.rows:
        for column in report.columns:
            cell = report.cell(column, row)
            if cell.outcome == "failed":
                yield (
                    f'<section class="card" id="{escape(_anchor(column, row))}"><h2>{escape(row.title)}</h2>'
                    f"<p>{_mark('failed')} in {escape(column.version)}, <code>{escape(row.id)}</code></p>"
                    f"<p>{escape(cell.reason)}</p>{_picture(cell.screenshot, 'The page when the check failed')}"
                    f"{_leaks(cell)}{_requests(cell)}</section>"
                )


def _untested(report: Report) -> Iterator[str]:
    told = reasons(report, "not tested")
    if told:
        items = "".join(
            f"<li>{escape(as_sentence(reason))}<span class='remark'>{escape(', '.join(where))}</span></li>"
            for reason, where in told.items()
        )
        yield f'<section class="card" id="not-tested"><h2>Not tested, and why</h2><ul>{items}</ul></section>'


def _browsers(report: Report) -> Iterator[str]:
    figures = "".join(
        f"<figure><figcaption><h3>{escape(column.version)}</h3></figcaption>"
        f"{_picture(column.screenshot, f'The app in {column.version}')}{_hosts(column)}</figure>"
        for column in report.columns
    )
    yield (
        '<section class="card"><h2>The app, and whom it spoke to</h2>'
        '<p class="muted">Every request of its pages, workers and beacons passed the recording proxy.</p>'
        f'<div class="pictures">{figures}</div></section>'
    )


def _hosts(column: BrowserColumn) -> str:
    items = "".join(f"<li>{escape(host)}: {count}</li>" for host, count in sorted(column.hosts.items()))
    return f"<ul>{items}</ul>" if items else '<p class="muted">No request.</p>'


def _traffic(report: Report) -> Iterator[str]:
    made = [
        _details(f"{escape(row.title)} ({escape(column.version)})", cell.requests)
        for row in report.rows
        for column in report.columns
        if (cell := report.cell(column, row)).requests and cell.outcome == "passed"
    ]
    if made:
        yield (
            '<section class="card"><h2>What the tracker sent</h2>'
            f'<p class="muted">Authorizations and reports of the checks that passed.</p>{"".join(made)}</section>'
        )


def _requests(cell: Cell) -> str:
    if not cell.requests:
        return '<p class="muted">The tracker sent nothing meanwhile.</p>'
    return _details("What the tracker sent meanwhile", cell.requests)


def _leaks(cell: Cell) -> str:
    if not cell.leaks:
        return ""
    return _details("Requests in which a barcode's text was found", cell.leaks, " open")


def _details(title: str, requests: tuple[SeenRequest, ...], attributes: str = "") -> str:
    items = "".join(
        f"<div><code>{escape(seen.method)} {escape(seen.url)}</code> → {escape(seen.answer)}"
        f"<pre>{escape(seen.body)}</pre></div>"
        for seen in requests
    )
    listed = f'<div class="requests">{items}</div>'
    return f"<details{attributes}><summary>{title}: {len(requests)}</summary>{listed}</details>"


def _picture(png: bytes | None, words: str) -> str:
    if png is None:
        return ""
    return f'<img class="shot" alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
