/** Gives all that the origin of a page has stored, as JSON; bytes are texts of one character each, below `$bytes`. */
async () => {
  const MAX_BYTES = 1024 * 1024;
  let left = 16 * MAX_BYTES;
  const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

  async function contentOf(blob) {
    if (blob.size > Math.min(MAX_BYTES, left)) return { $size: blob.size };
    left -= blob.size;
    return { $bytes: latin1(new Uint8Array(await blob.arrayBuffer())) };
  }

  async function flatten(value) {
    if (value === null || typeof value !== "object") return typeof value === "bigint" ? String(value) : value;
    if (value instanceof Blob) return contentOf(value);
    if (value instanceof ArrayBuffer) return { $bytes: latin1(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) {
      return { $bytes: latin1(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    }
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Map || value instanceof Set) return Promise.all(Array.from(value, flatten));
    if (Array.isArray(value)) return Promise.all(value.map(flatten));
    const pairs = Object.entries(value).map(async ([key, inner]) => [key, await flatten(inner)]);
    return Object.fromEntries(await Promise.all(pairs));
  }

  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  async function databases() {
    const found = {};
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      const stores = {};
      for (const store of database.objectStoreNames) {
        const source = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([done(source.getAllKeys()), done(source.getAll())]);
        stores[store] = await Promise.all(keys.map((key, index) => flatten([key, values[index]])));
      }
      database.close();
      found[name] = stores;
    }
    return found;
  }

  /** Absent outside secure contexts. */
  async function cached() {
    const found = {};
    for (const name of globalThis.caches ? await caches.keys() : []) {
      const cache = await caches.open(name);
      found[name] = [];
      for (const request of await cache.keys()) {
        const answer = await cache.match(request);
        found[name].push([request.url, answer === undefined ? null : await contentOf(await answer.blob())]);
      }
    }
    return found;
  }

  async function filesIn(folder) {
    const found = {};
    for await (const [name, entry] of folder.entries()) {
      // One that is just being written to may not be readable.
      const read = async () => (entry.kind === "directory" ? filesIn(entry) : contentOf(await entry.getFile()));
      found[name] = await read().catch((error) => ({ $unreadable: String(error) }));
    }
    return found;
  }

  /** Absent outside secure contexts, and in private windows of some browsers. */
  async function privateFiles() {
    const root = await navigator.storage?.getDirectory?.().catch(() => undefined);
    return root === undefined ? {} : filesIn(root);
  }

  return JSON.stringify({
    indexedDB: await databases(),
    localStorage: { ...localStorage },
    sessionStorage: { ...sessionStorage },
    cookie: document.cookie,
    caches: await cached(),
    files: await privateFiles(),
    tab: { name: window.name, state: await flatten(history.state) },
  });
}
