/** Builds `<lambda-darts-cell>` into one file for any page: dist/lambda-darts-cell.js. */
import { defineConfig, type Plugin } from "vite";
import { licences } from "./bundling/licences.ts";

const root = import.meta.dirname;

/** The licences stand at the end of the file. */
const withLicences: Plugin = {
  name: "with-licences",
  enforce: "post",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") file.code += `/*\n${licences(Object.keys(file.modules)).replaceAll("*/", "* /")}*/\n`;
    }
  },
};

export default defineConfig({
  publicDir: false,
  plugins: [withLicences],
  build: {
    target: "es2022",
    emptyOutDir: false,
    lib: { entry: `${root}/src/element.ts`, formats: ["es"], fileName: () => "lambda-darts-cell.js" },
  },
});
