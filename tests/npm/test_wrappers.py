"""The React hook, the Vue composable and the custom element, as docs/npm.md shows them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt_web.testing.browser_page import BrowserPage
from dlt_web.testing.deadline import DeadlineMissedError, wait_until
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite
from tests.npm.apps import developing
from tests.page_workers import STOP_CLOCK

TIMEOUT_MS = 60_000
A, B = "4006381333931", "0036000291452"
# Types a code into one of the documented components, as a hand scanner does, and waits for what it shows.
TYPE = """async ([index, text]) => {
    const form = document.querySelectorAll("form")[index];
    const input = form.querySelector("input");
    const before = form.querySelector("output")?.textContent;
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    form.requestSubmit();
    for (const start = Date.now(); Date.now() - start < 30000; ) {
        const shown = form.querySelector("output")?.textContent;
        if (shown !== undefined && shown !== before) return shown;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return `still ${before}`;
}"""


@pytest.fixture
def react(apps: Path, lts: LtsProcess, code: str) -> Iterator[str]:
    """The address at which Vite's development server serves the React app: only there everything is mounted twice."""
    with developing(apps / "react", {"LICENSE_SERVER": lts.url, "HANDSHAKE_CODE": code}) as address:
        yield address


@pytest.fixture
def vue(serve: Callable[[str], StaticSite]) -> str:
    return serve("vue").shop_a.url("/")


def shown_in_probe(tab: BrowserPage) -> str:
    return str(tab.evaluate("() => document.querySelector('#probe')?.textContent ?? ''"))


def wait_for_probe(tab: BrowserPage, text: str) -> None:
    shown: list[str] = []

    def is_shown() -> bool:
        shown[:] = [shown_in_probe(tab)]
        return shown == [text]

    try:
        wait_until(is_shown, what="the probe")
    except DeadlineMissedError:
        assert shown == [text], tab.evaluate("() => (used.tracker?.value ?? used.tracker)?.explain()")


def value(framework: str, name: str) -> str:
    return f"used.{name}" + (".value" if framework == "vue" else "")


@pytest.fixture(params=["react", "vue"])
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(request: pytest.FixtureRequest, framework: str, tab: BrowserPage) -> BrowserPage:
    """A page with two of the documented component and a probe beside them."""
    tab.goto(request.getfixturevalue(framework))
    tab.wait_for_selector("#probe", state="attached", timeout=TIMEOUT_MS)
    wait_for_probe(tab, "licensed")
    tab.evaluate(STOP_CLOCK)
    return tab


@pytest.mark.long_form(cases=1)
def test_components_count_as_one_device_on_one_runtime(
    opened: BrowserPage, framework: str, lts: LtsProcess, code: str
) -> None:
    assert opened.inner_text("form p") == "License: licensed"
    assert opened.evaluate(TYPE, [0, A]) == "counted: ean_13"
    # Both forms hold the same tracker, which has just seen it.
    assert opened.evaluate(TYPE, [1, A]) == "seen before"
    assert opened.evaluate(TYPE, [1, B]) == "counted: ean_13"
    assert opened.evaluate("() => early.then(({ scans }) => scans)") == 1
    assert opened.evaluate("() => workerCount") == 1
    opened.evaluate(f"() => {value(framework, 'tracker')}.flush()")
    usage = lts.usage(code)
    assert (usage.devices, usage.scans) == (1, 4 if framework == "react" else 3)
    assert opened.evaluate(f"() => {value(framework, 'deviceUuid')}") in lts.seated(code)
    assert opened.evaluate(f"() => {value(framework, 'storage')}") == "indexeddb"
    told = lts.cli("usage", "--handshake", code)["authorizations"]
    assert told["granted"] == 1, "each mounting joined the one tracker"


def test_a_scan_renders_nothing_anew_and_scan_stays_the_same(opened: BrowserPage) -> None:
    before = opened.evaluate("() => { globalThis.scanBefore = used.scan; return renderings; }")
    assert opened.evaluate("() => used.scan({ format: 'qr_code', text: 'A' }).then(({ scans }) => scans)") == 1
    assert opened.evaluate("() => [renderings, used.scan === scanBefore]") == [before, True]


def test_a_component_that_goes_lets_its_tracker_go_and_one_that_comes_back_counts_on(
    opened: BrowserPage, framework: str, lts: LtsProcess, code: str
) -> None:
    opened.evaluate(TYPE, [0, A])
    opened.evaluate(f"() => {{ globalThis.held = {value(framework, 'tracker')}; show(0, null); }}")
    gone = "() => held.scan({ format: 'qr_code', text: 'A' }).catch(({ code }) => code)"
    wait_until(lambda: opened.evaluate(gone) == "TRACKER_CLOSED", what="the tracker is closed")
    assert opened.evaluate("() => used.scan([]).catch(({ code }) => code)") == "TRACKER_CLOSED"
    opened.evaluate("() => show(1, null)")
    opened.wait_for_selector("form", state="attached", timeout=TIMEOUT_MS)
    assert opened.evaluate(TYPE, [0, B]) == "counted: ean_13"
    assert opened.evaluate("() => workerCount") == 1
    assert lts.usage(code).devices == 1


def test_other_options_are_another_tracker_and_a_conflict_is_shown(opened: BrowserPage, framework: str) -> None:
    opened.evaluate("() => show(0, {})")
    opened.evaluate(f"() => {{ globalThis.held = {value(framework, 'tracker')}; }}")
    opened.evaluate("() => show(0, { duplicateForgetTime: 0 })")
    wait_until(lambda: opened.evaluate(f"() => {value(framework, 'tracker')} !== held"), what="another tracker")
    wait_for_probe(opened, "licensed")
    each_one = "async () => [await used.scan(ONE), await used.scan(ONE)].map(({ scans }) => scans)"
    assert opened.evaluate(each_one.replace("ONE", "{ format: 'qr_code', text: 'C' }")) == [1, 1]
    # A component with other options than the others' for the same code gets none, and says why.
    opened.evaluate("() => show(0, null)")
    opened.evaluate("() => show(1, null)")  # first: frameworks mount neighbours in an order of their own
    opened.wait_for_selector("form", state="attached", timeout=TIMEOUT_MS)
    opened.evaluate("() => show(1, { duplicateForgetTime: 1 })")
    wait_for_probe(opened, "OPTION_CONFLICT")
    assert opened.evaluate("() => used.scan([]).catch(({ code }) => code)") == "OPTION_CONFLICT"


@pytest.fixture
def element(serve: Callable[[str], StaticSite], tab: BrowserPage) -> BrowserPage:
    """The documented page with a `<dlt-tracker>` in it."""
    tab.goto(serve("no bundler").shop_a.url("/element.html"))
    licensed = "() => document.querySelector('#license').textContent === 'licensed'"
    wait_until(lambda: tab.evaluate(licensed), what="the page shows the license")
    tab.evaluate("() => { globalThis.element = document.querySelector('dlt-tracker'); }")
    tab.evaluate(STOP_CLOCK)
    return tab


SCAN = "(text) => element.scan({ format: 'qr_code', text }).then(({ scans }) => scans, ({ code }) => code)"


def test_the_element_counts_and_tells_of_its_tracker(element: BrowserPage, lts: LtsProcess, code: str) -> None:
    heard = "() => { globalThis.heard = []; element.addEventListener('scan', ({ detail }) => heard.push(detail)); }"
    element.evaluate(heard)
    assert [element.evaluate(SCAN, text) for text in ("A", "A", "B")] == [1, 0, 1]
    element.evaluate("() => element.tracker.flush()")
    assert (lts.usage(code).devices, lts.usage(code).scans) == (1, 2)
    assert lts.seated(code) == {element.evaluate("() => element.deviceUuid")}
    assert element.evaluate("() => heard") == [{"scans": 1, "bySymbology": {"qr_code": 1}}] * 2
    assert element.evaluate("() => [element.license.state, element.storage, element.error, workerCount]") == [
        "licensed", "indexeddb", None, 1,
    ]  # fmt: skip


def test_the_element_keeps_its_tracker_when_it_is_moved_and_closes_it_when_it_is_taken_out(
    element: BrowserPage,
) -> None:
    move = """async () => {
        const { tracker } = element;
        document.body.append(element);
        await Promise.resolve();
        return element.tracker === tracker;
    }"""
    assert element.evaluate(move) is True
    assert element.evaluate(SCAN, "A") == 1
    element.evaluate("() => element.remove()")
    assert element.evaluate("() => element.tracker") is None
    assert element.evaluate(SCAN, "A") == "TRACKER_CLOSED"
    element.evaluate("() => document.body.append(element)")
    assert element.evaluate(SCAN, "C") == 1
    assert element.evaluate("() => workerCount") == 1


def test_changed_attributes_are_one_other_tracker(element: BrowserPage) -> None:
    change = """async () => {
        const { tracker } = element;
        element.setAttribute("duplicate-forget-time", "0");
        element.setAttribute("device-friendly-name", "till 4");
        element.options = { enforcement: "event" };
        await Promise.resolve();
        return element.tracker !== tracker;
    }"""
    assert element.evaluate(change) is True
    assert [element.evaluate(SCAN, text) for text in ("A", "A")] == [1, 1]
    assert element.evaluate("() => workerCount") == 1


@pytest.mark.parametrize(
    ("attribute", "text", "error"),
    [
        ("duplicate-forget-time", "soon", "OPTION_INVALID"),
        ("license-server", "", "OPTION_INVALID"),
        ("handshake-code", "of-nobody", "HANDSHAKE_CODE_UNKNOWN"),
    ],
)
def test_the_element_tells_of_an_error(element: BrowserPage, attribute: str, text: str, error: str) -> None:
    listen = """([attribute, text]) => {
        element.addEventListener("error", ({ detail }) => { globalThis.told = detail.code; });
        element.setAttribute(attribute, text);
    }"""
    element.evaluate(listen, [attribute, text])
    wait_until(lambda: element.evaluate("() => globalThis.told") == error, what=error)
    assert element.evaluate("() => element.error.code") == error


def test_an_element_that_a_framework_fills_in_piece_by_piece_counts(
    element: BrowserPage, lts: LtsProcess, code: str
) -> None:
    element.evaluate("() => element.remove()")
    make: Any = """async ([code, server]) => {
        globalThis.element = document.createElement("dlt-tracker");
        document.body.append(element);
        element.setAttribute("handshake-code", code);
        element.setAttribute("license-server", `${server} ${server}`);
        await Promise.resolve();
    }"""
    element.evaluate(make, [code, lts.url])
    assert element.evaluate(SCAN, "PIECES") == 1
