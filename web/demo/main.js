/** The demo page: puts the parts together. No rule of counting or licensing is here; those are the tracker's. */

import { DemoPage } from "./demo-page.js";
import { byId, setText } from "./dom.js";
import { Notices } from "./notices.js";
import { demoConfig } from "./server.js";
import { startThemeSwitch } from "./theme.js";

startThemeSwitch(byId("theme"));
setText(byId("host"), location.host);
const notices = new Notices();

start().catch((error) => {
  const words = `${error instanceof Error ? error.message : error} Start it with “dlt-web demo” and reload.`;
  notices.show([{ key: "start", kind: "bad", icon: "cross", title: "The demo’s server does not answer", words }]);
});

async function start() {
  await new DemoPage(await demoConfig(), notices).start();
}
