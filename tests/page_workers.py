"""Scripts for pages under test: which worker a tracker lives in, its death, its clock, and what the page journalled."""

from __future__ import annotations

import json

# The way of browsers that have none: each page starts a worker of its own.
OWN_WORKERS = "delete globalThis.SharedWorker;"
# The two ways, by name, each with the script that takes a page there.
WORKERS = {"shared": "", "own": OWN_WORKERS}


def _with_patched_worker(patch: str) -> str:
    """Return a script that takes a page to a worker of its own, in which another script runs before the tracker's."""
    return f"""
delete globalThis.SharedWorker;
globalThis.Worker = class extends Worker {{
    constructor(url, options) {{
        const patch = encodeURIComponent({json.dumps(patch)});
        const script = `import "data:text/javascript,${{patch}}"; import ${{JSON.stringify(url)}};`;
        super(URL.createObjectURL(new Blob([script], {{ type: "text/javascript" }})), options);
    }}
}};
"""


# A worker of the page's own that refuses the first module it is to compile.
REFUSE_FIRST_MODULE = _with_patched_worker("""
const { compile } = WebAssembly;
WebAssembly.compile = () => {
    WebAssembly.compile = compile;
    return Promise.reject(new Error("no such instruction"));
};
""")


def stop_python(after: int) -> str:
    """Return a script that takes a page to a worker of its own, whose Python stops in the middle of a call, once.

    It is stopped when it calls a function by way of JavaScript for the given time, as if the stack had come to its end.
    A first scan makes 50 such calls, its tracker's start 300.
    """
    return _with_patched_worker(f"""
const {{ get }} = WebAssembly.Table.prototype;
let left = {after};
WebAssembly.Table.prototype.get = function (at) {{
    left -= 1;
    if (left === 0) throw new RangeError("Maximum call stack size exceeded");
    return get.call(this, at);
}};
""")


# Lets a page's SharedWorker be deaf and dumb to it, as if its process had died, which browsers tell nobody; the next
# one is another, unless every one is killed. How long the page then has patience, twice five seconds, is shortened from
# there on, and only there.
MORTAL = """
{
    const { postMessage } = MessagePort.prototype;
    const dead = new WeakSet();
    const ports = [];
    const Platform = globalThis.SharedWorker;
    const { setTimeout } = globalThis;
    let lives = 0;
    globalThis.SharedWorker = class {
        constructor(url, options) {
            const worker = new Platform(url, { ...options, name: `${options.name} life ${lives}` });
            ports.push(worker.port);
            const { addEventListener } = worker.port;
            worker.port.addEventListener = (type, listener) => addEventListener.call(worker.port, type, (event) => {
                if (!dead.has(worker.port)) listener(event);
            });
            return worker;
        }
    };
    MessagePort.prototype.postMessage = function (...given) {
        if (!dead.has(this)) postMessage.apply(this, given);
    };
    globalThis.setTimeout = (run, ms, ...given) =>
        setTimeout.call(globalThis, run, lives > 0 && ms === 5000 ? 2000 : ms, ...given);
    globalThis.killWorker = (life = lives + 1) => {
        lives = life;
        ports.forEach((port) => dead.add(port));
    };
    globalThis.killEveryWorker = () => {
        killWorker();
        ports.push = (port) => dead.add(port);
    };
}
"""
# What a page scans from then on it scans at one moment, where it says no other: what was seen is remembered, as long as
# it takes a busy machine to get to the next one.
STOP_CLOCK = "() => { const now = performance.now(); performance.now = () => now; }"
# How many calls are journalled on disk.
JOURNAL_SIZE = """() => new Promise((resolve) => {
    const opening = indexedDB.open("dlt-web-journal");
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve(0);
    opening.onsuccess = () => {
        const count = opening.result.transaction("calls").objectStore("calls").count(IDBKeyRange.lowerBound([]));
        count.onsuccess = () => { opening.result.close(); resolve(count.result); };
    };
})"""


def clock_ahead(ms: int) -> str:
    """Return a script after which the wall clock of a page, or of a worker, is so much ahead."""
    return f"""
{{
    const Platform = Date;
    globalThis.Date = class extends Platform {{
        constructor(...given) {{
            super(...(given.length > 0 ? given : [Platform.now() + {ms}]));
        }}

        static now() {{
            return Platform.now() + {ms};
        }}
    }};
}}
"""
