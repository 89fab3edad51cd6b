/** @file Runs Python that wanders into the second file in the baked runtime, and tells what it printed. */

import { runBaked } from "./run_baked.js";

try {
  self.postMessage({ report: await runBaked("/packed/wander.py") });
} catch (error) {
  self.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}
