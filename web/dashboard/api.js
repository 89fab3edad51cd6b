/**
 * The administration interface of the license server, as the dashboard's page calls it: by the session's cookie, with
 * the session's token on every change.
 *
 * A session that is over costs nothing: the request waits until somebody has signed in again, and is then sent anew; a
 * change only under the same key. It had no effect before, since it was refused. Where another tab of this browser has signed in with the same key since,
 * the request goes out once more with the token of that session.
 */

/** The server said no: `code` is stable, the message one sentence for people. */
export class Refused extends Error {
  /** @param {number} status @param {{ code?: string, detail?: string }} problem @param {number | null} waitS */
  constructor(status, problem, waitS = null) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.name = "Refused";
    this.status = status;
    this.code = problem.code ?? "";
    this.waitS = waitS;
  }
}

/** The server did not answer at all, or with what is none of its answers. */
export class Unreachable extends Error {
  constructor() {
    super("Server not reached.");
    this.name = "Unreachable";
  }
}

/**
 * @typedef {object} Session
 * @property {string} key the name of the key
 * @property {"read" | "manage"} scope
 * @property {string} csrfToken
 * @property {boolean} hostBound whether its cookie can be from this very host only
 * @property {string} expiresAt
 * @property {string} serverTime
 *
 * @typedef {object} Answer
 * @property {any} data null where it is the same as before
 * @property {string | null} next the path of the next page; null on the last one
 * @property {string | null} tag the version of what was read, where it has one
 * @property {boolean} isSame whether nothing has changed since the version that was given
 */

/**
 * Gives the path that a `Link` header names as the next page.
 * @param {string | null} header
 */
export function nextOf(header) {
  const found = /<([^>]*)>;\s*rel="next"/.exec(header ?? "");
  return found?.[1] ?? null;
}

/** @param {Response} response @param {any} data @returns {Answer} */
const answerOf = ({ headers }, data) => ({
  data,
  next: nextOf(headers.get("Link")),
  tag: headers.get("ETag"),
  isSame: false,
});

/** Tells whether a change had another token than the session of the browser's cookie. @param {unknown} error */
const isOfAnotherToken = (error) => error instanceof Refused && error.code === "CSRF_REFUSED";

/** @param {Session | null} one @param {Session | null} other */
export const isSameKey = (one, other) => one?.key === other?.key && one?.scope === other?.scope;

/**
 * Nobody's change is made under the key of somebody else who signed in meanwhile: not unless they ask for it.
 * @param {Session | null} before
 * @param {Session | null} now
 */
function otherKey(before, now) {
  const whose = `You are signed in as ${now?.key}, scope ${now?.scope}, and no more as ${before?.key}.`;
  const detail = `${whose} Nothing was changed: look at it, and press again.`;
  return new Refused(409, { code: "OTHER_KEY", detail });
}

/** Speaks to the server. */
export class Api {
  /**
   * @param {object} platform
   * @param {typeof globalThis.fetch} platform.fetch
   * @param {(why: string) => Promise<void>} platform.signInAgain resolves once there is a new session
   * @param {boolean} platform.isSecure whether the page is from HTTPS
   */
  constructor({ fetch, signInAgain, isSecure }) {
    this.fetch = fetch;
    this.isSecure = isSecure;
    this.signInAgain = signInAgain;
    /** @type {Session | null} */
    this.session = null;
    /** @type {Promise<void> | null} */
    this.waiting = null;
    /** @type {Promise<Session | null> | null} */
    this.looking = null;
  }

  /** @param {string} key */
  async signIn(key) {
    const answer = await this.once("POST", "/v1/session", { key });
    this.session = /** @type {Session} */ (answer.data);
    return this.session;
  }

  /** Takes up the session that the browser has; gives null where it has none. */
  async resume() {
    this.session = await this.found();
    return this.session;
  }

  /**
   * Gives the session that the browser's cookie stands for; null where there is none. Over HTTPS one that is not bound to
   * the host counts for none: its cookie can be somebody else's, whose key one would then work with.
   */
  async found() {
    try {
      const session = /** @type {Session | null} */ ((await this.once("GET", "/v1/session")).data);
      return this.isSecure && !session?.hostBound ? null : session;
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      return null;
    }
  }

  /** Ends the session that this browser has, also where another tab began it. */
  async signOut() {
    try {
      await this.once("DELETE", "/v1/session");
    } catch (error) {
      if (!isOfAnotherToken(error)) throw error;
      if (await this.resume()) await this.once("DELETE", "/v1/session");
    }
    this.session = null;
  }

  /**
   * Reads.
   * @param {string} path
   * @param {string | null} [tag] the version that is here already: where it is still that one, nothing is read
   * @returns {Promise<Answer>}
   */
  get(path, tag) {
    return this.patiently("GET", path, undefined, tag ?? undefined);
  }

  /**
   * Changes something.
   * @param {"POST" | "PATCH" | "DELETE"} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {string} [version] change only what is still as it was seen
   * @returns {Promise<Answer>}
   */
  change(method, path, body, version) {
    return this.patiently(method, path, body, version);
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @param {string} [version] */
  async patiently(method, path, body, version) {
    for (;;) {
      const asked = this.session;
      try {
        return await this.once(method, path, body, version);
      } catch (error) {
        if (!(error instanceof Refused) || !(error.status === 401 || isOfAnotherToken(error))) throw error;
        // Somebody may have signed in since this was sent.
        if (asked === this.session) {
          if (error.status === 401) await this.renewed(error.message);
          else await this.followed(error);
        }
        if (method !== "GET" && !isSameKey(asked, this.session)) throw otherKey(asked, this.session);
      }
    }
  }

  /**
   * Goes on with the session that another tab has begun: the browser's cookie is that one's, this page's token is not.
   * @param {Refused} refusal
   */
  async followed(refusal) {
    const before = this.session;
    this.looking ??= this.found().finally(() => {
      this.looking = null;
    });
    const now = await this.looking;
    if (before !== this.session) return;
    if (now === null) await this.renewed("This session is over. Sign in again to go on.");
    else if (now.csrfToken === before?.csrfToken) throw refusal;
    else if (isSameKey(now, before)) this.session = now;
    else await this.renewed(`Another tab of this browser has signed in as ${now.key}.`);
  }

  /** All requests that were refused wait for one signing in. @param {string} why */
  renewed(why) {
    this.waiting ??= this.signInAgain(why).finally(() => {
      this.waiting = null;
    });
    return this.waiting;
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @param {string} [version] */
  async once(method, path, body, version) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET" && this.session) headers["X-CSRF-Token"] = this.session.csrfToken;
    if (version !== undefined && method === "GET") headers["If-None-Match"] = version;
    else if (version !== undefined) headers["If-Match"] = `"${version}"`;
    const response = await this.fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error",
    }).catch(() => {
      throw new Unreachable();
    });
    if (response.status === 304) return { data: null, next: null, tag: version ?? null, isSame: true };
    const data = await response.json().catch(() => undefined);
    if (response.ok && data !== undefined) return answerOf(response, data);
    if (typeof data?.code !== "string") throw new Unreachable();
    throw new Refused(response.status, data, Number(response.headers.get("Retry-After")) || null);
  }
}
