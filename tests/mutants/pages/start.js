/** @file Makes the tracker that the address names: `?mutant=NAME` of mutants.js, with the options in its fragment; with
 * `&ask` when its button is clicked. */

import { HonestTracker } from "./honest.js";
import { mutants } from "./mutants.js";

class Nothing {
  ready = Promise.resolve();
}

/** Pages on which there is nothing to verify. */
const useless = {
  "never-ready": class extends HonestTracker {
    start() {
      return new Promise(() => {});
    }
  },
  refused: class extends HonestTracker {
    async start() {
      await this.open();
      throw Object.assign(new Error("no seat is left"), { name: "LicenseError", code: "QUOTA_EXHAUSTED" });
    }
  },
  nothing: Nothing,
  "nothing-in-firefox": navigator.userAgent.includes("Firefox") ? Nothing : HonestTracker,
  "nothing-but-in-chromium": navigator.userAgent.includes("Chrome/") ? HonestTracker : Nothing,
};

const given = new URLSearchParams(location.search);
if (given.has("ask")) {
  // Such as an app that asks for the camera first.
  const button = document.body.appendChild(document.createElement("button"));
  Object.assign(button, { id: "start", textContent: "Start" });
  await new Promise((resolve) => {
    button.onclick = resolve;
  });
}
const name = given.get("mutant") ?? "honest";
const Tracker = { ...mutants, ...useless }[name];
const tracker = new Tracker(JSON.parse(decodeURIComponent(location.hash.slice(1))));
const output = document.querySelector("#state");
tracker.ready.then(
  () => {
    output.textContent = `${name}: ${tracker.deviceUuid}`;
  },
  (error) => {
    output.textContent = `${name}: ${error.message}`;
  },
);
