/**
 * @file Random histories of several clients of one database, beside a model of it: records under a revision, changed by
 * compare-and-swap.
 */

import { IndexedDbStore } from "../worker/store.js";

const CLIENT_COUNT = 4;
const KEYS = ["a", "b", "c"];
/** So that a history goes beyond what the log may hold, some clients commit so often in a row, at most. */
const MAX_ROW = 150;
/** Each as often as it stands here. */
const ACTIONS = [
  "commit",
  "commit",
  "commit",
  "commit",
  "row",
  "load",
  "newClient",
  "unseen",
  "undone",
  "lostConnection",
];

/**
 * @param {{ databaseName: string, seed: number, steps: number }} given
 * @returns {Promise<string[]>} what was otherwise than in the model, with the step
 */
export async function wrongInHistory({ databaseName, seed, steps }) {
  const random = below(seed);
  const model = { revision: 0, records: {} };
  const newClient = () => ({ store: new IndexedDbStore({ databaseName }), known: null });
  const clients = Array.from({ length: CLIENT_COUNT }, newClient);
  const wrong = [];

  const expect = (what, found, wanted) => {
    if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(wanted))) {
      wrong.push(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
    }
  };
  const load = async (client, what) => {
    const { revision, records } = await client.store.load();
    expect(what, { revision, records }, model);
    client.known = { revision, records };
  };
  const commit = async (client, what) => {
    const put = { [KEYS[random(KEYS.length)]]: random(1000), n: model.revision };
    const change = {
      expectedRevision: client.known.revision,
      put,
      delete: random(4) === 0 ? KEYS.filter((key) => !(key in put)).slice(random(2)) : [],
      isStrict: random(10) === 0,
    };
    const isNext = change.expectedRevision === model.revision;
    if (isNext) {
      model.revision += 1;
      model.records = { ...model.records, ...put };
      for (const key of change.delete) {
        delete model.records[key];
      }
    }
    const outcome = await client.store.commit(change);
    const { revision } = model;
    expect(what, outcome, isNext ? { applied: true, revision } : { applied: false, ...model });
    client.known = structuredClone(model);
  };

  for (let step = 0; step < steps && wrong.length === 0; step += 1) {
    const at = random(CLIENT_COUNT);
    const action = ACTIONS[random(ACTIONS.length)];
    const what = `seed ${seed}, step ${step}, client ${at}, ${action}`;
    if (action === "newClient") {
      clients[at].store.close();
      clients[at] = newClient();
    }
    const client = clients[at];
    if (client.known === null || action === "load") {
      await load(client, what);
    } else if (action === "lostConnection") {
      client.store.close();
    } else if (action === "unseen" || action === "undone") {
      await endingUnseen(action === "undone", () => commit(client, what));
    } else {
      for (let left = action === "row" ? 1 + random(MAX_ROW) : 1; left > 0; left -= 1) {
        await commit(client, what);
      }
    }
  }
  for (const client of clients) {
    await load(client, `seed ${seed}, at the end`);
    client.store.close();
  }
  return wrong;
}

/**
 * Hides the end of the next transaction from whoever runs it, as a connection does that breaks.
 *
 * @param {boolean} isUndone whether it does not reach the disk
 * @param {() => Promise<void>} run
 */
async function endingUnseen(isUndone, run) {
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...given) {
    IDBDatabase.prototype.transaction = transaction;
    const made = transaction.apply(this, given);
    Object.defineProperty(made, "oncomplete", {
      set: () => made.addEventListener("complete", () => made.onabort?.(new Event("abort"))),
    });
    if (isUndone) {
      made.commit = () => {};
      queueMicrotask(() => made.abort());
    }
    return made;
  };
  try {
    await run();
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
}

/**
 * @param {number} seed
 * @returns {(limit: number) => number} random whole numbers below a limit, the same for the same seed (mulberry32)
 */
function below(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function sorted(value) {
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
