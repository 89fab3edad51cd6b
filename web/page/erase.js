/** @file Deletes all that dlt-web has stored on this origin. */

import { deleteDatabase } from "../forget.js";
import { JOURNAL_NAME } from "../journal.js";
import { TrackerError } from "./errors.js";

/** As the worker's store names it. */
const STORE_NAME = "dlt-web";

/** Safari may never answer; whoever waits for the end shall hear of it. */
export const ANSWER_WAIT_MS = 15_000;

/**
 * @returns {Promise<void>} once both databases are empty, and gone unless a frozen tab still has one open
 * @throws {TrackerError} `STORE_FAILED`: the browser says no, so they may still be there
 */
export async function eraseAll() {
  try {
    const names = globalThis.indexedDB === undefined ? [] : [STORE_NAME, JOURNAL_NAME];
    const deleted = Promise.all(names.map((name) => deleteDatabase(name)));
    await Promise.race([
      deleted,
      new Promise((_, reject) => {
        setTimeout(() => reject(new Error(`no answer within ${ANSWER_WAIT_MS / 1000} s`)), ANSWER_WAIT_MS);
      }),
    ]);
  } catch (error) {
    throw new TrackerError(
      "STORE_FAILED",
      `What is stored on this origin could not be deleted (${error}). Nothing is counted or sent any more; call revoke() ` +
        "again, or delete the site's data in the browser's settings.",
    );
  }
}
