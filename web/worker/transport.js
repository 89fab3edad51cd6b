/** @file Carries one HTTP request out and says what came of it; decides nothing about it. */

/**
 * A request as the `SendHttp` command says it.
 *
 * @typedef {object} SendHttp
 * @property {number} request
 * @property {string} method
 * @property {string} url
 * @property {unknown} body JSON value, or null for none
 * @property {number} timeoutMs
 */

/** @typedef {{ type: "HttpAnswered", request: number, status: number, retryAfter: string | null, body: string }} HttpAnswered */
/** @typedef {{ type: "HttpFailed", request: number, reason: string }} HttpFailed */

/** Our own server answers with a few kB; whatever is longer comes from something else and is not read. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** A redirect is not followed and its status is hidden from us; this one stands for all. */
const REDIRECT_STATUS = 302;

/**
 * Sends a request; never rejects.
 *
 * @param {SendHttp} command
 * @param {AbortSignal} [closed] ends the request when the tracker is gone
 * @returns {Promise<HttpAnswered | HttpFailed>}
 */
export async function send({ request, method, url, body, timeoutMs }, closed) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  closed?.addEventListener("abort", () => abort.abort(closed.reason), { once: true });
  try {
    const response = await fetch(url, {
      method,
      body: body === null ? null : JSON.stringify(body),
      headers: body === null ? {} : { "content-type": "application/json" },
      mode: "cors",
      redirect: "manual",
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: abort.signal,
    });
    const isRedirect = response.type === "opaqueredirect";
    return {
      type: "HttpAnswered",
      request,
      status: isRedirect ? REDIRECT_STATUS : response.status,
      retryAfter: response.headers.get("retry-after"),
      body: isRedirect ? "" : await readText(response, abort),
    };
  } catch (error) {
    const reason = abort.signal.aborted ? abort.signal.reason : error;
    return { type: "HttpFailed", request, reason: reason instanceof Error ? reason.message : String(reason) };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Response} response
 * @param {AbortController} abort
 * @returns {Promise<string>}
 */
async function readText(response, abort) {
  if (response.body === null) {
    return "";
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let byteCount = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) {
      return text + decoder.decode();
    }
    byteCount += value.byteLength;
    if (byteCount > MAX_ANSWER_BYTES) {
      const tooLong = new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
      abort.abort(tooLong);
      throw tooLong;
    }
    text += decoder.decode(value, { stream: true });
  }
}
