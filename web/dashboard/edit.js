/** Forms for license items and handshake codes, new ones and changes; what two people change at once is told, not lost. */
import { element } from "../demo/dom.js";
import { Refused } from "./api.js";
import { confirmed, errorPlace, oneAtATime, openDialog } from "./ask.js";
import { lastOf, nameOf, titleOf } from "./audit.js";
import { changesOf, conflictsOf, stayingOf, theirsOf } from "./changes.js";
import { Fields, forNew } from "./fields.js";
import { CHARGED_BY, WHEN_FULL, when } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./gauge.js").Item} Item
 * @typedef {import("./items.js").Code} Code
 * @typedef {import("./fields.js").Field} Field
 *
 * @typedef {object} Kind what is edited
 * @property {string} noun
 * @property {string} path of all of them
 * @property {"license" | "handshake"} of its name in the audit log
 * @property {Field[]} added fields that only a new one has
 * @property {Field[]} fields
 */

const choices = (/** @type {Record<string, string>} */ words) => Object.entries(words);

/** @type {Kind} */
const ITEM = {
  noun: "item",
  path: "/v1/admin/licenses",
  of: "license",
  added: [{ name: "id", label: "Item id", kind: "text", isOptional: true, hint: "Empty: the server makes one." }],
  fields: [
    { name: "chargeWay", label: "Charged by", kind: choices(CHARGED_BY) },
    { name: "quota", label: "Quota", kind: "number", isRequired: true, hint: "Scans, devices, or devices at once." },
    { name: "product", label: "Product", kind: "text", isRequired: true },
    { name: "validFrom", label: "Valid from, UTC", kind: "moment", hint: "Empty: from ever on." },
    { name: "validUntil", label: "Valid until, UTC", kind: "moment", hint: "Empty: without an end." },
    { name: "onExhausted", label: "When full", kind: choices(WHEN_FULL) },
    {
      name: "gracePercent",
      label: "Grace, %",
      kind: "number",
      isRequired: true,
      hint: "So much above the quota is still allowed.",
    },
    {
      name: "deviceLifetimeSeconds",
      label: "Device lifetime, s",
      kind: "number",
      isOptional: true,
      hint: "Empty: as it is.",
      newHint: "Empty: 366 days, or 3 minutes for concurrent devices.",
    },
  ],
};

/** @type {Kind} */
const CODE = {
  noun: "code",
  path: "/v1/admin/handshakes",
  of: "handshake",
  added: [{ name: "handshakeCode", label: "Handshake code", kind: "text", isRequired: true }],
  fields: [
    {
      name: "licenses",
      label: "Items, in order",
      kind: "lines",
      isRequired: true,
      hint: "One id on each line; they are used from the first on.",
    },
    {
      name: "allowedOrigins",
      label: "Origins",
      kind: "lines",
      hint: "One on each line, such as https://shop.example. Empty: every page.",
    },
    { name: "customer", label: "Customer", kind: "text" },
    {
      name: "sessionPassword",
      label: "New session password",
      kind: "secret",
      isOptional: true,
      hint: "Empty: as it is.",
      newHint: "Empty: none.",
    },
    { name: "allowNonBrowser", label: "Clients without an origin, with the password", kind: "check" },
    { name: "test", label: "Test code, never billed", kind: "check" },
  ],
};

/** A new item as most are. */
const USUAL_ITEM = { chargeWay: "per_device", product: "barcode-reader", onExhausted: "refuse-all", gracePercent: 0 };

/** @param {Desk} desk @param {() => void} isDone */
export const addItem = (desk, isDone) => add(desk, ITEM, USUAL_ITEM, isDone);

/** @param {Desk} desk @param {() => void} isDone */
export const addCode = (desk, isDone) => add(desk, CODE, {}, isDone);

/**
 * @param {Desk} desk
 * @param {Kind} kind
 * @param {Record<string, unknown>} usual
 * @param {() => void} isDone
 */
function add(desk, kind, usual, isDone) {
  const fields = new Fields(forNew([...kind.added, ...kind.fields]));
  fields.write(usual);
  const { dialog, failed } = openForm(`Add ${kind.noun}`, fields, "Add", async () => {
    failed.clear();
    try {
      const { data } = await desk.api.change("POST", kind.path, fields.read());
      desk.say(`Added ${data.id}.`);
      dialog.close();
      isDone();
    } catch (error) {
      failed.say(error);
    }
  });
}

/**
 * Opens the form for what is there.
 * @param {Desk} desk
 * @param {Code | Item} what
 * @param {() => void} isDone
 */
export function edit(desk, what, isDone) {
  new Edit(desk, "items" in what ? CODE : ITEM, what, isDone);
}

class Edit {
  /** @param {Desk} desk @param {Kind} kind @param {Code | Item} what @param {() => void} isDone */
  constructor(desk, kind, what, isDone) {
    this.desk = desk;
    this.kind = kind;
    this.id = what.id;
    this.isDone = isDone;
    /** @type {Record<string, any>} as it was seen, and is to be changed from */
    this.seen = { ...what };
    this.version = what.version;
    /** @type {Set<string>} fields that were typed in before a conflict was told */
    this.touched = new Set();
    this.path = `${kind.path}/${encodeURIComponent(what.id)}`;
    this.fields = new Fields(kind.fields);
    this.fields.write(this.seen);
    const { dialog, submit, failed, actions } = openForm(`Edit ${what.id}`, this.fields, "Save", () => this.save());
    this.dialog = dialog;
    this.submit = submit;
    this.failed = failed;
    if (kind === ITEM) actions.append(this.revoke());
  }

  revoke() {
    const press = element("button", { class: "button danger push", type: "button" }, "Revoke…");
    press.disabled = this.seen.revoked;
    press.addEventListener("click", () => {
      const words = "No device gets a token from it any more. This cannot be taken back.";
      confirmed({ title: `Revoke ${this.id}?`, words, yes: "Revoke" }, async () => {
        await this.desk.api.change("POST", `${this.path}/revoke`);
        this.finish(`Revoked ${this.id}.`);
      });
    });
    return press;
  }

  /** @param {string} words */
  finish(words) {
    this.desk.say(words);
    this.dialog.close();
    this.isDone();
  }

  async save() {
    this.failed.clear();
    const changes = changesOf(this.seen, this.fields.read());
    if (Object.keys(changes).length === 0) {
      this.finish(`Nothing of ${this.id} was changed.`);
      return;
    }
    try {
      await this.desk.api.change("PATCH", this.path, changes, this.version);
      this.finish(`Saved ${this.id}.`);
    } catch (error) {
      if (error instanceof Refused && error.code === "CHANGED_MEANWHILE")
        await this.tellConflict().catch(this.failed.say);
      else this.failed.say(error);
    }
  }

  /** Shows what somebody else has set, and what was typed here; both are there until somebody decides. */
  async tellConflict() {
    const now = (await this.desk.api.get(this.path)).data;
    const typed = this.fields.read();
    const conflicts = conflictsOf(this.seen, now, typed, this.touched);
    for (const name of Object.keys(changesOf(this.seen, typed))) this.touched.add(name);
    const { who, done } = await this.lastChange();
    const told = conflicts.map((one) => `${this.fields.labelOf(one.name)}: ${conflictWords(one)}`);
    // A revoked item, say, has all its fields as they were.
    const lines = (told.length ? told : [done]).map((line) => element("li", {}, line));
    const take = element("button", { class: "button", type: "button" }, "Take theirs");
    const keep = element("button", { class: "button", type: "button" }, "Save mine over it");
    take.addEventListener("click", () => {
      // What was typed where nobody else has changed anything stays typed.
      this.goOnFrom(now, theirsOf(conflicts));
      this.failed.clear();
    });
    keep.addEventListener("click", () => {
      this.goOnFrom(now, stayingOf(conflicts, this.fields.read()));
      this.submit();
    });
    this.failed.place.replaceChildren(
      element(
        "div",
        { class: "notice warn" },
        element("strong", {}, `${this.id} was changed meanwhile${who}. Nothing of yours was saved, or lost.`),
        element("ul", { class: "sentences" }, ...lines),
        element("div", { class: "actions" }, take, keep),
      ),
    );
    take.focus();
  }

  /**
   * Takes what there is now for what is to be changed from: whatever the form holds otherwise is sent.
   * @param {Record<string, any>} now
   * @param {Record<string, any>} theirs what the form is to show of it
   */
  goOnFrom(now, theirs) {
    this.fields.write(theirs);
    this.seen = now;
    this.version = now.version;
    this.touched.clear();
  }

  /** Says by whom, when, and what was done. */
  async lastChange() {
    const { data } = await this.desk.api.get("/v1/admin/audit/latest?limit=100");
    const found = lastOf(data, this.kind.of, this.id);
    return {
      who: found ? ` by ${nameOf(found.actor)}, ${when(found.at, this.desk.now())}` : "",
      done: found ? `${titleOf(found)}.` : "No field of this form is another one.",
    };
  }
}

/** @param {import("./changes.js").Conflict} conflict */
function conflictWords({ before, now, mine, isTyped }) {
  const theirs = `was ${words(before)}, is now ${words(now)}`;
  return isTyped ? `${theirs}; you typed ${words(mine)}.` : `${theirs}; that stays.`;
}

/** @param {unknown} value */
function words(value) {
  if (value === null || value === undefined || value === "") return "nothing";
  return Array.isArray(value) ? value.join(", ") || "nothing" : String(value);
}

/**
 * @param {string} title
 * @param {Fields} fields
 * @param {string} yes
 * @param {() => Promise<void>} work what submitting does, once at a time
 */
function openForm(title, fields, yes, work) {
  const failed = errorPlace();
  const cancel = element("button", { class: "button", type: "button" }, "Cancel");
  const actions = element(
    "div",
    { class: "actions" },
    element("button", { class: "button primary", type: "submit" }, yes),
    cancel,
  );
  const form = element("form", {}, fields.element, failed.place, actions);
  const dialog = openDialog(title, [form], "form-dialog");
  cancel.addEventListener("click", () => dialog.close());
  const submit = oneAtATime(work);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return { dialog, submit, failed, actions };
}
