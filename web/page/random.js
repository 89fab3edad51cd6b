/** @file Names that nobody else has. */

/** 128 random bits, as text; nothing where a module is only looked at (a server that renders pages). */
export function randomName() {
  if (typeof crypto === "undefined") {
    return "";
  }
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Names this page load: a video stream never spans two. */
export const page = randomName();
