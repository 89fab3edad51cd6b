/** Options that mean the same, however they are written, and options that do not. */

import assert from "node:assert/strict";
import test from "node:test";
import { Tracker } from "../../web/dlt-web.js";
import { describeOptions, differingOptions } from "../../web/page/options.js";

const BUILD = { moduleUrl: "https://shop.example/app/dlt-web.js", manifestSha384: "" };
const PLAIN = { handshakeCode: "code", licenseServer: "https://lts.example" };

const described = (options) => describeOptions({ ...PLAIN, ...options }, BUILD);
const textOf = (options) => JSON.stringify([...described(options).texts]);

const SAME = {
  "a default written out": { duplicateForgetTime: 3000, duplicateMode: "sliding" },
  "another way to write a number": { duplicateForgetTime: 3e3 },
  "null and undefined for what is not set": { sessionPassword: null, enforcement: undefined, persistStorage: null },
  "a server alone in a list": { licenseServer: ["https://lts.example"] },
  "a server with a slash at its end, or its port written out": { licenseServer: "https://lts.example:443/" },
  "the folder of the module written out": { assetBase: "/app" },
};

for (const [name, options] of Object.entries(SAME)) {
  test(`equal: ${name}`, () => {
    assert.deepEqual(differingOptions(described({}), described(options)), []);
    assert.equal(textOf(options), textOf({}));
  });
}

test("equal: another order", () => {
  const { handshakeCode, licenseServer } = PLAIN;
  const turned = describeOptions({ product: "p", licenseServer, durability: "strict", handshakeCode }, BUILD);
  const straight = describeOptions({ handshakeCode, durability: "strict", licenseServer, product: "p" }, BUILD);
  assert.deepEqual([...turned.texts], [...straight.texts]);
});

const OTHER = {
  duplicateForgetTime: 2999,
  duplicateMode: "fixed",
  enforcement: "event",
  licenseServer: "https://lts.example/standby",
  sessionPassword: "secret",
  assetBase: "/elsewhere/",
};

for (const [name, value] of Object.entries(OTHER)) {
  test(`not equal: another ${name}, which is named`, () => {
    assert.deepEqual(differingOptions(described({}), described({ [name]: value })), [name]);
  });
}

test("a second tracker whose options mean the same shares the first one; one of others is refused at once", async () => {
  const assetBase = "https://shop.example/app/";
  const first = new Tracker({ ...PLAIN, assetBase });
  const second = new Tracker({ assetBase, ...PLAIN, duplicateForgetTime: 3000, sessionPassword: null });
  assert.equal(second.ready, first.ready);
  assert.throws(() => new Tracker({ ...PLAIN, assetBase, duplicateForgetTime: 1 }), {
    code: "OPTION_CONFLICT",
    message: /another duplicateForgetTime\./,
  });
  await Promise.all([first.close(), second.close()]);
});

test("a module that a bundler has told of its own machine does not know where its files are, and says so", () => {
  const moduleUrl = "file:///home/someone/shop/node_modules/dlt-web/dist/dlt-web.js";
  const bundled = (options) => describeOptions({ ...PLAIN, ...options }, { ...BUILD, moduleUrl });
  // Where there is no page, a tracker says that it needs one.
  assert.equal(bundled({}).assetBase, "file:///home/someone/shop/node_modules/dlt-web/dist/");
  globalThis.location = new URL("https://shop.example/");
  globalThis.document = { baseURI: "https://shop.example/" };
  try {
    assert.throws(() => bundled({}), { code: "OPTION_INVALID", message: /from a file: URL; set assetBase/ });
    assert.equal(bundled({ assetBase: "/dlt/" }).assetBase, "https://shop.example/dlt/");
  } finally {
    delete globalThis.location;
    delete globalThis.document;
  }
});
