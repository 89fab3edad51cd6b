/** @file Runs the core's tests in the baked runtime. */

import { runBaked } from "./run_baked.js";

try {
  const { isDone, printed, fetchedLater } = await runBaked("/packed/program.py");
  const lines = printed.trimEnd().split("\n");
  self.postMessage({ report: isDone ? { ...JSON.parse(lines.at(-1) ?? ""), fetchedLater } : { output: printed } });
} catch (error) {
  self.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}
