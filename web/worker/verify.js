/** @file Checks the signature of a token with WebCrypto. What the token says is none of its business. */

/** @typedef {"valid" | "invalid" | "unsupported"} Verdict */

const ALGORITHM = { name: "Ed25519" };

/** Names of the one accepted algorithm in a JWS header: RFC 8037's, and RFC 9864's. */
const HEADER_ALGORITHMS = ["EdDSA", "Ed25519"];

/**
 * Checks a compact JWS against the key of a JSON Web Key Set that its `kid` names; never rejects.
 *
 * @param {string} token
 * @param {unknown} keys `{"keys": [...]}`
 * @returns {Promise<Verdict>} `unsupported` where the platform has no WebCrypto (no secure context) or no Ed25519
 */
export async function verify(token, keys) {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    return "unsupported";
  }
  try {
    const [header, payload, signature, ...rest] = token.split(".");
    const { alg, kid } = JSON.parse(new TextDecoder().decode(fromBase64Url(header)));
    const jwk = keysOf(keys).find((one) => one.kid === kid && one.kty === "OKP" && one.crv === "Ed25519");
    if (rest.length > 0 || jwk === undefined || !HEADER_ALGORITHMS.includes(alg)) {
      return "invalid";
    }
    const publicKey = { kty: "OKP", crv: "Ed25519", x: jwk.x };
    const key = await subtle.importKey("jwk", publicKey, ALGORITHM, false, ["verify"]);
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    return (await subtle.verify(ALGORITHM, key, fromBase64Url(signature), signed)) ? "valid" : "invalid";
  } catch (error) {
    return error instanceof DOMException && error.name === "NotSupportedError" ? "unsupported" : "invalid";
  }
}

/**
 * @param {unknown} keySet
 * @returns {JsonWebKeyOfSet[]}
 *
 * @typedef {{ kid?: string, kty?: string, crv?: string, x?: string }} JsonWebKeyOfSet
 */
function keysOf(keySet) {
  const keys = /** @type {{ keys?: unknown } | null} */ (keySet)?.keys;
  return Array.isArray(keys) ? keys : [];
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function fromBase64Url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
