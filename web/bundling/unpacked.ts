/** Files of the library without their own compression: that of web servers is stronger. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { inflateSync } from "node:zlib";
import type { Plugin } from "vite";

const QUERY = "?unpacked";

/** Address of a zlib file's content, for imports that end in `?unpacked`; the development server gives the file itself. */
export function unpacked(): Plugin {
  let build = false;
  return {
    name: "unpacked",
    enforce: "pre",
    configResolved: ({ command }) => {
      build = command === "build";
    },
    async resolveId(source, importer) {
      if (!source.endsWith(QUERY)) return undefined;
      const found = await this.resolve(source.slice(0, -QUERY.length), importer, { skipSelf: true });
      return found === null ? undefined : found.id + QUERY;
    },
    load(id) {
      if (!id.endsWith(QUERY)) return undefined;
      const file = id.slice(0, -QUERY.length);
      if (!build) return `export { default } from ${JSON.stringify(`${file}?url`)};`;
      const asset = this.emitFile({ type: "asset", name: basename(file), source: inflateSync(readFileSync(file)) });
      return `export default import.meta.ROLLUP_FILE_URL_${asset};`;
    },
  };
}
