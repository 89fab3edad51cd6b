/** The contract of stores, in memory. */

import test from "node:test";
import { MemoryStore } from "../../web/worker/store.js";
import { CASES } from "./store_contract.js";

for (const [name, run] of Object.entries(CASES)) {
  test(name, async () => {
    const store = new MemoryStore();
    await run(() => store, "memory");
  });
}
