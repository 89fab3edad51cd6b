/** Questions above the page: a dialog with a question, or with a form. */
import { element, icon } from "../demo/dom.js";
import { failureWords } from "./desk.js";

let count = 0;

/**
 * Opens a dialog; it is taken out of the page when it closes, and what was focused is focused again.
 * @param {string} title
 * @param {Node[]} content
 * @param {string} [className]
 */
export function openDialog(title, content, className = "") {
  count += 1;
  const id = `dialog-${count}`;
  const dialog = element(
    "dialog",
    { "aria-labelledby": id, class: className },
    element("h2", { id }, title),
    ...content,
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

/** Makes a place where a form says what went wrong. */
export function errorPlace() {
  const place = element("div", { role: "alert" });
  const say = (/** @type {unknown} */ error) =>
    place.replaceChildren(
      element("p", { class: "form-error" }, icon("warning"), typeof error === "string" ? error : failureWords(error)),
    );
  return { place, say, clear: () => place.replaceChildren() };
}

/**
 * Makes a function that does nothing while it is at work already: a second press of Enter would change what the first one
 * has just changed, and be told of a conflict with oneself.
 * @param {() => Promise<void>} work
 */
export function oneAtATime(work) {
  let isBusy = false;
  return async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      await work();
    } finally {
      isBusy = false;
    }
  };
}

/**
 * Asks before something is done, and does it; stays open and says why where that fails.
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.words
 * @param {string} question.yes what is done, on the button
 * @param {() => Promise<void>} work
 */
export function confirmed({ title, words, yes }, work) {
  const failed = errorPlace();
  const agree = element("button", { class: "button danger", type: "button" }, yes);
  const cancel = element("button", { class: "button", type: "button" }, "Cancel");
  const dialog = openDialog(title, [
    element("p", {}, words),
    failed.place,
    element("div", { class: "actions" }, agree, cancel),
  ]);
  cancel.addEventListener("click", () => dialog.close());
  agree.addEventListener("click", async () => {
    agree.disabled = true;
    try {
      await work();
      dialog.close();
    } catch (error) {
      failed.say(error);
    } finally {
      agree.disabled = false;
    }
  });
}
