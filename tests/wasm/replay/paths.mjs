// Where the files of a bundle lie that the loader asks for by name.
import { existsSync, readFileSync } from "node:fs";
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
