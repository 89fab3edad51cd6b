/** @file What only a tracker at work needs: loaded when the page has nothing else to do, or with the first scan. */

export { Absence } from "./absence.js";
export { Beacon } from "./beacon.js";
export { carryOut } from "./commands.js";
export { eraseAll } from "./erase.js";
export { Journal } from "./journal.js";
export { watchPage } from "./page-life.js";
export { Runtime } from "./runtime.js";
export { Scans } from "./scans.js";
export { forgetMemoryOf, memoryOf } from "./stream-memory.js";
