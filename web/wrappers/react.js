"use client";

/** @file A tracker in a React component, which runs in the browser: a framework that renders on a server is told so above. */

import { useEffect, useLayoutEffect, useState } from "react";
import { Holder, keyOf, NOTHING_HELD } from "./holder.js";

/** Before the passive effects of the component's children, which may scan. On a server, where neither runs, React warns. */
const useMounting = typeof document === "undefined" ? useEffect : useLayoutEffect;

/**
 * @typedef {import("./holder.js").TrackerView & { scan: Holder["scan"] }} UsedTracker
 */

/**
 * Holds the page's tracker of these options while the component is mounted, and renders it anew when license, storage or
 * consent changed. Components with equal options share one tracker, and so one device and one runtime, also where
 * StrictMode mounts them twice. `scan` is the same function with each rendering.
 *
 * @param {import("../dlt-web.js").TrackerOptions} options
 * @returns {Readonly<UsedTracker>}
 */
export function useTracker(options) {
  const [holder] = useState(() => new Holder());
  const [view, show] = useState(NOTHING_HELD);
  // The object is another one with each rendering; options that mean the same are the same tracker.
  useMounting(() => holder.hold(options, show), [holder, keyOf(options)]);
  return { ...view, scan: holder.scan };
}
