/** The dialog with what the tracker knows of itself, to be copied to whoever asks why a count is missing. */
import { byId, setText } from "./dom.js";

const COPIED_MS = 1500;

export class ExplanationDialog {
  #dialog = /** @type {HTMLDialogElement} */ (byId("explain-dialog"));
  #text = /** @type {HTMLTextAreaElement} */ (byId("explain-text"));
  #copyButton = byId("explain-copy");

  /**
   * @param {() => Promise<object | null>} explain
   * @param {(text: string) => Promise<boolean>} copy
   */
  constructor(explain, copy) {
    byId("explain").addEventListener("click", async () => {
      const explanation = await explain();
      this.#text.value = explanation === null ? "No tracker runs." : JSON.stringify(explanation, null, 2);
      setText(this.#copyButton, "Copy");
      this.#dialog.showModal();
      this.#text.scrollTop = 0;
    });
    this.#copyButton.addEventListener("click", async () => {
      const isCopied = await copy(this.#text.value);
      setText(this.#copyButton, isCopied ? "Copied" : "Not copied. Select the text and copy it.");
      setTimeout(() => setText(this.#copyButton, "Copy"), COPIED_MS);
    });
  }
}
