/** Small links beside the options that have a source. */
import "./styles/papers.css";
import type { Catalog } from "./method";
import { sourceOf, type Source } from "./papers";
import type { Settings } from "./settings";

/** Fields whose options have sources. */
const FIELDS: ReadonlySet<string> = new Set(["space", "left", "right", "data"]);

/** Links of the fields, each of which follows what is chosen there. */
export class PaperLinks {
  private readonly links = new Map<string, HTMLAnchorElement>();

  /** Gives a field room for its link. The link is no part of the label, which would take its name. */
  beside(key: string, row: HTMLElement): HTMLElement {
    if (!FIELDS.has(key)) return row;
    const link = linkTo(undefined);
    this.links.set(key, link);
    const host = document.createElement("div");
    host.className = `sourced field-${key}`;
    host.append(row, link);
    return host;
  }

  show(settings: Settings, catalog: Catalog): void {
    for (const [key, link] of this.links) aim(link, sourceOf(key, String(settings[key] ?? ""), catalog));
  }
}

/** Makes a link to a source; hidden without one. */
export function linkTo(source: Source | undefined): HTMLAnchorElement {
  const made = document.createElement("a");
  made.className = "paper";
  made.target = "_blank";
  made.rel = "noopener";
  aim(made, source);
  return made;
}

function aim(link: HTMLAnchorElement, source: Source | undefined): void {
  link.hidden = source === undefined;
  if (source === undefined) return;
  link.href = source.address;
  link.textContent = source.kind;
  link.title = `${source.kind}: ${source.name}, opens in a new tab`;
  link.setAttribute("aria-label", link.title);
}
