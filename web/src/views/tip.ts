/** The card with numbers that appears beside whatever is pointed at or focused. */

export interface TipText {
  title: string;
  lines: readonly (readonly [name: string, value: string])[];
}

const GAP = 10;
let card: HTMLElement | undefined;
/** Subject of the card. */
let subject: Element | undefined;

function element(): HTMLElement {
  if (card === undefined) {
    card = document.createElement("div");
    card.className = "tip";
    card.setAttribute("role", "tooltip");
    card.hidden = true;
    addEventListener("scroll", hideTip, { passive: true, capture: true });
    addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
  }
  return card;
}

export function hideTip(): void {
  subject = undefined;
  if (card !== undefined) card.hidden = true;
}

/** After a redraw: takes the card away if what it spoke of is gone. */
export function tidyTip(): void {
  if (subject?.isConnected === false) hideTip();
}

function showTip(beside: Element, { title, lines }: TipText): void {
  const host = element();
  subject = beside;
  // Where the styles of the subject hold.
  const root = beside.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.body;
  if (host.parentNode !== place) place.append(host);
  const head = document.createElement("strong");
  head.textContent = title;
  const list = document.createElement("dl");
  for (const [name, value] of lines) {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = value;
    list.append(term, text);
  }
  host.replaceChildren(head, list);
  host.hidden = false;
  const [at, own] = [beside.getBoundingClientRect(), host.getBoundingClientRect()];
  const room = document.documentElement.clientWidth;
  const left = Math.max(GAP, Math.min(at.left + at.width / 2 - own.width / 2, room - own.width - GAP));
  const above = at.top - own.height - GAP;
  host.style.setProperty("left", `${left}px`);
  host.style.setProperty("top", `${above > GAP ? above : at.bottom + GAP}px`);
}

/** Says the same thing to the eye (a card) and to a screen reader (a label). */
export function describe(target: SVGElement, text: TipText): void {
  target.setAttribute("aria-label", `${text.title}. ${text.lines.map(([name, value]) => `${name} ${value}`).join(", ")}`);
  // Pointed at while it is redrawn: the card follows.
  if (target === subject) showTip(target, text);
  target.onpointerenter = () => showTip(target, text);
  target.onfocus = () => showTip(target, text);
  target.onclick = () => showTip(target, text);
  target.onpointerleave = hideTip;
  target.onblur = hideTip;
}
