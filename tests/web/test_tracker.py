"""The public interface on a page, with the real runtime and a real server: sharing, closing, odd input, leaving."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.static_site import StaticSite


@pytest.fixture(scope="session")
def lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LtsProcess]:
    with LtsProcess(tmp_path_factory.mktemp("lts"), test_clock=False) as running:
        yield running


@pytest.fixture
def options(lts: LtsProcess) -> dict[str, Any]:
    return {"handshakeCode": lts.add_code(), "licenseServer": lts.url}


@pytest.fixture
def tab(watched_page: Page, bundle_site: StaticSite) -> Iterator[Page]:
    watched_page.goto(bundle_site.shop_a.url("/checks/bundle.html"))
    watched_page.wait_for_function("() => window.isReady === true")
    yield watched_page
    assert watched_page.evaluate("uncaught") == []


def test_two_trackers_with_equal_options_are_one_until_the_last_is_closed(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const heard = { a: 0, b: 0 };
            const a = new Tracker(options);
            const b = new Tracker({ ...options });
            a.addEventListener("scan", ({ detail }) => { heard.a += detail.scans; });
            b.addEventListener("scan", ({ detail }) => { heard.b += detail.scans; });
            const code = { format: "qr_code", text: "A" };
            const verdicts = await Promise.all([a.scan(code), b.scan(code)]);
            const isOneDevice = a.deviceUuid !== null && a.deviceUuid === b.deviceUuid;
            const workers = posted.filter(({ type }) => type === "Start").length;
            await a.close();
            const afterClose = await settle(() => a.scan({ format: "qr_code", text: "B" }));
            const other = await b.scan({ format: "qr_code", text: "C" });
            await b.close();
            const last = await settle(() => b.scan({ format: "qr_code", text: "D" }));
            const flushed = await settle(() => b.flush());
            const closes = posted.filter(({ input }) => input?.includes("CloseRequested")).length;
            return {
                heard, isOneDevice, workers, closes, scans: verdicts.map(({ scans }) => scans), other: other.scans,
                codes: [afterClose, last, flushed].map(({ error }) => error.code),
            };
        }""",
        options,
    )
    assert found == {
        "heard": {"a": 1, "b": 2},
        "isOneDevice": True,
        "workers": 1,
        "closes": 1,
        "scans": [1, 0],
        "other": 1,
        "codes": ["TRACKER_CLOSED"] * 3,
    }


@pytest.mark.parametrize(
    ("more", "named"),
    [
        pytest.param({"duplicateForgetTime": 1000}, "duplicateForgetTime", id="another value"),
        pytest.param({"sessionPassword": "secret"}, "sessionPassword", id="one more option"),
        pytest.param({"assetBase": "/elsewhere/"}, "assetBase", id="another folder"),
    ],
)
def test_other_options_for_the_same_code_are_an_error_that_names_the_option(
    tab: Page, options: dict[str, Any], more: dict[str, Any], named: str
) -> None:
    error = tab.evaluate(
        """([options, more]) => {
            window.tracker = new Tracker(options);
            return settle(() => { new Tracker({ ...options, ...more }); });
        }""",
        [options, more],
    )["error"]
    assert error["code"] == "OPTION_CONFLICT"
    assert named in error["message"]
    assert "secret" not in error["message"]
    # The first one goes on, and its place is free once it is closed.
    tab.evaluate("tracker.close()")
    assert "error" not in tab.evaluate(
        "(options) => settle(() => { new Tracker({ ...options, duplicateForgetTime: 1 }); })", options
    )


def test_refused_options_reject_every_promise_and_a_corrected_tracker_works(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const wrong = new Tracker({ ...options, duplicateForgetTime: Number.NaN });
            const errors = [await settle(wrong.ready), await settle(wrong.scan({ format: "a", text: "b" }))];
            const right = new Tracker({ ...options, duplicateForgetTime: 0 });
            return [...errors, await settle(right.scan({ format: "qr_code", text: "b" }))];
        }""",
        options,
    )
    assert [outcome.get("error", {}).get("code") for outcome in found] == ["OPTION_INVALID", "OPTION_INVALID", None]
    assert found[0] == found[1]
    assert "NaN" in found[0]["error"]["message"]


def test_options_that_the_page_cannot_use_reject_every_promise_and_start_nothing(
    tab: Page, options: dict[str, Any]
) -> None:
    found = tab.evaluate(
        """async (options) => {
            const cycle = {};
            cycle.self = cycle;
            const bad = [
                undefined, null, 7, "200001", [options],
                { ...options, assetBase: 5 }, { ...options, assetBase: "" }, { ...options, assetBase: "http://[" },
                { ...options, assetBase: "data:text/plain," }, { ...options, sessionPassword: cycle },
                { ...options, get product() { throw new Error("broken getter"); } },
            ];
            const refusals = [];
            for (const given of bad) {
                const tracker = new Tracker(given);
                tracker.addEventListener("license", () => {});
                const outcomes = await Promise.all([
                    settle(tracker.ready), settle(tracker.scan({ format: "qr_code", text: "A" })),
                    settle(tracker.flush()),
                ]);
                await tracker.close();
                const [first] = outcomes.map(({ error }) => error);
                const isOne = outcomes.every(({ error }) => error.message === first.message && error.isOurs);
                refusals.push([first.code, isOne, tracker.license.state, first.message]);
            }
            return { refusals, posted: posted.length };
        }""",
        options,
    )
    assert found["posted"] == 0
    assert {tuple(refusal[:3]) for refusal in found["refusals"]} == {("OPTION_INVALID", True, "starting")}
    messages = [refusal[3] for refusal in found["refusals"]]
    for message, found_words in zip(messages, ("undefined", "null", "number", "string", "a list"), strict=False):
        assert f"found {found_words}." in message
    assert all("assetBase" in message for message in messages[5:9])
    assert "sessionPassword" in messages[9]
    assert "broken getter" in messages[10]


def test_the_worker_waits_a_while_for_the_next_tracker_with_its_streams(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const held = { format: "qr_code", text: "held before the camera" };
            const wrong = new Tracker({ ...options, handshakeCode: "with space" });
            const first = new Tracker({ ...options, duplicateForgetTime: 180_000 });
            const refused = await settle(wrong.ready);
            const scans = [(await first.scan(held)).scans];
            await wrong.close();
            await first.close();
            const again = new Tracker({ ...options, duplicateForgetTime: 180_000 });
            scans.push((await again.scan(held)).scans);
            await again.close();
            const starts = posted.filter(({ type }) => type === "Start").length;
            return { code: refused.error?.code, scans, starts, ended: endedWorkers };
        }""",
        options,
    )
    assert found == {"code": "OPTION_INVALID", "scans": [1, 0], "starts": 1, "ended": 0}


def test_lasting_storage_is_asked_for_once_and_only_where_the_app_wants_it(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            let asked = 0;
            // The browser's own answer may be a question to the person, which nobody here can give.
            navigator.storage.persist = () => { asked += 1; return Promise.reject(new Error("nobody answered")); };
            const quiet = new Tracker(options);
            await quiet.scan({ format: "qr_code", text: "A" });
            await quiet.close();
            const before = asked;
            const asking = new Tracker({ ...options, persistStorage: true });
            const { scans } = await asking.scan({ format: "qr_code", text: "B" });
            return { before, asked, scans };
        }""",
        options,
    )
    assert found == {"before": 0, "asked": 1, "scans": 1}


def test_a_tracker_explains_itself_in_every_state(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const explained = async (tracker) => {
                for (;;) {
                    const told = await tracker.explain();
                    if (told.tracker !== null) return told; // a runtime that stands still for 2 s has said nothing
                }
            };
            const early = new Tracker({ ...options, sessionPassword: "correct horse" });
            const starting = await early.explain();
            await early.ready;
            await early.scan({ format: "qr_code", text: "4006381333931-secret" });
            const working = await explained(early);
            await early.close();
            const closed = await early.explain();
            const refused = await new Tracker({ ...options, assetBase: 5 }).explain();
            const invalid = new Tracker({ ...options, duplicateForgetTime: -1 });
            await settle(invalid.ready);
            return { starting, working, closed, refused, invalid: await invalid.explain() };
        }""",
        options,
    )
    working = found["working"]
    assert working["tracker"]["device"]["uuid"] == working["state"]["deviceUuid"]
    assert working["tracker"]["reports"]["scans"] == 1
    assert working["tracker"]["options"]["hasSessionPassword"] is True
    assert (found["starting"]["runtime"], working["runtime"]) == (None, {"name": "baked", "why": None})
    timings = working["timings"]
    assert 0 <= timings["startedAfterMs"] <= timings["readyAfterMs"] <= timings["firstScanAfterMs"]
    assert (working["failure"], working["waitingCalls"]) == (None, 0)
    assert "secret" not in str(found)
    assert "correct horse" not in str(found)
    assert found["starting"]["state"]["license"]["state"] == "starting"
    assert {state: told["failure"] and told["failure"]["code"] for state, told in found.items()} == {
        "starting": None,
        "working": None,
        "closed": "TRACKER_CLOSED",
        "refused": "OPTION_INVALID",
        "invalid": "OPTION_INVALID",
    }


def test_what_no_reader_gives_is_refused_by_a_promise_and_counts_nothing(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const tracker = new Tracker(options);
            const cycle = { format: "qr_code" };
            cycle.text = cycle;
            const odd = [
                null, undefined, 7, "text", {}, cycle, { kind: "qr" }, { format: "qr_code" }, { text: "A" },
                { format: "", text: "A" }, { format: "qr_code", text: "" }, { format: "qr_code", text: 12n },
                { format: "qr_code", text: Number.NaN }, { format: () => "qr_code", text: "A" },
                { format: Symbol("qr"), text: "A" },
                { get format() { throw new Error("broken getter"); }, text: "A" },
                { format: "qr_code", text: "x".repeat(10 * 1024 * 1024) },
                { format: "qr_code", bytes: "no base64 at all" },
                [{ format: "qr_code", text: "A" }, { format: "qr_code" }],
            ];
            const codes = [];
            for (const decoded of odd) codes.push((await settle(() => tracker.scan(decoded))).error?.code);
            const context = [{ time: Number.NaN }, { time: "now" }, { source: "fax" }, { stream: 7 }];
            const good = { format: "qr_code", text: "A" };
            for (const more of context) codes.push((await settle(() => tracker.scan(good, more))).error?.code);
            const after = await tracker.scan(good, null);
            return { codes: [...new Set(codes)], scans: after.scans };
        }""",
        options,
    )
    assert found == {"codes": ["SCAN_INVALID"], "scans": 1}


def test_a_list_counts_as_it_was_when_it_was_handed_over(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const tracker = new Tracker(options);
            const frame = [{ format: "qr_code", text: "A" }, { format: "qr_code", text: "B" }];
            const bad = settle(tracker.scan([{ format: "qr_code", text: "A" }, { kind: "qr" }]));
            const first = tracker.scan(frame);
            frame.splice(0, 2, { format: "qr_code", text: "C" });
            const second = tracker.scan(frame);
            return { bad: (await bad).error, scans: [(await first).scans, (await second).scans] };
        }""",
        options,
    )
    assert found["scans"] == [2, 1]
    assert found["bad"]["code"] == "SCAN_INVALID"
    assert "Result 1 of the reader has a shape that is not known: an object with kind" in found["bad"]["message"]


def test_an_attached_reader_is_let_go_when_the_tracker_is_closed(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const receivers = new Set();
            const router = {
                addResultReceiver: (receiver) => receivers.add(receiver),
                removeResultReceiver: (receiver) => receivers.delete(receiver),
            };
            const barcodeResultItems = [{ formatString: "UPC_A", text: "036000291452" }];
            const decode = () => receivers.forEach((one) => one.onDecodedBarcodesReceived({ barcodeResultItems }));
            const tracker = new Tracker(options);
            const refused = await settle(() => { tracker.attach({ detected: () => {} }); });
            const detach = tracker.attach(router, { stream: "router" });
            tracker.attach(router, { stream: "once more" });
            const sizes = [receivers.size];
            decode();
            const again = (await tracker.scan({ format: "EAN13", text: "0036000291452" }, { stream: "router" })).scans;
            detach();
            sizes.push(receivers.size);
            tracker.attach(router);
            await tracker.close();
            sizes.push(receivers.size);
            decode();
            return { sizes, again, code: refused.error.code, named: refused.error.message.includes("detected") };
        }""",
        options,
    )
    assert found == {"sizes": [1, 0, 0], "again": 0, "code": "READER_UNKNOWN", "named": True}


def test_scans_keep_their_order_and_their_times_while_the_runtime_starts(tab: Page, options: dict[str, Any]) -> None:
    found = tab.evaluate(
        """async (options) => {
            const tracker = new Tracker(options);
            const times = [0, 2900, 5800, 8800];
            const code = { format: "qr_code", text: "A" };
            const before = [performance.now(), Date.now()];
            const waiting = times.map((time) => tracker.scan(code, { time }));
            const after = [performance.now(), Date.now()];
            const scans = (await Promise.all(waiting)).map(({ scans }) => scans);
            const inputs = posted.map(({ input }) => input ?? "").filter((input) => input.includes("ScanSeen"));
            const called = inputs.map((input) => JSON.parse(input));
            const areClocksRead = called.every(({ calledMonotonicMs, calledWallMs }) =>
                calledMonotonicMs >= before[0] && calledWallMs >= before[1] &&
                calledMonotonicMs <= after[0] && calledWallMs <= after[1]);
            return { times: called.map(({ timeMs }) => timeMs), areClocksRead, scans };
        }""",
        options,
    )
    assert found == {"times": [0, 2900, 5800, 8800], "areClocksRead": True, "scans": [1, 0, 0, 1]}


HIDE = """async () => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    await new Promise((resolve) => setTimeout(resolve));
    const hidden = posted.filter(({ input }) => input?.includes("PageHidden")).length;
    const private_ = beacons.filter(({ how }) => how === "fetch")
        .map(({ credentials, referrerPolicy }) => ({ credentials, referrerPolicy }));
    return { hidden, private: private_, sent: beacons.map(({ how, type, method, url, body }) => (
        { how, type, method, path: new URL(url).pathname, keys: Object.keys(body).sort(), sentAt: body.sentAt,
          scans: body.reports.map(({ counts }) => counts) })) };
}"""


@pytest.mark.parametrize("is_old", [False, True], ids=["by fetch", "by beacon where fetch ends with the page"])
def test_a_page_that_goes_away_sends_what_is_held_once(
    tab: Page, options: dict[str, Any], lts: LtsProcess, is_old: bool
) -> None:
    tab.evaluate(
        """async ([options, isOld]) => {
            if (isOld) delete Request.prototype.keepalive;
            window.tracker = new Tracker(options);
            await tracker.ready;
            await tracker.scan({ format: "qr_code", text: "A" });
            await tracker.scan([]); // answered after the page was told what it may send
        }""",
        [options, is_old],
    )
    found = tab.evaluate(HIDE)
    assert found["hidden"] == 2
    assert [sent["how"] for sent in found["sent"]] == (["beacon"] if is_old else ["fetch"])
    assert found["private"] == ([] if is_old else [{"credentials": "omit", "referrerPolicy": "no-referrer"}])
    sent = found["sent"][-1]
    assert sent["path"] == "/v1/usage-reports"
    assert sent["scans"] == [{"qr_code": 1}]
    assert sent["sentAt"].endswith("Z")
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    tab.evaluate("tracker.flush()")
    # The copy of the beacon and the worker's own are one count.
    assert lts.usage(options["handshakeCode"]).scans == 1


def test_a_tracker_in_a_frame_of_another_site_says_so(tab: Page, bundle_site: StaticSite) -> None:
    tab.evaluate(
        """(url) => new Promise((resolve) => {
            const frame = document.createElement("iframe");
            frame.onload = resolve;
            frame.src = url;
            document.body.append(frame);
        })""",
        bundle_site.shop_b.url("/checks/bundle.html"),
    )
    opened = """async () => {
        new Tracker({ handshakeCode: "framed", licenseServer: "/lts" });
        let said;
        while ((said = posted.find(({ type }) => type === "Open")) === undefined) {
            await new Promise((resolve) => setTimeout(resolve));
        }
        const options = JSON.parse(said.options);
        return [options.partitioned, options.origin, options.licenseServer];
    }"""
    framed = tab.frames[1]
    framed.wait_for_function("() => window.isReady === true")
    shop_a, shop_b = bundle_site.shop_a, bundle_site.shop_b
    assert tab.evaluate(opened) == [False, shop_a.origin, [shop_a.url("/lts")]]
    assert framed.evaluate(opened) == [True, shop_b.origin, [shop_b.url("/lts")]]
