// Two of the documented component, and a third whose options the test changes.
import { useTracker } from "dlt-web/vue";
import { createApp, defineComponent, h, onMounted, reactive, ref } from "vue";
import Scanner from "./Scanner.vue";

const OPTIONS = { handshakeCode: "200001-demo", licenseServer: "https://lts.example", assetBase: "/dlt/" };
const shown = reactive({ scanners: 2, more: {} });

const Reader = defineComponent({
  props: ["scan"],
  setup(props) {
    // Before the component that holds the tracker is mounted.
    onMounted(() => {
      const early = props.scan({ format: "qr_code", text: "EARLY" }, { source: "image" });
      globalThis.early = early.catch(({ code }) => code);
    });
    return () => null;
  },
});

const Probe = defineComponent({
  props: ["more"],
  setup(props) {
    const used = useTracker(() => ({ ...OPTIONS, ...props.more }));
    const renderings = ref(0);
    globalThis.used = used;
    return () => {
      globalThis.renderings = renderings.value;
      return [used.error.value?.code ?? used.license.value.state, h(Reader, { scan: used.scan })];
    };
  },
});

createApp({
  render: () => [
    ...Array.from({ length: shown.scanners }, (_, key) => h(Scanner, { key })),
    shown.more && h("p", { id: "probe" }, h(Probe, { more: shown.more })),
  ],
}).mount("#app");

globalThis.show = (scanners, more) => Object.assign(shown, { scanners, more });
