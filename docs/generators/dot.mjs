/** Draws a graph: reads it in Graphviz's language from standard input, writes SVG. Same text, same picture, anywhere. */
import { text } from "node:stream/consumers";
import { instance } from "@viz-js/viz";

const viz = await instance();
process.stdout.write(viz.renderString(await text(process.stdin), { format: "svg", engine: "dot" }));
