/** Releasing devices that were chosen in a list. */
import { Refused } from "./api.js";

/** @param {{ seated: boolean, unseated: boolean }} device */
export const mayBeReleased = ({ seated, unseated }) => seated || unseated;

/**
 * Releases devices one by one, and takes each out of those that are chosen: whoever tries again after a failure goes on
 * where it ended. One that is released already, or was so meanwhile, is done.
 * @param {Set<string>} chosen
 * @param {(uuid: string) => Promise<void>} release
 */
export async function releaseAll(chosen, release) {
  for (const uuid of [...chosen]) {
    // The list is read meanwhile, too, and forgets what somebody else has released.
    if (!chosen.has(uuid)) continue;
    try {
      await release(uuid);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "NOT_FOUND") throw error;
    }
    chosen.delete(uuid);
  }
}
