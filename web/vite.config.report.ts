/** Builds report.html into one file for the command line, which puts runs into it: cli/assets/report.html. */
import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";
import { licences } from "./bundling/licences.ts";
import { skeleton } from "./bundling/skeleton.ts";

const root = import.meta.dirname;
/** Element that the command line puts the runs into. */
const PLACE = '<script type="application/json" id="runs">[]</script>';
const MOST_BYTES = 250_000;

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Script and styles go into the page, and their hashes into its policy. */
const oneFile: Plugin = {
  name: "one-file",
  enforce: "post",
  generateBundle(_, bundle) {
    const files = Object.values(bundle);
    const [page, style] = [".html", ".css"].map((end) => files.find(({ fileName }) => fileName.endsWith(end)));
    const chunks = files.filter((file) => file.type === "chunk");
    const [script] = chunks;
    if (page?.type !== "asset" || style?.type !== "asset" || script === undefined || files.length !== 3) {
      throw new Error(`not a page, a script and a style sheet: ${files.map(({ fileName }) => fileName)}`);
    }
    // The parser of HTML reads these before the one of JavaScript does.
    const code = script.code.trim().replaceAll(/<(?=\/script|!--)/gi, "\\x3c");
    const rules = String(style.source).trim();
    const html = String(page.source)
      .replace(/\s*<script type="module"[^>]*><\/script>/, "")
      .replace(/\s*<link rel="stylesheet"[^>]*>/, "")
      .replace("script-src SCRIPT", () => `script-src ${hash(code)}`)
      .replace("style-src STYLE", () => `style-src ${hash(rules)}`)
      .replace("</head>", () => `<style>${rules}</style>\n  </head>`)
      // A comment ends at two hyphens.
      .replace("</body>", () => `<script type="module">${code}</script>\n    <!--\n${licences(Object.keys(script.modules)).replaceAll("--", "- -")}-->\n  </body>`);
    const size = Buffer.byteLength(html);
    if (html.split(PLACE).length !== 2) throw new Error("the place of the runs is not there exactly once");
    if (/url\((?!["']?#)|<link|<script[^>]* src|<img/.test(html)) throw new Error("something is still outside of the page");
    if (size > MOST_BYTES) throw new Error(`the page has ${size} bytes`);
    page.source = html;
    for (const { fileName } of [script, style]) delete bundle[fileName];
  },
};

/** Words of the report before its runs are drawn. */
const words = { of: ' data-of="searches"', left: "", right: "", status: "", derived: "is derived at this epoch" };

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [skeleton(words), oneFile],
  build: {
    target: "es2022",
    outDir: "../cli/assets",
    emptyOutDir: false,
    modulePreload: false,
    rollupOptions: { input: `${root}/report.html` },
  },
});
