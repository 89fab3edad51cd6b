// Two of the documented component, as StrictMode mounts them in development, and a third that the test moves about.
import { useTracker } from "dlt-web/react";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Scanner } from "./Scanner.jsx";

const OPTIONS = { handshakeCode: "200001-demo", licenseServer: "https://lts.example", assetBase: "/dlt/" };
const root = createRoot(document.getElementById("app"));

function Reader({ children, scan }) {
  // Before the effects of the component that holds the tracker.
  useEffect(() => {
    globalThis.early = scan({ format: "qr_code", text: "EARLY" }, { source: "image" }).catch(({ code }) => code);
  }, [scan]);
  return children;
}

function Probe({ options }) {
  const used = useTracker(options);
  globalThis.renderings = (globalThis.renderings ?? 0) + 1;
  globalThis.used = used;
  return <Reader scan={used.scan}>{used.error?.code ?? used.license.state}</Reader>;
}

globalThis.show = (scanners, more) =>
  root.render(
    <StrictMode>
      {Array.from({ length: scanners }, (_, index) => (
        <Scanner key={index} />
      ))}
      {more && (
        <p id="probe">
          <Probe options={{ ...OPTIONS, ...more }} />
        </p>
      )}
    </StrictMode>,
  );
globalThis.show(2, {});
