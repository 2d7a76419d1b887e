/** Licences of what ends up in a bundle of one file. */
import { existsSync, readFileSync } from "node:fs";

const root = `${import.meta.dirname}/..`;

/** The licences of the packages that these modules come from; packages with one text share it. */
export function licences(modules: readonly string[]): string {
  const packages = new Set(modules.flatMap((id) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []));
  const texts = new Map<string, string[]>();
  for (const name of [...packages].sort()) {
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((one) => `${root}/node_modules/${name}/${one}`).find(existsSync);
    if (file === undefined) throw new Error(`${name} has no licence`);
    const text = readFileSync(file, "utf8").trim();
    texts.set(text, [...(texts.get(text) ?? []), name]);
  }
  return [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`).join("\n");
}
