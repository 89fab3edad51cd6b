/** The dashboard's way to the server: tokens, versions, pages, sessions that are over, and a server that is away. */

import assert from "node:assert/strict";
import test from "node:test";
import { Api, nextOf, Refused, Unreachable } from "../../web/dashboard/api.js";

const SESSION = { key: "ops", scope: "manage", csrfToken: "t0ken", hostBound: false, expiresAt: "x", serverTime: "x" };
const OVER = [401, { code: "SESSION_EXPIRED", detail: "This session is over. Sign in again to go on." }];

/** Answers requests in turn; keeps what was asked for. */
function platform(answers, signInAgain = async () => assert.fail("nobody was to sign in")) {
  const asked = [];
  const fetch = async (path, options) => {
    asked.push({ path, ...options });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const [status, body, headers = {}] = answer;
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  const api = new Api({ fetch, isSecure: false, signInAgain: (why) => signInAgain(api, why) });
  return { api, asked };
}

test("a change carries the session's token and the version that was seen; a read carries neither", async () => {
  const { api, asked } = platform([
    [201, SESSION],
    [200, []],
    [200, {}],
  ]);
  await api.signIn("dlt_admin_x");
  await api.get("/v1/admin/licenses");
  await api.change("PATCH", "/v1/admin/licenses/A", { quota: 1 }, "0123456789abcdef");
  assert.deepEqual(
    asked.map(({ method, headers }) => [method, headers["X-CSRF-Token"], headers["If-Match"]]),
    [
      ["POST", undefined, undefined],
      ["GET", undefined, undefined],
      ["PATCH", "t0ken", '"0123456789abcdef"'],
    ],
  );
  assert.ok(asked.every(({ credentials, redirect }) => credentials === "same-origin" && redirect === "error"));
});

test("a session that is over is begun anew, once for all who wait, and nothing is lost", async () => {
  const whys = [];
  const signInAgain = async (api, why) => {
    whys.push(why);
    await api.signIn("dlt_admin_x");
  };
  const { api, asked } = platform(
    [OVER, OVER, [201, { ...SESSION, csrfToken: "fresh" }], [200, 1], [200, 2]],
    signInAgain,
  );
  api.session = SESSION;
  const answers = await Promise.all([
    api.change("PATCH", "/v1/admin/licenses/A", { quota: 7 }, "0123456789abcdef"),
    api.get("/v1/admin/licenses"),
  ]);
  assert.deepEqual(whys, ["This session is over. Sign in again to go on."]);
  assert.deepEqual(answers.map(({ data }) => data).sort(), [1, 2]);
  const again = asked.filter(({ method }) => method === "PATCH");
  assert.deepEqual(
    again.map(({ body, headers }) => [body, headers["X-CSRF-Token"]]),
    [
      ['{"quota":7}', "t0ken"],
      ['{"quota":7}', "fresh"],
    ],
  );
});

test("a request that was under way while somebody signed in is simply sent again", async () => {
  const { api, asked } = platform([OVER, [200, '"good"']]);
  const asking = api.get("/v1/admin/licenses");
  api.session = SESSION;
  assert.equal((await asking).data, "good");
  assert.equal(asked.length, 2);
});

test("a wrong key and a page that was never signed in ask nobody to sign in again", async () => {
  const { api } = platform([
    [401, { code: "ADMIN_KEY_REQUIRED", detail: "Administration needs a bearer key of this server." }],
    OVER,
    [200, SESSION],
  ]);
  await assert.rejects(api.signIn("wrong"), (error) => error instanceof Refused && error.code === "ADMIN_KEY_REQUIRED");
  assert.equal(await api.resume(), null);
  assert.deepEqual(await api.resume(), SESSION);
});

test("a refusal keeps its code, its sentence and how long to wait", async () => {
  const { api } = platform([[429, { code: "RATE_LIMITED", detail: "Too many." }, { "Retry-After": "3" }]]);
  await assert.rejects(api.get("/x"), (error) => {
    assert.deepEqual([error.status, error.code, error.message, error.waitS], [429, "RATE_LIMITED", "Too many.", 3]);
    return true;
  });
});

test("no answer, or a proxy's page in its place, is a server that is not reached", async () => {
  const { api } = platform([new TypeError("Failed to fetch"), [502, "<h1>Bad gateway</h1>"], [200, "<h1>Portal</h1>"]]);
  for (let time = 0; time < 3; time += 1) await assert.rejects(api.get("/x"), Unreachable);
});

test("the next page is the one that Link names", () => {
  assert.equal(nextOf('</v1/admin/devices?after=c/u&limit=2>; rel="next"'), "/v1/admin/devices?after=c/u&limit=2");
  assert.equal(nextOf(null), null);
  assert.equal(nextOf('</x>; rel="prev"'), null);
});

/** A server whose sessions work as the real one's: a sign-in ends the session that the jar's cookie stands for. */
function oneJar() {
  const sent = [];
  let session = null;
  let begun = 0;
  const answer = (status, body) => new Response(JSON.stringify(body), { status });
  const fetch = async (path, { method, headers, body }) => {
    sent.push([method, path]);
    if (method === "POST" && path === "/v1/session") {
      begun += 1;
      session = { ...SESSION, key: JSON.parse(body).key, csrfToken: `token ${begun}` };
      return answer(201, session);
    }
    if (method === "GET" && path === "/v1/session") return answer(200, session);
    if (!session) return answer(...OVER);
    if (method !== "GET" && headers["X-CSRF-Token"] !== session.csrfToken)
      return answer(403, { code: "CSRF_REFUSED", detail: "Load the dashboard again." });
    if (path === "/v1/session") session = null;
    return answer(200, body ? JSON.parse(body) : {});
  };
  const tab = (signInAgain = async () => assert.fail("nobody was to sign in")) => {
    const api = new Api({ fetch, isSecure: false, signInAgain: (why) => signInAgain(api, why) });
    return api;
  };
  return { tab, sent, session: () => session };
}

test("a tab goes on when another one of its browser has signed in with the same key", async () => {
  const { tab, sent } = oneJar();
  const [first, second] = [tab(), tab()];
  await first.signIn("ops");
  await second.signIn("ops");
  const changed = await Promise.all([
    first.change("PATCH", "/v1/admin/licenses/A", { quota: 7 }),
    first.change("PATCH", "/v1/admin/licenses/B", { quota: 8 }),
  ]);
  assert.deepEqual(
    changed.map(({ data }) => data.quota),
    [7, 8],
  );
  assert.equal(sent.filter(([method, path]) => method === "GET" && path === "/v1/session").length, 1);
  assert.equal(first.session?.csrfToken, second.session?.csrfToken);
});

test("a tab asks for its key again when another one has signed in with another key", async () => {
  const { tab } = oneJar();
  const whys = [];
  const first = tab(async (api, why) => {
    whys.push(why);
    await api.signIn("ops");
  });
  await first.signIn("ops");
  await tab().signIn("eyes");
  assert.deepEqual((await first.change("PATCH", "/v1/admin/licenses/A", { quota: 7 })).data, { quota: 7 });
  assert.deepEqual(whys, ["Another tab of this browser has signed in as eyes."]);
});

test("whoever signs out in one tab is out, whichever tab began the session", async () => {
  for (const other of ["ops", "eyes"]) {
    const { tab, session } = oneJar();
    const first = tab();
    await first.signIn("ops");
    await tab().signIn(other);
    await first.signOut();
    assert.deepEqual([first.session, session()], [null, null]);
  }
});

test("a refusal that no token mends is told, not tried for ever", async () => {
  const refused = [403, { code: "CSRF_REFUSED", detail: "Load the dashboard again." }];
  const { api } = platform([refused, [200, SESSION]]);
  api.session = SESSION;
  await assert.rejects(api.change("POST", "/x"), (error) => error instanceof Refused && error.code === "CSRF_REFUSED");
});

test("a sign-out that failed is told", async () => {
  const { api } = platform([new TypeError("Failed to fetch")]);
  api.session = SESSION;
  await assert.rejects(api.signOut(), Unreachable);
  assert.equal(api.session, SESSION);
});

test("over HTTPS no session is taken up whose cookie may be planted", async () => {
  const { api } = platform([
    [200, SESSION],
    [200, { ...SESSION, hostBound: true }],
  ]);
  api.isSecure = true;
  assert.equal(await api.resume(), null);
  assert.equal((await api.resume())?.key, "ops");
});

test("a change that was under way is never made under another key, nor with another scope, unasked", async () => {
  for (const other of [
    { ...SESSION, key: "bob", csrfToken: "bobs" },
    { ...SESSION, scope: "read", csrfToken: "less" },
  ]) {
    const { api, asked } = platform([OVER, OVER, [201, other], [200, '"read"']], (one) => one.signIn("another key"));
    api.session = SESSION;
    const change = assert.rejects(api.change("POST", "/v1/admin/licenses/A/revoke"), {
      code: "OTHER_KEY",
      message: `You are signed in as ${other.key}, scope ${other.scope}, and no more as ops. Nothing was changed: look at it, and press again.`,
    });
    const read = api.get("/v1/admin/licenses");
    await change;
    assert.equal((await read).data, "read");
    assert.equal(asked.filter(({ path }) => path.endsWith("revoke")).length, 1);
  }
});
