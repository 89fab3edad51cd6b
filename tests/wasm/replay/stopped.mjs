// Starts the baked runtime of a bundle under Node, and stops it in the middle of a call, as the end of a stack does.
//
//   node stopped.mjs BUNDLE
//
// Prints what each of these calls ends with, as JSON: one that Python takes, one that it raises an error at, another
// that it takes, one in which it is stopped, and one after that.
import { startBaked } from "../../../web/worker/baked.js";
import { assetsIn } from "./paths.mjs";

const call = await startBaked(assetsIn(process.argv[2]));
const now = { wallMs: 1_700_000_000_000, monotonicMs: 1, random: "ab".repeat(64) };
const options = {
  handshakeCode: "c",
  licenseServer: ["https://lts.test"],
  origin: "https://shop.test",
  partitioned: false,
};
const opened = JSON.stringify({ tracker: "t", now, input: { type: "TrackerOpened", options } });
const joined = JSON.stringify({ tracker: "t", now, input: { type: "PageJoined", page: "p" } });

/** @param {string} text */
function ended(text) {
  try {
    return { answer: call(text) };
  } catch (error) {
    return { name: error.name, message: error.message };
  }
}

const taken = [ended(opened), ended("{"), ended(joined)];
const { get } = WebAssembly.Table.prototype;
WebAssembly.Table.prototype.get = () => {
  WebAssembly.Table.prototype.get = get;
  throw new RangeError("no stack is left");
};
console.log(JSON.stringify([...taken, ended(joined), ended(joined)]));
