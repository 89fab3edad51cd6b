/**
 * @file Carries out what Python decides: an input goes in as text, commands come out, their answers are new inputs.
 *
 * No rule of counting, licensing or retrying lives here. The store is shared by all trackers of the page, so its
 * calls go through one queue; everything else is per tracker.
 */

import { randomHex } from "./random.js";
import { MemoryStore, StoreFailedError, StorePurgedError } from "./store.js";
import { send } from "./transport.js";
import { verify } from "./verify.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Change} Change */
/** @typedef {import("./transport.js").SendHttp} SendHttp */
/** @typedef {{ type: string, [field: string]: any }} Input */
/** @typedef {{ type: string, [field: string]: any }} Command */
/** @typedef {{ name: string, code: string, message: string }} SaidError */
/** @typedef {{ commands: Command[] } | { error: SaidError }} Answer */

/**
 * What the shell says to the page.
 *
 * @typedef {{ type: "Commands", tracker: string, commands: Command[] }
 *   | { type: "Refused", tracker: string, error: SaidError }} Said
 */

/** @typedef {{ id: string, hasStore: boolean, timer: ReturnType<typeof setTimeout> | undefined, gone: AbortController }} Seat */

/**
 * @typedef {object} Parts
 * @property {(text: string) => string} call Python
 * @property {Store & { hasBeenPurged?: () => Promise<boolean> }} store
 * @property {(said: Said) => void} say tells the page
 * @property {number} timeOriginMs where the page's monotonic clock has its zero, so that both sides share one clock
 */

/** As many bytes as one call of Python may need. */
const RANDOM_BYTES = 64;

/** `setTimeout` fires at once beyond this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Every command, and how it is carried out; one that is not here is an error.
 *
 * @type {Record<string, (shell: Shell, seat: Seat, command: any) => void>}
 */
const CARRY_OUT = {
  LoadStore: (shell, seat) => shell.loadStore(seat),
  Commit: (shell, seat, command) => shell.commit(seat, command),
  SendHttp: (shell, seat, command) => shell.answer(seat, send(command, seat.gone.signal)),
  VerifyToken: (shell, seat, { token, keys }) =>
    shell.answer(
      seat,
      verify(token, keys).then((verdict) => ({ type: "TokenVerified", token, verdict })),
    ),
  SetTimer: (shell, seat, { atMonotonicMs }) => shell.setTimer(seat, atMonotonicMs),
};

/** Commands that the page carries out. */
const FOR_THE_PAGE = new Set(["Resolve", "Reject", "Mirror", "Notify", "HoldBeacon"]);

export class Shell {
  /** @type {Map<string, Seat>} */
  #seats = new Map();
  #call;
  #say;
  /** @type {Parts["store"]} */
  #store;
  /** Raised when the store is replaced: what was asked of the one before is answered by that news. */
  #storeAge = 0;
  #clockShiftMs;
  /** @type {Promise<void>} */
  #storeQueue = Promise.resolve();

  /** @param {Parts} parts */
  constructor({ call, store, say, timeOriginMs }) {
    this.#call = call;
    this.#store = store;
    this.#say = say;
    this.#clockShiftMs = performance.timeOrigin - timeOriginMs;
  }

  /**
   * Starts a tracker.
   *
   * @param {string} id
   * @param {string} inputText `TrackerOpened` as JSON
   */
  open(id, inputText) {
    this.#seats.set(id, { id, hasStore: false, timer: undefined, gone: new AbortController() });
    this.feedText(id, inputText);
  }

  /**
   * Ends a tracker: its timer, its requests, and whatever would still be answered.
   *
   * @param {string} id
   */
  forget(id) {
    const seat = this.#seats.get(id);
    if (seat === undefined) {
      return;
    }
    this.#seats.delete(id);
    clearTimeout(seat.timer);
    seat.gone.abort(new Error("the tracker was closed"));
    try {
      this.#ask(id, '{"type":"TrackerDropped"}');
    } catch (error) {
      console.error("dlt-web: the tracker failed as it was dropped", error);
    }
  }

  /**
   * Gives Python one input and carries out what it commands.
   *
   * @param {string} id
   * @param {string} inputText the input as JSON
   * @param {string | null} [call] the page's promise that waits for this input
   */
  feedText(id, inputText, call = null) {
    const seat = this.#seats.get(id);
    if (seat === undefined) {
      return;
    }
    try {
      const answer = this.#ask(id, inputText);
      if ("error" in answer) {
        this.#refuse(seat, call, answer.error);
      } else {
        this.#carryOut(seat, answer.commands);
      }
    } catch (error) {
      console.error("dlt-web: the tracker failed", error);
      const message = error instanceof Error ? error.message.trim() : String(error);
      this.#refuse(seat, call, { name: "DltError", code: "INTERNAL", message: message.split("\n").at(-1) ?? "" });
    }
  }

  /**
   * @param {string} id
   * @param {string} inputText
   * @returns {Answer}
   */
  #ask(id, inputText) {
    return JSON.parse(
      this.#call(`{"tracker":${JSON.stringify(id)},"now":${JSON.stringify(this.#now())},"input":${inputText}}`),
    );
  }

  /** The connection to the store was closed from outside; finds out why. */
  checkStore() {
    this.#queueStore(async () => {
      if (await this.#store.hasBeenPurged?.()) {
        throw new StorePurgedError("the site's data was deleted");
      }
    });
  }

  /** @param {Seat} seat */
  loadStore(seat) {
    // Queued without an age: a store that was replaced meanwhile can be loaded as well.
    this.#storeQueue = this.#storeQueue.then(async () => {
      try {
        this.#loaded(seat, await this.#store.load());
      } catch (error) {
        await this.#replaceStore(error);
        this.#loaded(seat, await this.#store.load());
      }
    });
  }

  /**
   * @param {Seat} seat
   * @param {Change} change
   */
  commit(seat, change) {
    this.#queueStore(async () => {
      const outcome = await this.#store.commit(change);
      if (outcome.applied) {
        this.#feed(seat, { type: "Committed", revision: outcome.revision });
      } else {
        this.#feed(seat, { type: "CommitConflicted", revision: outcome.revision, records: outcome.records });
      }
    });
  }

  /**
   * @param {Seat} seat
   * @param {Promise<Input>} input one that never rejects
   */
  async answer(seat, input) {
    this.#feed(seat, await input);
  }

  /**
   * @param {Seat} seat
   * @param {number | null} atMonotonicMs
   */
  setTimer(seat, atMonotonicMs) {
    clearTimeout(seat.timer);
    if (atMonotonicMs === null) {
      return;
    }
    const waitMs = Math.max(0, atMonotonicMs - this.#monotonicMs());
    seat.timer = setTimeout(
      () => {
        if (this.#monotonicMs() < atMonotonicMs) {
          this.setTimer(seat, atMonotonicMs);
        } else {
          this.#feed(seat, { type: "TimerFired" });
        }
      },
      Math.min(Math.ceil(waitMs), MAX_TIMER_MS),
    );
  }

  /**
   * @param {Seat} seat
   * @param {Command[]} commands
   */
  #carryOut(seat, commands) {
    const forThePage = commands.filter(({ type }) => FOR_THE_PAGE.has(type));
    if (forThePage.length > 0) {
      this.#say({ type: "Commands", tracker: seat.id, commands: forThePage });
    }
    for (const command of commands) {
      if (!FOR_THE_PAGE.has(command.type)) {
        const carryOut = Object.hasOwn(CARRY_OUT, command.type) ? CARRY_OUT[command.type] : undefined;
        if (carryOut === undefined) {
          throw new Error(`Python commanded ${JSON.stringify(command.type)}, which this shell does not know`);
        }
        carryOut(this, seat, command);
      }
    }
  }

  /**
   * @param {Seat} seat
   * @param {Input} input
   */
  #feed(seat, input) {
    if (this.#seats.get(seat.id) === seat) {
      this.feedText(seat.id, JSON.stringify(input));
    }
  }

  /**
   * An error that belongs to one call fails that call; any other leaves the tracker in no state to go on.
   *
   * @param {Seat} seat
   * @param {string | null} call
   * @param {SaidError} error
   */
  #refuse(seat, call, error) {
    if (call === null) {
      this.forget(seat.id);
      this.#say({ type: "Refused", tracker: seat.id, error });
    } else {
      const reject = { type: "Reject", call, error: error.name, code: error.code, message: error.message };
      this.#say({ type: "Commands", tracker: seat.id, commands: [reject] });
    }
  }

  /**
   * Asks something of the store when its turn comes, unless the store was replaced before.
   *
   * @param {() => Promise<void>} ask
   */
  #queueStore(ask) {
    const age = this.#storeAge;
    this.#storeQueue = this.#storeQueue.then(async () => {
      if (age === this.#storeAge) {
        try {
          await ask();
        } catch (error) {
          await this.#replaceStore(error);
        }
      }
    });
  }

  /**
   * The store is gone: all trackers that have it learn what there is now.
   *
   * @param {unknown} error
   */
  async #replaceStore(error) {
    this.#storeAge += 1;
    const holders = [...this.#seats.values()].filter((seat) => seat.hasStore);
    if (error instanceof StorePurgedError) {
      try {
        const content = await this.#store.load();
        for (const seat of holders) {
          this.#feed(seat, { type: "StorePurged", ...content });
        }
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
    for (const seat of holders) {
      this.#feed(seat, { type: "StoreFailed", reason });
    }
  }

  /**
   * @param {Seat} seat
   * @param {import("./store.js").Content} content
   */
  #loaded(seat, content) {
    seat.hasStore = true;
    this.#feed(seat, { type: "StoreLoaded", ...content });
  }

  #monotonicMs() {
    return performance.now() + this.#clockShiftMs;
  }

  #now() {
    return { wallMs: Date.now(), monotonicMs: Math.floor(this.#monotonicMs()), random: randomHex(RANDOM_BYTES) };
  }
}
