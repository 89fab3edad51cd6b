// Asks the stand-in one request for each line of standard input, over memory, and prints each answer as a line.
import { createInterface } from "node:readline";
import { StandIn } from "../../web/tryout/stand-in/server.js";

let kept = null;
const shelf = {
  load: async () => structuredClone(kept),
  save: async (books) => {
    kept = structuredClone(books);
  },
};
const standIn = new StandIn({ shelf, crypto, now: Date.now });
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await standIn.answer(JSON.parse(line))));
}
