/** Signs the stand-in's auth tokens, and makes its report tokens, with keys that the browser made for it. */

/**
 * @typedef {object} Keys as they are kept; in this browser only
 * @property {string} id
 * @property {JsonWebKey | null} signing null where the browser's WebCrypto has no Ed25519: it checks no token then
 * @property {string} reportSecret base64url
 */

/** A browser without Ed25519 looks at no signature, but the form is the same. */
const NO_SIGNATURE = new Uint8Array(64);
const NO_POINT = base64url(new Uint8Array(32));

/** @param {Crypto} crypto @returns {Promise<Keys>} */
export async function makeKeys(crypto) {
  const id = hex(crypto.getRandomValues(new Uint8Array(8)));
  const reportSecret = base64url(crypto.getRandomValues(new Uint8Array(32)));
  try {
    const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]));
    return { id, signing: await crypto.subtle.exportKey("jwk", pair.privateKey), reportSecret };
  } catch {
    return { id, signing: null, reportSecret };
  }
}

/** @param {Keys} keys what `/.well-known/jwks.json` says */
export function publicKeys({ id, signing }) {
  return { keys: [{ crv: "Ed25519", x: signing?.x ?? NO_POINT, kty: "OKP", kid: id, use: "sig", alg: "EdDSA" }] };
}

/** @param {Crypto} crypto @param {Keys} keys @param {object} claims @returns {Promise<string>} a compact JWS */
export async function sign({ subtle }, { id, signing }, claims) {
  const header = { alg: "EdDSA", kid: id, typ: "dlt-auth+jwt" };
  const signed = [header, claims].map((part) => base64url(bytesOf(JSON.stringify(part)))).join(".");
  if (signing === null) return `${signed}.${base64url(NO_SIGNATURE)}`;
  const key = await subtle.importKey("jwk", signing, "Ed25519", false, ["sign"]);
  return `${signed}.${base64url(new Uint8Array(await subtle.sign("Ed25519", key, bytesOf(signed))))}`;
}

/** @param {Crypto} crypto @param {Keys} keys @param {string} code @param {string} device */
export async function reportToken({ subtle }, { id, reportSecret }, code, device) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", bytesOf(reportSecret), algorithm, false, ["sign"]);
  return `rt1.${id}.${base64url(new Uint8Array(await subtle.sign("HMAC", key, bytesOf(`${code}\n${device}`))))}`;
}

/**
 * @param {Crypto} crypto
 * @param {Keys} keys
 * @param {string | null} token
 * @param {string} code
 * @param {string} device
 * @returns {Promise<"good" | "bad" | "stale">} stale: well formed, and made with a key that is not known
 */
export async function judgeReportToken(crypto, keys, token, code, device) {
  const parts = /^rt1\.([0-9a-f]{16})\.[\w-]{43}$/.exec(token ?? "");
  if (!parts) return "bad";
  if (parts[1] !== keys.id) return "stale";
  return token === (await reportToken(crypto, keys, code, device)) ? "good" : "bad";
}

/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array} bytes */
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
