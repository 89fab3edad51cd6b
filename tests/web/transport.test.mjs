/** One request against a real server. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { send } from "../../web/worker/transport.js";

const seen = [];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    seen.push({ method: request.method, headers: request.headers, body });
    ANSWERS[request.url]?.(response);
  });
});
const ANSWERS = {
  "/ok": (response) => response.writeHead(200).end('{"a":"é"}'),
  "/busy": (response) => response.writeHead(503, { "retry-after": "7" }).end("later"),
  "/redirect": (response) => response.writeHead(302, { location: "/ok" }).end(),
  "/huge": (response) => response.writeHead(200).end(Buffer.alloc(1024 * 1024 + 1, 120)),
  "/silent": () => {},
  "/cut": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  },
};
let base = "";

before(
  () =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        base = `http://127.0.0.1:${server.address().port}`;
        resolve();
      });
    }),
);
after(() => {
  server.closeAllConnections();
  server.close();
});

const command = (path, more = {}) => ({
  request: 4,
  method: "POST",
  url: base + path,
  body: { x: 1 },
  timeoutMs: 5000,
  ...more,
});

test("an answer comes back whole, and the request said what it must", async () => {
  assert.deepEqual(await send(command("/ok")), {
    type: "HttpAnswered",
    request: 4,
    status: 200,
    retryAfter: null,
    body: '{"a":"é"}',
  });
  const { method, headers, body } = seen.at(-1);
  assert.deepEqual([method, headers["content-type"], body], ["POST", "application/json", '{"x":1}']);
  assert.equal(headers.referer, undefined);
  assert.equal(headers.cookie, undefined);
});

test("a request without a body has no content type", async () => {
  await send(command("/ok", { method: "GET", body: null }));
  assert.equal(seen.at(-1).headers["content-type"], undefined);
});

test("Retry-After is passed on", async () => {
  const { status, retryAfter, body } = await send(command("/busy"));
  assert.deepEqual([status, retryAfter, body], [503, "7", "later"]);
});

test("a redirect is not followed", async () => {
  const count = seen.length;
  assert.equal((await send(command("/redirect"))).status, 302);
  assert.equal(seen.length, count + 1);
});

for (const [path, reason] of [
  ["/huge", /longer than 1048576 bytes/],
  ["/silent", /no answer within 80 ms/],
  ["/cut", /./],
]) {
  test(`${path} is a failure with a reason`, async () => {
    const timeoutMs = path === "/silent" ? 80 : 5000;
    const answer = await send(command(path, { timeoutMs }));
    assert.equal(answer.type, "HttpFailed");
    assert.match(answer.reason, reason);
  });
}

test("no server, no such name, no TLS where it is asked for, and no URL, are failures", async () => {
  const withoutTls = base.replace("http:", "https:");
  for (const url of ["http://127.0.0.1:1/", "http://lts.invalid/", withoutTls, "http://", "no url"]) {
    const answer = await send(command("/ok", { url }));
    assert.deepEqual([answer.type, answer.request], ["HttpFailed", 4]);
  }
});

test("a closed tracker's request ends", async () => {
  const gone = new AbortController();
  const answer = send(command("/silent"), gone.signal);
  gone.abort(new Error("the tracker was closed"));
  assert.match((await answer).reason, /the tracker was closed/);
});

test("a browser that says it is offline is not believed: it is wrong in many a network", async (t) => {
  const known = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { onLine: false }, configurable: true });
  t.after(() => Object.defineProperty(globalThis, "navigator", known));
  assert.equal((await send(command("/ok"))).status, 200);
});
