/** Papers of methods, of their parts, of spaces and of images; pages where there is no paper. */
import { partOf, type Catalog, type Part } from "./method";
import type { PresetInfo } from "./types";

/** Publication that an option comes from. */
export interface Source {
  kind: "paper" | "page";
  address: string;
  /** Name that it is cited by. */
  name: string;
}

const SPACES: Readonly<Record<string, string>> = {
  "nas-bench-201": "arXiv:2001.00326",
  darts: "arXiv:1806.09055",
  "darts-none": "arXiv:1806.09055",
  s1: "arXiv:1909.09656",
  s2: "arXiv:1909.09656",
  s3: "arXiv:1909.09656",
  s4: "arXiv:1909.09656",
};

const IMAGES: Readonly<Record<string, string>> = {
  fashion: "arXiv:1708.07747",
  digits: "https://doi.org/10.24432/C50P49",
  cifar10: "https://www.cs.toronto.edu/~kriz/cifar.html",
};

/** Returns the first paper that a text names, or the page that it is. */
export function sourceIn(text = ""): Source | undefined {
  const id = /\barXiv:(\d{4}\.\d{4,5})\b/i.exec(text)?.[1];
  if (id !== undefined) return { kind: "paper", address: `https://arxiv.org/abs/${id}`, name: `arXiv:${id}` };
  const reviewed = /https:\/\/openreview\.net\/[\w/?=&-]+/.exec(text)?.[0];
  if (reviewed !== undefined) return { kind: "paper", address: reviewed, name: "OpenReview" };
  return text.startsWith("https://") ? { kind: "page", address: text, name: new URL(text).host } : undefined;
}

/** Returns the source of what is chosen in a field. */
export function sourceOf(key: string, value: string, { methods }: Catalog): Source | undefined {
  if (key === "space") return sourceIn(SPACES[value]);
  if (key === "data") return sourceIn(IMAGES[value]);
  return sourceIn(methods.find(({ name }) => name === value)?.paper);
}

/** Returns the paper that the description of a part names, or else the one paper of the methods that it sets apart. */
export function sourceOfPart({ name, hint }: Part, methods: readonly PresetInfo[]): Source | undefined {
  const users = methods.filter(({ method }) => partOf(method, name) !== undefined);
  const [paper, ...others] = new Set(users.map((method) => method.paper));
  return sourceIn(hint) ?? (others.length === 0 && users.length < methods.length ? sourceIn(paper) : undefined);
}
