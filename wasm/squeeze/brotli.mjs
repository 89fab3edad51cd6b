// Compresses files with Brotli, as many at once as Node has threads for it.
//
//   node brotli.mjs '[{"from": FILE, "to": FILE, "quality": 0…11}, …]'
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const compress = promisify(brotliCompress);
// As far as every browser looks back: https://www.rfc-editor.org/rfc/rfc7932#section-9.1
const WINDOW_BITS = 24;

await Promise.all(
  JSON.parse(process.argv[2]).map(async ({ from, to, quality }) => {
    const content = await readFile(from);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    await writeFile(to, await compress(content, { params }));
  }),
);
