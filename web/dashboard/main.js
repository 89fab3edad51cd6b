/** The license server's dashboard. */
import { byId, element } from "../demo/dom.js";
import { startThemeSwitch } from "../demo/theme.js";
import { Api, isSameKey, Refused, Unreachable } from "./api.js";
import { openDialog } from "./ask.js";
import { Desk } from "./desk.js";
import { makePages } from "./pages.js";
import { signInForm } from "./sign-in.js";

const again = /** @type {HTMLDialogElement} */ (byId("again"));
const api = new Api({ fetch: fetch.bind(globalThis), signInAgain, isSecure: location.protocol === "https:" });
/** @type {Desk | null} */
let desk = null;
let isWaiting = false;

/**
 * Asks for the key once more, above the page, which stays as it is.
 * @param {string} why
 * @returns {Promise<void>}
 */
function signInAgain(why) {
  const before = api.session;
  return new Promise((resolve) => {
    const signIn = async (/** @type {string} */ key) => {
      const now = await api.signIn(key);
      isWaiting = false;
      again.close();
      desk?.meet();
      resolve();
      // What another key may press is shown anew; an open form stays, with what was typed in it.
      if (!isSameKey(before, now)) await desk?.open();
    };
    const words = `${why} What you see and what you typed is still here.`;
    byId("again-form").replaceChildren(signInForm(signIn, words));
    isWaiting = true;
    again.showModal();
  });
}
// It can only be gone on with: what is behind it waits. Browsers close it all the same at a second Escape.
again.addEventListener("cancel", (event) => event.preventDefault());
again.addEventListener("close", () => isWaiting && again.showModal());

/** @param {string} [why] */
function showDoor(why) {
  byId("desk").hidden = true;
  byId("door").hidden = false;
  document.title = "Sign in · License server";
  const signIn = async (/** @type {string} */ key) => {
    await api.signIn(key);
    await showDesk();
  };
  byId("door-form").replaceChildren(signInForm(signIn, why));
  document.getElementById("admin-key")?.focus();
}

async function showDesk() {
  byId("door").hidden = true;
  byId("door-form").replaceChildren();
  byId("desk").hidden = false;
  if (!desk) {
    desk = new Desk(api, makePages());
    desk.keepCodes();
  }
  desk.meet();
  await desk.loadCodes().catch((error) => desk?.hasFailed(error));
  await desk.open();
}

startThemeSwitch(byId("theme"));
byId("sign-out").addEventListener("click", async () => {
  try {
    await api.signOut();
    // From the beginning: nothing of what was seen stays in the page.
    location.assign("/");
  } catch (error) {
    tellNotSignedOut(error);
  }
});

/** Whoever walks away must know that the session is still good. @param {unknown} error */
function tellNotSignedOut(error) {
  const why = error instanceof Refused ? error.message : "Server not reached.";
  const close = element("button", { class: "button", type: "button" }, "Close");
  const words = element("p", { role: "alert" }, `${why} This browser is still signed in: sign out again.`);
  const dialog = openDialog("Not signed out", [words, element("div", { class: "actions" }, close)]);
  close.addEventListener("click", () => dialog.close());
}

try {
  if (await api.resume()) await showDesk();
  else showDoor();
} catch (error) {
  showDoor(error instanceof Unreachable ? "Server not reached. Check that it runs, and load this page again." : "");
}
