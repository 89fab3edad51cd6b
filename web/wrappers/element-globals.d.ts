/** What `<dlt-tracker>` is to TypeScript wherever `dlt-web/element` is imported: an element, and its events. */

import type { TrackerError, TrackerEvents } from "../dlt-web.js";
import type { DltTrackerElement } from "./element.js";

/** What each event of the element carries as `detail`. */
export interface DltTrackerEvents extends TrackerEvents {
  error: TrackerError;
}

declare module "./element.js" {
  interface DltTrackerElement {
    addEventListener<T extends keyof DltTrackerEvents>(
      type: T,
      listener: (this: DltTrackerElement, event: CustomEvent<DltTrackerEvents[T]>) => void,
      options?: boolean | AddEventListenerOptions,
    ): void;
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener<T extends keyof DltTrackerEvents>(
      type: T,
      listener: (this: DltTrackerElement, event: CustomEvent<DltTrackerEvents[T]>) => void,
      options?: boolean | EventListenerOptions,
    ): void;
    removeEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | EventListenerOptions,
    ): void;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dlt-tracker": DltTrackerElement;
  }
}
