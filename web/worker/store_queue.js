/**
 * @file The one store under all trackers of the page: its calls go one after another, and what becomes of it is told to
 * all that use it. Each call is answered by exactly one input.
 */

import { MemoryStore, StoreFailedError, StorePurgedError } from "./store.js";

/** @typedef {import("./store.js").Change} Change */
/** @typedef {{ hasBeenPurged?: () => Promise<boolean>, forget?: () => Promise<void> }} OnDisk */
/** @typedef {import("./store.js").Store & OnDisk} SharedStore */
/** @typedef {{ type: string, [field: string]: any }} Input */

/** @template Client a tracker, as whoever feeds it names it */
export class StoreQueue {
  /** @type {SharedStore} */
  #store;
  #onDisk;
  /** @type {string | null} why the store is the worker's memory */
  #failure = null;
  #feed;
  #letGo;
  /** @type {Set<Client>} those that asked what the store holds, and have not heard it */
  #loading = new Set();
  /** @type {Set<Client>} those that know what the store holds */
  #holders = new Set();
  /** @type {Set<Client>} those whose commit is not answered */
  #committing = new Set();
  /** @type {Map<Client, number>} the revision that each knows */
  #revisions = new Map();
  /** Raised when the store is replaced: what was asked of the one before is answered by that news. */
  #age = 0;
  /** @type {Promise<void>} */
  #last = Promise.resolve();
  /** @type {{ client: Client, change: Change | null } | null} a tracker that decides a conflict anew just now */
  #deciding = null;

  /**
   * @param {SharedStore} store
   * @param {(client: Client, input: Input) => void} feed gives a tracker its answer; never throws
   * @param {(clients: Client[]) => void} [letGo] told whose store is found deleted: who of them may not go on with a new
   *   one is forgotten now
   */
  constructor(store, feed, letGo = () => {}) {
    this.#store = store;
    this.#onDisk = store;
    this.#feed = feed;
    this.#letGo = letGo;
  }

  /** @param {Client} client */
  load(client) {
    this.#loading.add(client);
    // Whatever its age: a store that was replaced meanwhile can be loaded as well.
    this.#last = this.#last.then(async () => {
      if (!this.#loading.has(client)) {
        return; // forgotten before its turn: loading would make a database that nobody wants
      }
      try {
        // Reading it takes a new database for the known one; who holds records of the old one must hear of it first.
        if (this.#holders.size > 0 && (await this.#store.hasBeenPurged?.())) {
          await this.#replace(new StorePurgedError("the site's data was deleted"));
        }
        this.#loaded(client, await this.#store.load());
      } catch (error) {
        await this.#replace(error);
        this.#loaded(client, await this.#store.load());
      }
    });
  }

  /**
   * What is decided anew after a conflict keeps its place: two trackers of one page may count its calls, which are known
   * by rising numbers, so none may overtake another.
   *
   * @param {Client} client
   * @param {Change} change
   */
  commit(client, change) {
    this.#committing.add(client);
    if (this.#deciding?.client === client) {
      this.#deciding.change = change;
      return;
    }
    this.#ask(client, async () => {
      /** @type {Change | null} */
      let next = change;
      while (next !== null) {
        next = await this.#commitNow(client, next);
      }
    });
  }

  /**
   * @param {Client} client
   * @param {Change} change
   * @returns {Promise<Change | null>} what the tracker wants instead, where another one was faster
   */
  async #commitNow(client, change) {
    const outcome = await this.#store.commit(change);
    if (outcome.applied) {
      this.#tell(client, { type: "Committed", revision: outcome.revision });
      return null;
    }
    /** @type {{ client: Client, change: Change | null }} */
    const deciding = { client, change: null };
    this.#deciding = deciding;
    this.#tell(client, { type: "CommitConflicted", revision: outcome.revision, records: outcome.records });
    this.#deciding = null;
    return deciding.change;
  }

  /**
   * Tells a tracker what others have written since, as a conflict would. One that has a commit under way learns it by that.
   *
   * @param {Client} client
   * @returns {Promise<void>}
   */
  refresh(client) {
    this.#ask(null, async () => {
      if (await this.#store.hasBeenPurged?.()) {
        return; // a purge is told by the connection that it closes
      }
      const { revision, records } = await this.#store.load();
      if (this.#holders.has(client) && !this.#committing.has(client) && revision !== this.#revisions.get(client)) {
        this.#tell(client, { type: "CommitConflicted", revision, records });
      }
    });
    return this.#last;
  }

  /**
   * @param {Client} client
   * @returns {boolean} whether its commit is under way
   */
  isCommitting(client) {
    return this.#committing.has(client);
  }

  /**
   * A tracker cannot read what the store holds. The store stays as it is, and all trackers of the page go on in memory:
   * two stores under one page would give it two devices.
   *
   * @param {Client} client
   */
  abandon(client) {
    this.#last = this.#last.then(async () => {
      // One that was forgotten before its turn has nothing to go on with.
      if (this.#holders.has(client)) {
        await this.#replace(new StoreFailedError("the stored records are of a newer version, or damaged"));
      }
    });
  }

  /** The connection to the store was closed from outside; finds out why. */
  check() {
    this.#ask(null, async () => {
      // Nobody needs to know where nobody has it; looking would not make a new one, but is a way to the disk.
      if (this.#holders.size > 0 && (await this.#store.hasBeenPurged?.())) {
        throw new StorePurgedError("the site's data was deleted");
      }
    });
  }

  /**
   * Deletes what lies on the disk, after what is under way. Who has it still, and may, goes on with a new store.
   *
   * @returns {Promise<void>} rejects where it cannot be deleted
   */
  erase() {
    const erased = this.#last.then(() => this.#onDisk.forget?.());
    this.#last = erased
      .catch(() => {})
      .then(async () => {
        if (this.#holders.size > 0 && this.#store === this.#onDisk) {
          await this.#replace(new StorePurgedError("the site's data was deleted"));
        }
      });
    return this.#last.then(() => erased);
  }

  /**
   * A worker that all tabs share may live for days: after its last tracker that counted in memory the next one tries the
   * disk again.
   *
   * @param {Client} client
   */
  forget(client) {
    this.#loading.delete(client);
    this.#holders.delete(client);
    this.#committing.delete(client);
    this.#revisions.delete(client);
    this.#last = this.#last.then(() => {
      if (this.#holders.size === 0) {
        this.#store = this.#onDisk;
        this.#failure = null;
      }
    });
  }

  /**
   * Asks something of the store when its turn comes, unless the store was replaced before.
   *
   * @param {Client | null} client whose commit it is
   * @param {() => Promise<void>} run
   */
  #ask(client, run) {
    const age = this.#age;
    this.#last = this.#last.then(async () => {
      if (age === this.#age) {
        try {
          await run();
        } catch (error) {
          await this.#replace(error, client);
        }
      }
    });
  }

  /**
   * The store is gone: all trackers that have it learn what there is now.
   *
   * @param {unknown} error
   * @param {Client | null} [committing] whose commit was under way; those of others have not begun
   */
  async #replace(error, committing = null) {
    if (error instanceof StorePurgedError) {
      this.#letGo([...this.#holders]);
      if (this.#holders.size === 0) {
        this.#age += 1;
        return;
      }
      try {
        const content = await this.#store.load();
        this.#tellAll(() => ({ type: "StorePurged", ...content }));
        return;
      } catch (failure) {
        error = failure;
      }
    }
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`dlt-web: this page counts in memory only: ${reason}`);
    if (!(error instanceof StoreFailedError)) {
      console.error(error);
    }
    this.#store = new MemoryStore();
    this.#failure = reason;
    const isUnclear = !(error instanceof StoreFailedError) || error.mayHaveCommitted;
    this.#tellAll((client) => ({
      type: "StoreFailed",
      reason,
      mayHaveCommitted: isUnclear && client === committing,
    }));
  }

  /**
   * Answers every call that waits, and with the age raised only now also those that came while the news was on its way.
   *
   * @param {(client: Client) => Input} news
   */
  #tellAll(news) {
    this.#age += 1;
    for (const client of [...this.#holders]) {
      this.#tell(client, news(client));
    }
  }

  /**
   * Gives a tracker what answers its commit, if it has one under way.
   *
   * @param {Client} client
   * @param {Input} input
   */
  #tell(client, input) {
    this.#committing.delete(client);
    this.#revisions.set(client, input.revision ?? 0);
    this.#feed(client, input);
  }

  /**
   * Makes a tracker a holder, unless it was forgotten while the store was read.
   *
   * @param {Client} client
   * @param {import("./store.js").Content} content
   */
  #loaded(client, content) {
    if (this.#loading.delete(client)) {
      this.#holders.add(client);
      this.#tell(client, { type: "StoreLoaded", ...content, failure: this.#failure });
    }
  }
}
