"""The tables of a run: in Markdown for the docs, and the same printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .chart import draw
from .figures import Figures, median_of, others_percent, value_at
from .targets import Outcome, Target, outcomes

VARIANT_TITLES = {
    "baked": "dlt-web",
    "pyodide": "dlt-web, fallback",
    "stock": "stock Pyodide",
    "js": "plain JavaScript",
}
SCENARIO_TITLES = {
    "cold": "cold",
    "warm": "warm cache",
    "third": "third load",
    "second": "second page",
    "slow": "cold, slow line",
}
ENGINE_TITLES = {"chromium": "Chromium", "firefox": "Firefox"}
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

# JavaScript bundles, gzip, kB.
OTHER_TRACKERS = {"Snowplow": 18, "Sentry": 32, "posthog-js": 126}
_OTHERS_ABOUT = (
    "All JavaScript of a tracker, gzip; of ours, most comes when the page is idle, and Python on top of it, see above:"
)

# What is told of every start beside its time: title, quantity, and in what unit.
_OF_EACH_START = (
    ("bytes on the wire, kB", "wireBytes", 1000),
    ("all tasks of the main thread, ms", "mainThreadMs", 1),
    ("memory, more by MB", "memoryBytes", 1e6),
)

Row = Sequence[str]


def document(text: str, engines: Mapping[str, Figures]) -> str:
    """Return a document with the figures between its two marks replaced.

    Raises:
        ValueError: the marks are not there, once each and in order.
    """
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if len(pattern.findall(text)) != 1 or text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"The document must hold {BEGIN} and {END}, once each and in this order.")
    return pattern.sub(lambda _found: f"{BEGIN}\n\n{render(engines)}\n{END}", text)


def charts(engines: Mapping[str, Figures]) -> dict[str, str]:
    """Return the picture of each engine's starts, by its file's name."""
    variants = list(VARIANT_TITLES.items())
    return {
        f"performance-{name}.svg": draw(
            f"First verdict in {ENGINE_TITLES[name]}, median of {figures['measured']['starts']['rounds']}",
            figures,
            variants,
            SCENARIO_TITLES,
        )
        for name, figures in engines.items()
        if figures.get("starts")
    }


def render(engines: Mapping[str, Figures]) -> str:
    """Return the figures of all engines as Markdown."""
    parts = [*_section("What was to be reached", [_targets(outcomes(engines))])]
    for name, figures in engines.items():
        title = ENGINE_TITLES[name]
        about = (
            f"{title} {figures['version']}, {figures['machine']}; {_when(figures['measured'])}.{_others_busy(figures)}"
        )
        picture = f"![First verdict in {title}](images/performance-{name}.svg)"
        parts += _section(title, [about, *([picture] if figures.get("starts") else []), *_tables(figures)])
    scripts = {size for figures in engines.values() if (size := _scripts_bytes(figures)) is not None}
    if scripts:
        parts += _section("Trackers that people use", [_OTHERS_ABOUT, _others(min(scripts))])
    return "\n".join(parts)


def _when(measured: Mapping[str, Mapping[str, str | int]]) -> str:
    titles = {"starts": "starts", "latencies": "scans"}
    return ", ".join(
        f"{titles[part]} in {one['rounds']} round{'' if one['rounds'] == 1 else 's'} on {one['at']}"
        for part, one in measured.items()
        if part in titles
    )


def _others_busy(figures: Figures) -> str:
    percent = others_percent(figures)
    return "" if percent is None else f" Beside the starts, others kept {percent:.0f} % of the machine busy."


def plain_text(markdown: str) -> str:
    """Return tables as they are printed: without marks, in columns."""
    lines: list[str] = []
    table: list[list[str]] = []
    for line in markdown.replace("`", "").replace("**", "").splitlines():
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        lines += _in_columns(table)
        table = []
        if not line.startswith("!["):
            lines.append(line.lstrip("# "))
    return "\n".join([*lines, *_in_columns(table)])


def _in_columns(table: list[list[str]]) -> list[str]:
    rows = [row for row in table if not set("".join(row)) <= set("-:")]
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _section(title: str, parts: Iterable[str]) -> list[str]:
    return [f"### {title}", "", *(line for part in parts for line in (part, ""))]


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _targets(found: Sequence[Outcome]) -> str:
    rows = []
    for one in found:
        said = {True: "reached", False: "**not reached**", None: "not measured"}[one.is_reached]
        value = "–" if one.found is None else _limited(one.found)  # noqa: RUF001 - as the tables print nothing
        rows.append([ENGINE_TITLES[one.target.engine], one.target.title, _limit(one.target), value, said])
    return _table(["browser", "what", "to reach", "found", ""], rows)


def _limit(target: Target) -> str:
    return f"{'≥' if target.is_floor else '≤'} {_limited(target.limit)}"


def _limited(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.3g}"


def _tables(figures: Figures) -> list[str]:
    tables = []
    if figures.get("starts"):
        tables += ["Calls of `new Tracker()` and `scan()` → the scan is judged and kept, ms:", _times(figures)]
        tables += ["A cold start:", _costs(figures), *_each_start(figures)]
    if figures.get("latencies"):
        tables += ["A scan once the tracker runs:", _scans(figures)]
    if figures.get("soak"):
        tables += ["Memory of the whole browser while it goes on scanning:", _soak(figures)]
    return tables


def _variants(figures: Figures, part: str) -> list[str]:
    return [name for name in VARIANT_TITLES if name in figures[part]]


def _times(figures: Figures) -> str:
    rows = []
    for scenario, title in SCENARIO_TITLES.items():
        cells = [_time(figures, variant, scenario) for variant in _variants(figures, "starts")]
        ours, stock = (median_of(figures, variant, scenario) for variant in ("baked", "stock"))
        if any(cells):
            rows.append([title, *cells, f"{ours / stock:.3f}" if ours and stock else ""])
    head = ["", *(VARIANT_TITLES[name] for name in _variants(figures, "starts")), "dlt-web / stock"]
    return _table(head, rows)


def _time(figures: Figures, variant: str, scenario: str) -> str:
    """Return a median with the least and the largest value."""
    try:
        one = figures["starts"][variant][scenario]["firstVerdictMs"]
    except KeyError:
        return ""
    return f"{_ms(one['median'])} ({_ms(one['least'])} to {_ms(one['most'])})"


def _costs(figures: Figures) -> str:
    """Return what a cold start costs beside time."""
    variants = _variants(figures, "starts")

    def row(title: str, quantity: str, show: str = "{:.0f}", by: float = 1) -> Row:
        values = [median_of(figures, variant, "cold", quantity) for variant in variants]
        return [title, *("" if value is None else show.format(value / by) for value in values)]

    plain = [value_at(figures, "plainBytes", variant) for variant in variants]
    rows = [
        row("bytes on the wire, Brotli, kB", "wireBytes", by=1000),
        ["bytes from a host that compresses nothing, kB", *(f"{v / 1000:.0f}" if v else "" for v in plain)],
        row("requests", "requests"),
        row("with the module's own loading, ms", "withModuleMs"),
        row("licensed after, ms", "readyMs"),
        row("main thread: inside the two calls, ms", "callsMs", "{:.1f}"),
        row("main thread: all tasks, ms", "mainThreadMs"),
        row("main thread: latest timer, ms too late", "longestBlockMs", "{:.1f}"),
        row("main thread: long tasks", "longTasks"),
        row("memory of the whole browser, more by MB", "memoryBytes", by=1e6),
    ]
    return _table(["", *(VARIANT_TITLES[name] for name in variants)], [row for row in rows if any(row[1:])])


def _each_start(figures: Figures) -> list[str]:
    """Return what every start costs beside time, with a title, as far as it was measured."""
    variants = _variants(figures, "starts")
    shown = [
        one
        for one in _OF_EACH_START
        if any(
            median_of(figures, variant, scenario, one[1]) is not None
            for variant in variants
            for scenario in SCENARIO_TITLES
        )
    ]

    def cell(variant: str, scenario: str) -> str:
        values = [(median_of(figures, variant, scenario, quantity), unit) for _title, quantity, unit in shown]
        return " / ".join("" if value is None else f"{round(value / unit)}" for value, unit in values).strip(" /")

    rows = [[title, *(cell(variant, scenario) for variant in variants)] for scenario, title in SCENARIO_TITLES.items()]
    table = _table(["", *(VARIANT_TITLES[name] for name in variants)], [row for row in rows if any(row[1:])])
    return [f"Each start: {' / '.join(title for title, *_ in shown)}:", table] if shown else []


def _scans(figures: Figures) -> str:
    variants = _variants(figures, "latencies")

    def row(title: str, show: str, *path: str) -> Row:
        values = [value_at(figures, path[0], variant, *path[1:]) for variant in variants]
        return [title, *("" if value is None else show.format(value) for value in values)]

    rows = [
        row(f"`scan()` → {said}, {point}, ms", "{:.2f}", "latencies", kind, point)
        for kind, said in (("verdict", "verdict"), ("durable", "durable"))
        for point in ("p50", "p99")
    ]
    rows += [
        row(f"bare put from the page, {point}, ms", "{:.2f}", "latencies", "put", point) for point in ("p50", "p99")
    ]
    rows += [
        row(
            f"frames per second, {size} {'new' if kind == 'new' else 'in view'}",
            "{:.0f}",
            "framesPerSecond",
            f"{size} {kind}",
        )
        for kind in ("new", "known")
        for size in (1, 10, 100)
    ]
    rows.append(row("long tasks of the main thread meanwhile", "{:.0f}", "longTasks"))
    rows.append(row("processor for 1 000 scans, one after the other, ms", "{:.0f}", "cpuPer1000Ms"))
    least = value_at(figures, "cpuPer1000Ms", "filter")
    rows.append(
        ["the same by a bare filter in plain JavaScript, ms", *(f"{least:.2f}" if least else "" for _ in variants)]
    )
    return _table(["", *(VARIANT_TITLES[name] for name in variants)], [one for one in rows if any(one[1:])])


def _soak(figures: Figures) -> str:
    rows = []
    for name in _variants(figures, "soak"):
        soak = figures["soak"][name]
        memory = [f"{soak['memoryBytes'][at] / 1e6:.0f}" for at in (0, len(soak["memoryBytes"]) // 2, -1)]
        growth = f"{soak['growthPer1000ScansBytes'] / 1000:+.1f}"
        pace = f"{soak['minutes']:g} minutes" if soak["minutes"] else "as fast as they are answered"
        rows.append([VARIANT_TITLES[name], f"{soak['scans']} scans, {pace}", *memory, growth])
    head = [
        "",
        "",
        "at the start, MB",
        "half-way, MB",
        "at the end, MB",
        "growth in the second half, kB for 1 000 scans",
    ]
    return _table(head, rows)


def _scripts_bytes(figures: Figures) -> float | None:
    """Return what all of our scripts take; a run of before they were counted told the loader alone."""
    scripts = value_at(figures, "scriptsGzipBytes")
    return value_at(figures, "loaderGzipBytes") if scripts is None else scripts


def _others(scripts_bytes: float) -> str:
    sizes = {**OTHER_TRACKERS, VARIANT_TITLES["baked"]: scripts_bytes / 1000}
    return _table(
        ["tracker", "kB"], [[name, f"{size:.0f}"] for name, size in sorted(sizes.items(), key=lambda one: one[1])]
    )


def _ms(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
