/**
 * @file Carries out what Python decides: an input goes in as text, commands come out, their answers are new inputs.
 *
 * No rule of counting, licensing or retrying lives here.
 */

import { canJournal, clearJournal, readLeft } from "../journal.js";
import { randomHex } from "./random.js";
import { StoreQueue } from "./store_queue.js";
import { send } from "./transport.js";
import { verify } from "./verify.js";

/** @typedef {{ type: string, [field: string]: any }} Input */
/** @typedef {{ type: string, [field: string]: any }} Command */
/** @typedef {{ name: string, code: string, message: string }} SaidError */
/** @typedef {{ commands: Command[] } | { error: SaidError }} Answer */

/**
 * What the shell says to the pages.
 *
 * @typedef {{ type: "Commands", tracker: string, commands: Command[] }
 *   | { type: "Refused", tracker: string, error: SaidError }} Said
 */

/** @typedef {{ id: string, timer: ReturnType<typeof setTimeout> | undefined, gone: AbortController }} Seat */

/**
 * @typedef {object} Parts
 * @property {import("./runtime.js").Call} call Python
 * @property {import("./runtime.js").About} about which one it is
 * @property {import("./store_queue.js").SharedStore} store
 * @property {(said: Said) => void} say tells the pages
 * @property {() => Promise<boolean>} isAlone no other worker uses the store, as far as can be told
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
export const CARRY_OUT = {
  LoadStore: (shell, seat) => shell.storeQueue.load(seat),
  AbandonStore: (shell, seat) => shell.storeQueue.abandon(seat),
  ReadJournal: (shell, seat, { handshakeCode }) => shell.readJournal(seat, handshakeCode),
  ClearJournal: (_shell, _seat, { handshakeCode, pages }) => {
    clearJournal(handshakeCode, pages).catch((error) => console.debug("dlt-web: the journal stays as it is", error));
  },
  Commit: (shell, seat, command) => shell.storeQueue.commit(seat, command),
  SendHttp: (shell, seat, command) => shell.answer(seat, send(command, seat.gone.signal)),
  VerifyToken: (shell, seat, { token, keys }) =>
    shell.answer(
      seat,
      verify(token, keys).then((verdict) => ({ type: "TokenVerified", token, verdict })),
    ),
  SetTimer: (shell, seat, { atMonotonicMs }) => shell.setTimer(seat, atMonotonicMs),
};

/** Commands that pages carry out. */
export const FOR_PAGES = new Set(["Resolve", "Reject", "Mirror", "Notify", "HoldBeacon", "AskToPersist"]);

export class Shell {
  /** @type {Map<string, Seat>} */
  #seats = new Map();
  #call;
  #say;

  /** @param {Parts} parts */
  constructor({ call, about, store, say, isAlone }) {
    this.#call = call;
    this.about = about;
    this.#say = say;
    /** @type {StoreQueue<Seat>} */
    this.storeQueue = new StoreQueue(store, (seat, input) => this.#feed(seat, input), isAlone);
  }

  /**
   * Starts a tracker.
   *
   * @param {string} id
   * @param {string} inputText `TrackerOpened` as JSON
   */
  open(id, inputText) {
    this.#seats.set(id, { id, timer: undefined, gone: new AbortController() });
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
    this.storeQueue.forget(seat);
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

  /**
   * @param {Seat} seat
   * @param {Promise<Input>} input one that never rejects
   */
  async answer(seat, input) {
    this.#feed(seat, await input);
  }

  /**
   * @param {Seat} seat
   * @param {string} handshakeCode
   */
  async readJournal(seat, handshakeCode) {
    /** @type {import("../journal.js").Left} */
    let left = { calls: [], deviceSeed: null };
    try {
      left = canJournal() ? await readLeft(handshakeCode) : left;
    } catch (error) {
      console.debug("dlt-web: the journal could not be read", error);
    }
    this.#feed(seat, { type: "JournalRead", ...left });
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
    const waitMs = Math.max(0, atMonotonicMs - performance.now());
    seat.timer = setTimeout(
      () => {
        if (performance.now() < atMonotonicMs) {
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
    const forPages = commands.filter(({ type }) => FOR_PAGES.has(type));
    if (forPages.length > 0) {
      this.#say({ type: "Commands", tracker: seat.id, commands: forPages });
    }
    for (const command of commands) {
      if (!FOR_PAGES.has(command.type)) {
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

  #now() {
    return { wallMs: Date.now(), monotonicMs: Math.floor(performance.now()), random: randomHex(RANDOM_BYTES) };
  }
}
