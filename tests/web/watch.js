/** Writes down what the page says to its worker, sends as it goes away, and fails to catch. */

window.posted = [];
window.beacons = [];
window.uncaught = [];
window.endedWorkers = 0;
addEventListener("error", (event) => window.uncaught.push(String(event.message)));
addEventListener("unhandledrejection", (event) => window.uncaught.push(String(event.reason)));

for (const { prototype } of [Worker, MessagePort]) {
  const { postMessage } = prototype;
  prototype.postMessage = function (...given) {
    window.posted.push(given[0], ...(given[0].inputs ?? []));
    return postMessage.apply(this, given);
  };
}

const { terminate } = Worker.prototype;
Worker.prototype.terminate = function () {
  window.endedWorkers += 1;
  return terminate.call(this);
};

const sendBeacon = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (url, body) => {
  window.beacons.push({ how: "beacon", url, type: typeof body, body: JSON.parse(body) });
  return sendBeacon(url, body);
};

const platformFetch = window.fetch;
window.fetch = (url, options) => {
  if (options?.keepalive) {
    window.beacons.push({
      how: "fetch",
      url,
      method: options.method,
      credentials: options.credentials,
      referrerPolicy: options.referrerPolicy,
      body: JSON.parse(options.body),
    });
  }
  return platformFetch(url, options);
};
