/** Signatures, with keys made here. */

import assert from "node:assert/strict";
import test from "node:test";
import { verify } from "../../web/worker/verify.js";

const subtle = globalThis.crypto.subtle;
const pair = await subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
const jwk = { ...(await subtle.exportKey("jwk", pair.publicKey)), kid: "key-1" };
const other = await subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
const otherJwk = { ...(await subtle.exportKey("jwk", other.publicKey)), kid: "key-2" };

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function token(header = { alg: "EdDSA", kid: "key-1" }, payload = { sub: "me" }) {
  const signed = `${part(header)}.${part(payload)}`;
  const signature = await subtle.sign({ name: "Ed25519" }, pair.privateKey, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

test("a token signed by the key that its kid names is valid", async () => {
  assert.equal(await verify(await token(), { keys: [otherJwk, jwk] }), "valid");
  assert.equal(await verify(await token({ alg: "Ed25519", kid: "key-1" }), { keys: [jwk] }), "valid");
});

test("a changed token, a wrong key and an unknown key are invalid", async () => {
  const good = await token();
  const [header, , signature] = good.split(".");
  assert.equal(await verify(`${header}.${part({ sub: "you" })}.${signature}`, { keys: [jwk] }), "invalid");
  assert.equal(await verify(good, { keys: [{ ...otherJwk, kid: "key-1" }] }), "invalid");
  assert.equal(await verify(good, { keys: [otherJwk] }), "invalid");
});

test("another algorithm is invalid, 'none' above all", async () => {
  for (const alg of ["none", "HS256", undefined]) {
    assert.equal(await verify(await token({ alg, kid: "key-1" }), { keys: [jwk] }), "invalid");
  }
});

test("what is no token, or no key set, is invalid", async () => {
  for (const text of ["", "a", "a.b", "a.b.c", "a.b.c.d", "!.!.!", `${await token()}.x`]) {
    assert.equal(await verify(text, { keys: [jwk] }), "invalid");
  }
  for (const keys of [null, undefined, [], {}, { keys: {} }, { keys: [{ ...jwk, x: "short" }] }]) {
    assert.equal(await verify(await token(), keys), "invalid");
  }
});

test("a platform without WebCrypto or without Ed25519 says unsupported", async () => {
  const good = await token();
  const refuse = { importKey: () => Promise.reject(new DOMException("no Ed25519", "NotSupportedError")) };
  for (const without of [{}, { subtle: refuse }]) {
    const real = Object.getOwnPropertyDescriptor(globalThis, "crypto");
    Object.defineProperty(globalThis, "crypto", { value: without, configurable: true });
    try {
      assert.equal(await verify(good, { keys: [jwk] }), "unsupported");
    } finally {
      Object.defineProperty(globalThis, "crypto", real);
    }
  }
});
