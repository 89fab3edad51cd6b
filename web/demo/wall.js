/** The wall of test codes: scanned with one press, and what the license server will count of it. */
import { byId, element, icon, rebuild, setText } from "./dom.js";
import { keyOf } from "./identities.js";
import { wallWords } from "./reader-words.js";
import { drawWall, wallCodes } from "./wall-codes.js";
import { counted, number } from "./words.js";

/** @typedef {import("./decoder.js").ReaderId} ReaderId */
/** @typedef {import("./wall-codes.js").WallCode} WallCode */

export class Wall {
  /** @type {WallCode[]} */
  #codes = [];
  /** Names of the readers that read a code, by what it is. @type {Map<string, Set<string>>} */
  #readers = new Map();
  #button = /** @type {HTMLButtonElement} */ (byId("scan-wall"));

  /** @param {(picture: File) => Promise<void>} scan */
  constructor(scan) {
    this.#button.addEventListener("click", async () => {
      byId("stage").scrollIntoView({ block: "nearest" });
      await scan(await pictureOf(this.#codes));
    });
  }

  /** Shows the codes; until then there is nothing to scan. */
  async load() {
    this.#codes = await wallCodes();
    const symbologies = [...this.#barcodes().values()].sort();
    const names = [...new Set(symbologies)];
    byId("wall-counts").replaceChildren(
      ...names.map((name) => element("li", {}, `${name} ${number(symbologies.filter((one) => one === name).length)}`)),
    );
    this.#button.disabled = false;
    this.#show();
  }

  /** Says what a scan of the wall counts, read by these. @param {readonly ReaderId[]} readers */
  readBy(readers) {
    if (this.#codes.length === 0) return;
    const barcodes = this.#barcodes();
    const what = `${counted(this.#codes.length, "code")} in ${new Set(barcodes.values()).size} symbologies.`;
    const words = [what, wallWords(readers, barcodes.size), ...twinsAmong(this.#codes)];
    setText(byId("wall-words"), words.join(" "));
  }

  /** Their symbologies by what they are. @returns {Map<string, string>} */
  #barcodes() {
    return new Map(this.#codes.map((code) => [keyOf(code), code.symbology]));
  }

  /**
   * Marks the codes that were read.
   * @param {import("./types.js").Read[]} read
   */
  note(read) {
    for (const { key, reader } of read) {
      if (!this.#codes.some((code) => keyOf(code) === key)) continue;
      const readers = this.#readers.get(key ?? "") ?? new Set();
      this.#readers.set(key ?? "", readers.add(reader));
    }
    this.#show();
  }

  #show() {
    const states = this.#codes.map((code) => ({ name: code.name, by: this.#readers.get(keyOf(code))?.size ?? 0 }));
    const read = states.filter(({ by }) => by > 0).length;
    const twice = states.filter(({ by }) => by > 1).length;
    const more = twice ? `, ${number(twice)} by several readers` : "";
    setText(byId("wall-tally"), `${number(read)} of ${number(states.length)} read${more}`);
    rebuild(byId("wall-codes"), JSON.stringify(states), () =>
      states.map(({ name, by }) =>
        element(
          "li",
          { class: by ? "is-read" : "" },
          by ? icon("check") : null,
          name,
          by ? element("span", { class: "unseen" }, ", read") : null,
        ),
      ),
    );
  }
}

/** Says which codes are one barcode, whatever is printed. @param {WallCode[]} codes @returns {string[]} */
function twinsAmong(codes) {
  const first = codes.map((code) => codes.find((one) => keyOf(one) === keyOf(code)) ?? code);
  return codes.flatMap((code, index) =>
    first[index] === code ? [] : [`${first[index].name} and ${code.name} are one barcode.`],
  );
}

/** @param {WallCode[]} codes @returns {Promise<File>} */
async function pictureOf(codes) {
  const canvas = drawWall(codes);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  return new File(blob ? [blob] : [], "the wall of test codes", { type: "image/png" });
}
