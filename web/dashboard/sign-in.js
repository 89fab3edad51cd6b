/** The form that takes an administration key. The key goes to the server once and is kept nowhere in the page. */
import { element, icon } from "../demo/dom.js";
import { Refused } from "./api.js";

/** @type {Record<string, string>} */
const WORDS = {
  ADMIN_KEY_REQUIRED: "This key is not known. Check it and try again.",
  ADMIN_KEY_SCOPE: "This is a customer's own key. The dashboard needs one with the scope read or manage.",
};

/**
 * Says what went wrong, and what comes next.
 * @param {unknown} error
 */
export function refusalWords(error) {
  if (!(error instanceof Refused)) return "Server not reached. Check that it runs, and try again.";
  if (error.code === "RATE_LIMITED") return `Too many wrong keys. Try again in ${error.waitS ?? 3} s.`;
  return WORDS[error.code] ?? error.message;
}

/**
 * Makes the form.
 * @param {(key: string) => Promise<void>} signIn
 * @param {string} [why] said above the field
 */
export function signInForm(signIn, why = "") {
  const { field, show } = keyField();
  const failed = element("p", { class: "form-error", id: "admin-key-error", role: "alert" });
  const press = element("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = element(
    "form",
    { class: "sign-in" },
    ...(why ? [element("p", { class: "why" }, why)] : []),
    element("label", { for: "admin-key" }, "Admin key"),
    element("div", { class: "field-row" }, field, show),
    failed,
    press,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    try {
      await signIn(field.value.trim());
    } catch (error) {
      failed.replaceChildren(icon("warning"), refusalWords(error));
      field.select();
      field.focus();
    } finally {
      press.disabled = false;
    }
  });
  return form;
}

/** Makes the field for the key, and the button that shows what is typed. */
function keyField() {
  const field = element("input", {
    id: "admin-key",
    class: "field",
    type: "password",
    autocomplete: "current-password",
    spellcheck: "false",
    required: true,
    maxlength: 1000,
    "aria-describedby": "admin-key-error",
  });
  const show = element("button", { class: "button plain", type: "button", "aria-pressed": "false" }, "Show");
  show.addEventListener("click", () => {
    const isShown = field.type === "text";
    field.type = isShown ? "password" : "text";
    show.textContent = isShown ? "Show" : "Hide";
    show.setAttribute("aria-pressed", String(!isShown));
  });
  return { field, show };
}
