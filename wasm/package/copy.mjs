#!/usr/bin/env node
/**
 * @file `dlt-web copy FOLDER`: lays the files that the tracker loads by itself where the app's server finds them, for
 * which no bundler is needed and none comes in the way. A later call replaces what an earlier one left.
 */

import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

const FROM = join(dirname(fileURLToPath(import.meta.url)), "dist");
const USAGE = "usage: dlt-web copy FOLDER";
/** Two builds with one list are the same build: it holds each file's hash. */
const LIST = "precache.json";

class Refusal extends Error {}

/** @param {string} folder */
async function copy(folder) {
  const to = resolve(folder);
  if (await isUpToDate(to)) {
    return `dlt-web: ${folder} is up to date`;
  }
  await refuseForeign(to, folder);
  // Beside it, so that it is put in place at once: a development server may be serving it.
  await mkdir(dirname(to), { recursive: true });
  const scratch = await mkdtemp(join(dirname(to), `.${basename(to)}-`));
  try {
    const fresh = join(scratch, "fresh");
    await cp(FROM, fresh, { recursive: true, filter: (path) => !path.endsWith(".d.ts") });
    // Aside first: on Windows what is open cannot be moved, and then all stays as it was.
    const before = join(scratch, "before");
    await rename(to, before).catch((error) => {
      if (error.code !== "ENOENT") {
        throw error;
      }
    });
    await rename(fresh, to).catch(async (error) => {
      await rename(before, to).catch(() => {});
      throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return `dlt-web: copied to ${folder}; give the tracker its URL as assetBase`;
}

/** @param {string} to */
async function isUpToDate(to) {
  const there = await readFile(join(to, LIST), "utf8").catch(() => null);
  if (there === null || there !== (await readFile(join(FROM, LIST), "utf8"))) {
    return false;
  }
  // A cache of a build machine may have brought a part of it.
  const files = Object.entries((await filesOf(to)) ?? { "": {} });
  const sizes = files.map(([name, { file = name }]) => stat(join(to, file)).catch(() => null));
  return (await Promise.all(sizes)).every((found, at) => found?.size === files[at]?.[1].bytes);
}

/**
 * Tells what a build has listed in a folder: many an app's folder has a `manifest.json`.
 *
 * @param {string} folder
 * @returns {Promise<Record<string, { file?: string, bytes?: number }> | null>}
 */
async function filesOf(folder) {
  try {
    const { files } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    return files?.["worker/main.js"] === undefined ? null : files;
  } catch {
    return null;
  }
}

/**
 * @param {string} to
 * @param {string} folder as it was named
 */
async function refuseForeign(to, folder) {
  const names = await readdir(to).catch((error) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw new Refusal(error.code === "ENOTDIR" ? `${folder} is a file: name a folder` : `${folder}: ${error.message}`);
  });
  if (names.length > 0 && !(names.includes("dlt-web.js") && (await filesOf(to)) !== null)) {
    throw new Refusal(`${folder} is not empty and holds no earlier copy: name an empty or a new folder`);
  }
}

// The tracker's messages name the command as the Python package has it: `dlt-web build --out FOLDER`.
const words = argv
  .slice(2)
  .join("\0")
  .replace(/^build\0--out[\0=]/, "copy\0")
  .split("\0");
const [command, folder, ...more] = words;
if (command !== "copy" || !folder || more.length > 0) {
  console.error(`dlt-web: ${USAGE}`);
  exit(2);
}
try {
  console.log(await copy(folder));
} catch (error) {
  console.error(`dlt-web: ${error instanceof Error ? error.message : error}`);
  exit(1);
}
