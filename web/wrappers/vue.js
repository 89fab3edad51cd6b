/** @file A tracker in a Vue component. */

import { computed, getCurrentInstance, markRaw, onBeforeMount, shallowRef, toValue, watch } from "vue";
import { Holder, keyOf, NOTHING_HELD } from "./holder.js";

/** @typedef {import("./holder.js").TrackerView} TrackerView */

/**
 * @template {keyof TrackerView} Name
 * @typedef {import("vue").ComputedRef<TrackerView[Name]>} Shown
 */

/**
 * Holds the page's tracker of these options while the component, or the effect scope, lives. Components with equal
 * options share one tracker, and so one device and one runtime. Does nothing on a server.
 *
 * @param {import("vue").MaybeRefOrGetter<import("../dlt-web.js").TrackerOptions>} options may change
 * @returns {{ tracker: Shown<"tracker">, license: Shown<"license">, deviceUuid: Shown<"deviceUuid">,
 *   storage: Shown<"storage">, consent: Shown<"consent">, error: Shown<"error">, scan: Holder["scan"] }}
 */
export function useTracker(options) {
  const holder = new Holder();
  const view = shallowRef(NOTHING_HELD);
  const begin = () =>
    watch(
      () => keyOf(toValue(options)),
      (_key, _before, onCleanup) => {
        const letGo = holder.hold(toValue(options), (now) => {
          // Its private members cannot be reached through a proxy.
          now.tracker && markRaw(now.tracker);
          view.value = now;
        });
        onCleanup(letGo);
      },
      { immediate: true },
    );
  if (getCurrentInstance() === null) {
    begin();
  } else {
    // Before the component's children are mounted, which may scan; not called on a server.
    onBeforeMount(begin);
  }
  return {
    tracker: computed(() => view.value.tracker),
    license: computed(() => view.value.license),
    deviceUuid: computed(() => view.value.deviceUuid),
    storage: computed(() => view.value.storage),
    consent: computed(() => view.value.consent),
    error: computed(() => view.value.error),
    scan: holder.scan,
  };
}
