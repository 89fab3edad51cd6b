/**
 * What every store keeps: run over memory in Node and in browsers, over IndexedDB in browsers.
 *
 * A case gets a function that gives the store under test; each call of it is another client of the same store.
 */

const change = (expectedRevision, put = {}, more = {}) => ({
  expectedRevision,
  put,
  delete: [],
  isStrict: false,
  ...more,
});

function equal(actual, expected) {
  const [found, wanted] = [actual, expected].map((value) => JSON.stringify(sorted(value)));
  if (found !== wanted) {
    throw new Error(`found ${found}, expected ${wanted}`);
  }
}

function sorted(value) {
  if (Array.isArray(value) || typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** @type {Record<string, (client: () => any, storage: string) => Promise<void>>} */
export const CASES = {
  async "a fresh store is empty and at revision 0"(client, storage) {
    equal(await client().load(), { storage, revision: 0, records: {} });
  },

  async "a commit at the expected revision is applied and raises it by one"(client, storage) {
    const store = client();
    await store.load();
    equal(await store.commit(change(0, { a: { n: 1 }, b: [true, null, "é\ud800"] })), { applied: true, revision: 1 });
    equal(await store.commit(change(1, { a: 2 }, { isStrict: true })), { applied: true, revision: 2 });
    equal(await store.load(), { storage, revision: 2, records: { a: 2, b: [true, null, "é\ud800"] } });
  },

  async "an empty commit raises the revision too"(client) {
    const store = client();
    await store.load();
    equal(await store.commit(change(0)), { applied: true, revision: 1 });
  },

  async "a commit from another revision changes nothing and gives what is there"(client) {
    const store = client();
    await store.load();
    await store.commit(change(0, { a: 1 }));
    for (const revision of [0, 2, 99]) {
      equal(await store.commit(change(revision, { a: 9, z: 9 }, { delete: ["a"] })), {
        applied: false,
        revision: 1,
        records: { a: 1 },
      });
    }
  },

  async "keys are removed, also those that are not there"(client, storage) {
    const store = client();
    await store.load();
    await store.commit(change(0, { a: 1, b: 2 }));
    equal(await store.commit(change(1, { c: 3 }, { delete: ["a", "never"] })), { applied: true, revision: 2 });
    equal(await store.load(), { storage, revision: 2, records: { b: 2, c: 3 } });
  },

  async "of two clients that decide from the same revision one is applied"(client) {
    const [first, second] = [client(), client()];
    await first.load();
    await second.load();
    const outcomes = await Promise.all([first.commit(change(0, { by: "x" })), second.commit(change(0, { by: "x" }))]);
    equal(outcomes.map(({ applied }) => applied).sort(), [false, true]);
    equal(outcomes.find(({ applied }) => !applied).records, { by: "x" });
  },

  async "more than a hundred commits go on counting"(client, storage) {
    const store = client();
    await store.load();
    for (let revision = 0; revision < 130; revision += 1) {
      equal(await store.commit(change(revision, { n: revision })), { applied: true, revision: revision + 1 });
    }
    equal(await store.load(), { storage, revision: 130, records: { n: 129 } });
  },

  async "a value changed after the call changes nothing in the store"(client) {
    const store = client();
    await store.load();
    const value = { list: [1] };
    await store.commit(change(0, { value }));
    value.list.push(2);
    const { records } = await store.load();
    records.value.list.push(3);
    equal((await store.load()).records, { value: { list: [1] } });
  },
};

/**
 * Runs all cases and gives the failed ones with their reason.
 *
 * @param {(caseName: string) => () => any} clientsOf gives the client maker of a fresh store
 * @param {string} storage
 * @returns {Promise<string[]>}
 */
export async function failedCases(clientsOf, storage) {
  const failed = [];
  for (const [name, run] of Object.entries(CASES)) {
    try {
      await run(clientsOf(name), storage);
    } catch (error) {
      failed.push(`${name}: ${error}`);
    }
  }
  return failed;
}
