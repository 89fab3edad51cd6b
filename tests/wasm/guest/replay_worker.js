/**
 * @file Plays requests to the baked runtime of a bundle, read and checked as the tracker's worker reads it, and compares
 * each answer with what CPython said.
 */

import { openAssets } from "/worker/assets.js";
import { startBaked } from "/worker/baked.js";
import { answered } from "./answered.js";

// The one thing that a tracker tells of the Python that it runs in.
const PYTHON_VERSION = /"python": "[0-9.]+"/g;
const MOST_TOLD = 5;

const linesOf = async (/** @type {string} */ url) => (await (await fetch(url)).text()).trimEnd().split("\n");
const told = (/** @type {object} */ answer) =>
  JSON.stringify(Object.entries(answer).map(([kind, text]) => [kind, text.replace(PYTHON_VERSION, "")]));

/** @returns {Promise<string>} what the loader knows of the bundle */
async function manifestSha384() {
  const content = await (await fetch("/bundle/manifest.json")).arrayBuffer();
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-384", content))));
}

try {
  const assets = await openAssets(new URL("/bundle/", self.location.href).href, await manifestSha384());
  /** @type {[string, number][]} */
  const fetchedLater = [];
  let number = 0;
  const readNow = (/** @type {string} */ name) => {
    fetchedLater.push([name, number]);
    return assets.readNow(name);
  };
  const call = await startBaked({ ...assets, readNow });
  const [requests, answers] = await Promise.all(
    ["requests", "answers"].map((name) => linesOf(`/packed/${name}.jsonl`)),
  );
  /** @type {string[]} */
  const wrong = [];
  for (const request of requests) {
    const [here, there] = [told(answered(call, request)), told(JSON.parse(answers[number]))];
    if (here !== there) {
      wrong.push(`${request}\n${here}\nin place of\n${there}`);
    }
    number += 1;
  }
  const report = { played: number, expected: answers.length, wrong: wrong.slice(0, MOST_TOLD), fetchedLater };
  self.postMessage({ report });
} catch (error) {
  self.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}
