/**
 * Answers what the tracker asks of `lts/`, in the license server's place; every other request goes its way. The tracker
 * is the one that apps use, unchanged: it knows nothing of this.
 */

import { StandIn } from "./stand-in/server.js";
import { shelf } from "./stand-in/shelf.js";

const worker = /** @type {ServiceWorkerGlobalScope & typeof globalThis} */ (/** @type {unknown} */ (self));
const standIn = new StandIn({ shelf, crypto, now: Date.now });
const base = new URL("lts", worker.registration.scope).pathname;

worker.addEventListener("install", () => worker.skipWaiting());
// A page that was here before this worker is to be answered, too.
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === location.origin && pathname.startsWith(`${base}/`)) event.respondWith(answer(event.request));
});

/** @param {Request} request */
async function answer(request) {
  const path = new URL(request.url).pathname.slice(base.length);
  const asked = { method: request.method, path, text: await request.text(), origin: location.origin };
  const { status, body } = await standIn.answer(asked);
  const type = status < 400 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "content-type": type, "cache-control": "no-store" } });
}
