/** A static server for web/dist on 127.0.0.1, which compresses as most hosts do: `node e2e/server.mjs [port]` serves until stopped. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

const compress = promisify(brotliCompress);
/** Quality of hosts that compress while they send. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** Serves `folder` on a free port, or on `port`. */
export async function serve(folder = dist, port = 0) {
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url, "http://local").pathname));
      const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
      if (!file.startsWith(folder)) throw new Error("not there");
      let bytes = await readFile(file);
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      response.setHeader("cache-control", "no-cache");
      // Fonts are compressed already.
      if (extname(file) !== ".woff2" && /\bbr\b/.test(request.headers["accept-encoding"] ?? "")) {
        response.setHeader("content-encoding", "br");
        bytes = await compress(bytes, QUALITY);
      }
      response.writeHead(200).end(bytes);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { server, address: `http://127.0.0.1:${server.address().port}/` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await serve(dist, Number(process.argv[2] ?? 0));
  console.log(`serving web/dist at ${address} until stopped`);
}
