import { existsSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";
import { skeleton } from "./bundling/skeleton.ts";

const root = import.meta.dirname;
const own = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { dependencies: Record<string, string> };

/** The licences of everything that ends up in the bundle, as one text file beside it. */
function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const parts = new Map<string, string>();
      const collect = (name: string): void => {
        const folder = `${root}/node_modules/${name}`;
        if (parts.has(name) || !existsSync(folder)) return;
        const text = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((file) => `${folder}/${file}`).find(existsSync);
        parts.set(name, text === undefined ? "" : readFileSync(text, "utf8").trim());
        const about = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as typeof own;
        Object.keys(about.dependencies ?? {}).forEach(collect);
      };
      Object.keys(own.dependencies).forEach(collect);
      const source = [...parts].map(([name, text]) => `${name}\n\n${text}\n`);
      // What is in the .wasm files, as `cargo xtask web` has collected it.
      const crates = `${root}/src/wasm/licences.txt`;
      if (existsSync(crates)) source.push(readFileSync(crates, "utf8"));
      // The images that are built in.
      for (const set of ["DIGITS", "FASHION"]) source.push(readFileSync(`${root}/../core/src/data/${set}-LICENSE.md`, "utf8"));
      this.emitFile({ type: "asset", fileName: "licences.txt", source: source.join("\n----\n\n") });
    },
  };
}

/** Words of the page before a search has begun. */
const words = { of: "", left: "DARTS", right: "Λ-DARTS", status: "Ready.", derived: "would be derived now" };

export default defineConfig({
  // Relative addresses: the page works in any folder of any static host.
  base: "./",
  plugins: [skeleton(words), licences()],
  worker: { format: "es" },
  // The development server also gives the library's files, which lie outside of this folder.
  server: { fs: { allow: [".", "../core/src"] } },
  build: {
    target: "es2022",
    // The content security policy allows no data: addresses for fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The .wasm files are large on purpose; the page itself is held small by looking at it.
    chunkSizeWarningLimit: 600,
  },
});
