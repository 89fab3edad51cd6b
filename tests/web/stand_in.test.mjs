import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { book, sum, total } from "../../web/tryout/stand-in/books.js";
import { publicKeys } from "../../web/tryout/stand-in/keys.js";
import { StandIn } from "../../web/tryout/stand-in/server.js";
import { verify } from "../../web/worker/verify.js";

const VECTORS = JSON.parse(readFileSync(new URL("../vectors/reports.json", import.meta.url), "utf8"));
const UUID = "00000000-0000-4000-8000-000000000001";

for (const { name, requests, outcomes, scans, missingNumbers } of VECTORS) {
  test(`the stand-in answers as the license server does: ${name}`, () => {
    const streams = new Map();
    let counted = {};
    const answered = requests.map(({ stream, reports }) => {
      const entries = reports.map(({ slotIndex, ...report }) => ({ ...report, slot: String(slotIndex) }));
      const booked = book(streams.get(stream) ?? null, entries);
      if (booked.stream) streams.set(stream, booked.stream);
      for (const { counts } of booked.additions) counted = sum(counted, counts);
      return booked.results.map(({ outcome }) => outcome);
    });
    assert.deepEqual(answered, outcomes);
    assert.equal(total(counted), scans);
    const missing = [...streams.values()].reduce((all, stream) => all + stream.missingNumbers, 0);
    assert.equal(missing, missingNumbers);
  });
}

/** @returns a stand-in over memory, whose saved books are copies as IndexedDB's are */
function standIn({ crypto = globalThis.crypto, shelf } = {}) {
  let kept = null;
  const memory = {
    load: async () => structuredClone(kept),
    save: async (books) => {
      kept = structuredClone(books);
    },
  };
  return new StandIn({ shelf: shelf ?? memory, crypto, now: () => 1_795_514_580_000 });
}

const authorize = (server, handshakeCode = "try-it") =>
  server.answer({
    method: "POST",
    path: "/v1/authorizations",
    text: JSON.stringify({ handshakeCode, deviceUuid: UUID }),
    origin: "https://docs.example",
  });
const keysOf = async (server) =>
  (await server.answer({ method: "GET", path: "/.well-known/jwks.json", text: "", origin: "" })).body;

test("its tokens are good for the tracker's own check, and an altered one is not", async () => {
  const server = standIn();
  const { body } = await authorize(server);
  assert.equal(await verify(body.token, await keysOf(server)), "valid");
  const [header, , signature] = body.token.split(".");
  assert.equal(await verify(`${header}.${btoa("{}")}.${signature}`, await keysOf(server)), "invalid");
});

test("where the browser has no Ed25519, it authorizes all the same, and hands out no key that could sign", async () => {
  const subtle = {
    generateKey: async () => {
      throw new DOMException("none", "NotSupportedError");
    },
    importKey: (...given) => crypto.subtle.importKey(...given),
    sign: (...given) => crypto.subtle.sign(...given),
  };
  const getRandomValues = (bytes) => crypto.getRandomValues(bytes);
  const server = standIn({ crypto: { subtle, getRandomValues } });
  const { status, body } = await authorize(server);
  assert.equal(status, 201);
  assert.equal(body.token.split(".").length, 3);
  assert.equal((await keysOf(server)).keys[0].x.length, 43);
});

test("nothing secret is handed out", async () => {
  const server = standIn();
  await authorize(server);
  const keys = await keysOf(server);
  assert.deepEqual(Object.keys(keys.keys[0]).sort(), ["alg", "crv", "kid", "kty", "use", "x"]);
  const { body } = await server.answer({ method: "GET", path: "/v1/stand-in", text: "", origin: "" });
  assert.deepEqual(Object.keys(body), ["devices", "scans", "bySymbology", "lost", "unverified", "last"]);
  assert.equal(publicKeys({ id: "a", signing: { x: "X", d: "secret" }, reportSecret: "s" }).keys[0].d, undefined);
});

test("where its storage fails nothing is acknowledged", async () => {
  const load = async () => null;
  const save = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const { status, body } = await authorize(standIn({ shelf: { load, save } }));
  assert.deepEqual([status, body.code], [503, "STORE_UNAVAILABLE"]);
});

test("two requests at once are answered one after the other", async () => {
  const server = standIn();
  const { reportToken, storeEpoch } = (await authorize(server)).body;
  const report = { id: UUID, seq: 1, version: 1, slot: "2026-11-24T10:03:00Z", counts: { qr_code: 2 }, lost: {} };
  const text = JSON.stringify({
    handshakeCode: "try-it",
    deviceUuid: UUID,
    streamId: UUID,
    reportToken,
    storeEpoch,
    storage: "indexeddb",
    sentAt: "2026-11-24T10:03:01Z",
    reports: [report],
  });
  const send = () => server.answer({ method: "POST", path: "/v1/usage-reports", text, origin: "" });
  const answers = await Promise.all([send(), send()]);
  assert.deepEqual(
    answers.map(({ body }) => body.results[0].outcome),
    ["accepted", "duplicate"],
  );
  const { body } = await server.answer({ method: "GET", path: "/v1/stand-in", text: "", origin: "" });
  assert.deepEqual([body.scans, body.devices], [2, 1]);
});
