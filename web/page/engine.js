/** @file What only a tracker at work needs: loaded when the page has nothing else to do, or with the first scan. */

export { eraseAll } from "./erase.js";
export { Runtime } from "./runtime.js";
export { Work } from "./work.js";
