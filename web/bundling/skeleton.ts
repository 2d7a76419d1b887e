/** Sections that the page and the report have in common: `<!-- skeleton: NAME -->` stands for src/skeleton/NAME.html. */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const folder = new URL("../src/skeleton/", import.meta.url);

/** Puts the sections into a page when it is built; `words` are what stands in them for `{{name}}`. */
export function skeleton(words: Readonly<Record<string, string>>): Plugin {
  const word = (name: string): string => {
    const found = words[name];
    if (found === undefined) throw new Error(`the skeleton has no word for {{${name}}}`);
    return found;
  };
  const section = (indent: string, name: string): string =>
    readFileSync(new URL(`${name}.html`, folder), "utf8")
      .trimEnd()
      .replaceAll(/\{\{(\w+)\}\}/g, (_, of: string) => word(of))
      .replaceAll(/^(?=.)/gm, indent);
  return {
    name: "skeleton",
    transformIndexHtml: {
      order: "pre",
      handler: (html) => html.replaceAll(/^( *)<!-- skeleton: (\w+) -->$/gm, (_, indent: string, name: string) => section(indent, name)),
    },
  };
}
