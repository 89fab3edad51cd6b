// Where the files of a bundle lie that the loader asks for by name, and how it reads them under Node.
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * @param {string} bundle
 * @returns {(name: string) => string}
 */
export function pathIn(bundle) {
  const manifest = join(bundle, "manifest.json");
  const files = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).files : {};
  return (name) => join(bundle, files[name]?.file ?? name);
}

/**
 * @param {string} bundle
 * @param {(name: string) => void} [onLater] told of each file that is needed in the middle of a call
 */
export function assetsIn(bundle, onLater = () => {}) {
  const pathOf = pathIn(bundle);
  return {
    names: [],
    read: (/** @type {string} */ name) => readFile(pathOf(name)),
    readNow: (/** @type {string} */ name) => {
      onLater(name);
      return readFileSync(pathOf(name));
    },
  };
}
