/** A barcode reader in a worker of its own, so that reading never holds up the picture; which one says the address. */

/** @typedef {{ id: number, image: ImageData, source: "video" | "image" }} Question */

const name = new URL(location.href).searchParams.get("reader");
/** @type {Promise<import("./decoder.js").Reader>} */
const loading = import(`./readers/${name}.js`);
loading.catch(() => {}); // each question is answered with it

addEventListener("message", async (/** @type {MessageEvent<Question>} */ event) => {
  const { id, image, source } = event.data;
  try {
    const { read } = await loading;
    postMessage({ id, found: await read(image, source) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
