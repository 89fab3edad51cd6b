/** The test codes as a page of their own, for the camera of another device, or to be printed. */
import { byId, element, svg } from "./dom.js";
import { startThemeSwitch } from "./theme.js";
import { wallCodes } from "./wall-codes.js";

startThemeSwitch(byId("theme"));
byId("print").addEventListener("click", () => print());

try {
  const codes = await wallCodes();
  byId("codes").replaceChildren(
    ...codes.map(({ name, width, height, path }) => {
      const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${name} to scan` });
      picture.append(svg("path", { d: path }));
      return element("li", {}, element("figure", {}, picture, element("figcaption", { class: "small" }, name)));
    }),
  );
} catch (error) {
  byId("codes").replaceChildren(
    element("li", {}, `${error instanceof Error ? error.message : error} Reload the page.`),
  );
}
