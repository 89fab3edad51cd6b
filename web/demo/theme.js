/** The theme: the system's until someone chooses; loaded before the first paint. */
import { icon } from "./dom.js";

const KEY = "theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {string | null} */
function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden; the choice then lasts as long as the page
  }
}

const chosen = stored();
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : prefersDark.matches;
}

/**
 * Makes `button` the switch between light and dark.
 * @param {HTMLElement} button
 */
export function startThemeSwitch(button) {
  const show = () => {
    const dark = isDark();
    button.replaceChildren(icon(dark ? "sun" : "moon"));
    button.setAttribute("aria-label", dark ? "Use the light theme" : "Use the dark theme");
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // see stored()
    }
    show();
  });
  prefersDark.addEventListener("change", show);
  show();
}
