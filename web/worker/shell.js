/**
 * @file Carries out what Python decides: an input goes in as text, commands come out, their answers are new inputs.
 *
 * No rule of counting, licensing or retrying lives here.
 */

import { canJournal, clearJournal, readLeft } from "../journal.js";
import { setAlarm } from "./alarm.js";
import { FlushTurn } from "./flush_turn.js";
import { randomHex } from "./random.js";
import { newSeat } from "./seat.js";
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
 *   | { type: "Refused", tracker: string, error: SaidError }
 *   | { type: "Revoked", tracker: string }} Said
 */

/** @typedef {import("./seat.js").Seat} Seat */

/**
 * @typedef {object} Parts
 * @property {import("./runtime.js").Call} call Python
 * @property {import("./runtime.js").About} about which one it is
 * @property {import("./store_queue.js").SharedStore} store
 * @property {(said: Said) => void} say tells the pages
 * @property {boolean} [takesTurns] each tab of the origin has a runtime of its own, and flushes the same queues
 */

/**
 * Inputs at which a tracker may send what waits. Not when a page leaves: it may join again at once, and a leaving that
 * waited for its turn would take the page off that has just joined.
 */
const FLUSHES = ["TimerFired", "FlushRequested", "NetworkReturned"].map((type) => `{"type":"${type}"`);

/** As many bytes as one call of Python may need. */
const RANDOM_BYTES = 64;

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
  Commit: (shell, seat, command) => shell.commit(seat, command),
  SendHttp: (shell, seat, command) =>
    shell.answer(
      seat,
      afterThis().then(() => send(command, seat.gone.signal)),
    ),
  VerifyToken: (shell, seat, { token, keys }) =>
    shell.answer(
      seat,
      verify(token, keys).then((verdict) => ({ type: "TokenVerified", token, verdict })),
    ),
  SetTimer: (shell, seat, { atMonotonicMs }) => shell.setTimer(seat, atMonotonicMs),
};

/** Commands that pages carry out. */
export const FOR_PAGES = new Set([
  "Resolve",
  "Reject",
  "Mirror",
  "Recount",
  "Notify",
  "HoldBeacon",
  "ClaimCalls",
  "AskToPersist",
]);

export class Shell {
  /** @type {Map<string, Seat>} */
  #seats = new Map();
  #call;
  #say;
  #takesTurns;

  /** @param {Parts} parts */
  constructor({ call, about, store, say, takesTurns = false }) {
    this.#call = call;
    this.about = about;
    this.#say = say;
    this.#takesTurns = takesTurns;
    /** @type {StoreQueue<Seat>} */
    this.storeQueue = new StoreQueue(
      store,
      (seat, input) => this.#storeAnswered(seat, input),
      (seats) => this.#revokeThose(seats),
    );
  }

  /**
   * Starts a tracker.
   *
   * @param {string} id
   * @param {string} inputText `TrackerOpened` as JSON
   */
  open(id, inputText) {
    const seat = newSeat(id, JSON.parse(inputText).options);
    if (this.#takesTurns) {
      seat.turn = new FlushTurn({
        name: seat.handshakeCode,
        locks: globalThis.navigator?.locks,
        refresh: () => this.storeQueue.refresh(seat),
        isBusy: () => seat.awaited > 0 || this.storeQueue.isCommitting(seat),
      });
    }
    this.#seats.set(id, seat);
    this.#decide(seat, inputText);
  }

  /**
   * Ends a tracker: its timer, its requests, and whatever would still be answered.
   *
   * @param {string} id
   */
  forget(id) {
    const seat = this.#seats.get(id);
    if (seat !== undefined) {
      this.#drop(seat, "the tracker was closed", { type: "TrackerDropped" });
    }
  }

  /**
   * The person has taken the consent back: ends every tracker that needs one, and deletes what the origin has stored.
   *
   * @param {string[]} [only] ids of the trackers that end, where others may have been agreed to since; what is stored is
   *   theirs, too, and then stays
   * @returns {Promise<void>} rejects where it cannot be deleted
   */
  async revoke(only) {
    const seats = [...this.#seats.values()];
    this.#revokeThose(seats.filter(({ id }) => only?.includes(id) ?? true));
    if (![...this.#seats.values()].some((seat) => seat.needsConsent)) {
      await this.storeQueue.erase();
    }
  }

  /** @param {Seat[]} seats of which those that need consent end */
  #revokeThose(seats) {
    for (const seat of seats) {
      if (seat.needsConsent && this.#seats.get(seat.id) === seat) {
        this.#drop(seat, "the consent was taken back", { type: "TrackerRevoked", handshakeCode: seat.handshakeCode });
        this.#say({ type: "Revoked", tracker: seat.id });
      }
    }
  }

  /**
   * @param {Seat} seat
   * @param {string} why
   * @param {Input} input that tells Python
   */
  #drop(seat, why, input) {
    this.#end(seat, why);
    try {
      this.#ask(seat.id, JSON.stringify(input));
    } catch (error) {
      console.error("dlt-web: the tracker failed as it was dropped", error);
    }
  }

  /** Ends every tracker without a word to Python, which is gone. */
  abandon() {
    for (const seat of [...this.#seats.values()]) {
      this.#end(seat, "Python is gone");
    }
  }

  /**
   * @param {Seat} seat
   * @param {string} why
   */
  #end(seat, why) {
    this.#seats.delete(seat.id);
    this.storeQueue.forget(seat);
    clearTimeout(seat.timer);
    seat.turn?.end();
    seat.gone.abort(new Error(why));
  }

  /**
   * Gives Python one input and carries out what it commands; one at which it may flush, when its turn has come.
   *
   * @param {string} id
   * @param {string} inputText the input as JSON
   * @param {string | null} [call] the page's promise that waits for this input
   */
  feedText(id, inputText, call = null) {
    const seat = this.#seats.get(id);
    if (seat?.turn !== undefined && FLUSHES.some((start) => inputText.startsWith(start))) {
      seat.turn.run(() => this.#decide(seat, inputText, call));
    } else if (seat !== undefined) {
      this.#decide(seat, inputText, call);
    }
  }

  /**
   * @param {Seat} seat
   * @param {string} inputText
   * @param {string | null} [call]
   */
  #decide(seat, inputText, call = null) {
    if (this.#seats.get(seat.id) !== seat) {
      return;
    }
    try {
      const answer = this.#ask(seat.id, inputText);
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
    seat.turn?.look();
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
   * @param {import("./store.js").Change & { answers: Command[] }} command
   */
  commit(seat, { answers, ...change }) {
    seat.foretold = answers;
    this.storeQueue.commit(seat, change);
  }

  /**
   * A page that waits for its scan to be on disk is told so before Python, which knows what else follows from it.
   *
   * @param {Seat} seat
   * @param {Input} input
   */
  #storeAnswered(seat, input) {
    const commands = seat.foretold;
    seat.foretold = []; // told now or never
    if (input.type === "Committed" && commands.length > 0 && this.#seats.get(seat.id) === seat) {
      this.#say({ type: "Commands", tracker: seat.id, commands });
    }
    this.#feed(seat, input);
  }

  /**
   * @param {Seat} seat
   * @param {Promise<Input>} input one that never rejects
   */
  async answer(seat, input) {
    seat.awaited += 1;
    const answer = await input;
    seat.awaited -= 1;
    this.#feed(seat, answer);
  }

  /**
   * @param {Seat} seat
   * @param {string} handshakeCode
   */
  async readJournal(seat, handshakeCode) {
    /** @type {import("../journal.js").Left} */
    let left = { calls: [], deviceSeed: null, pages: null };
    await afterThis();
    try {
      left = canJournal() ? await readLeft(handshakeCode) : { ...left, pages: [] };
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
    setAlarm(seat, atMonotonicMs, () => this.#feed(seat, { type: "TimerFired" }));
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

/**
 * What nobody waits for gives way to what came along with it: a scan of the site's next page, which joins with a request
 * for its license, is on its way to the disk before that goes out.
 *
 * @returns {Promise<void>}
 */
function afterThis() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
