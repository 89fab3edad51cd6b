/**
 * @file SHA-256 without waiting, for the one file that is needed in the middle of a call: WebCrypto only promises, and is
 * missing outside secure contexts.
 *
 * FIPS 180-4, https://doi.org/10.6028/NIST.FIPS.180-4
 */

const BLOCK_BYTES = 64;
const ROUNDS = 64;

/**
 * The first 32 bits of what comes after the point in the roots of the first primes.
 *
 * @param {number} count
 * @param {number} power of the root
 */
function rootsOfPrimes(count, power) {
  const words = new Uint32Array(count);
  let filled = 0;
  for (let candidate = 2; filled < count; candidate += 1) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
      isPrime &&= candidate % divisor !== 0;
    }
    if (isPrime) {
      words[filled] = (candidate ** power % 1) * 2 ** 32;
      filled += 1;
    }
  }
  return words;
}

const ROUND_WORDS = rootsOfPrimes(ROUNDS, 1 / 3);
const START = rootsOfPrimes(8, 1 / 2);

/**
 * @param {Uint8Array} bytes
 * @returns {string} base64
 */
export function sha256(bytes) {
  const state = START.slice();
  const whole = bytes.length - (bytes.length % BLOCK_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole; at += BLOCK_BYTES) {
    mix(state, view, at);
  }
  const rest = new Uint8Array(bytes.length % BLOCK_BYTES < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES);
  rest.set(bytes.subarray(whole));
  rest[bytes.length % BLOCK_BYTES] = 0x80;
  const end = new DataView(rest.buffer);
  end.setBigUint64(rest.length - 8, 8n * BigInt(bytes.length));
  for (let at = 0; at < rest.length; at += BLOCK_BYTES) {
    mix(state, end, at);
  }
  return btoa(
    String.fromCharCode(
      ...[...state].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word].map((byte) => byte & 0xff)),
    ),
  );
}

const words = new Int32Array(ROUNDS);

/**
 * @param {Uint32Array} state
 * @param {DataView} view
 * @param {number} at where the block begins
 */
function mix(state, view, at) {
  for (let index = 0; index < 16; index += 1) {
    words[index] = view.getInt32(at + 4 * index);
  }
  for (let index = 16; index < ROUNDS; index += 1) {
    const [near, far] = [words[index - 2], words[index - 15]];
    const fromNear = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
    const fromFar = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
    words[index] = fromNear + words[index - 7] + fromFar + words[index - 16];
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let index = 0; index < ROUNDS; index += 1) {
    const chosen = (e & f) ^ (~e & g);
    const most = (a & b) ^ (a & c) ^ (b & c);
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + ROUND_WORDS[index] + words[index]) | 0;
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] += word;
  });
}

/**
 * @param {number} word
 * @param {number} bits
 */
function turn(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}
