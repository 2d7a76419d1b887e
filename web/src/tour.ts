/** Tour of the page: a card beside one figure after the other. It leads and never holds: the page stays usable. */
import "./styles/tour.css";
import { keepTour } from "./address-extras";
import { act } from "./tour-actions";
import { place } from "./tour-place";
import { STEPS, type Look, type Step } from "./tour-steps";

/** The card and its steps; the focus returns to the button that opened it. */
export class Tour {
  private readonly card = document.createElement("div");
  private readonly count = document.createElement("p");
  private readonly title = document.createElement("h2");
  private readonly text = document.createElement("p");
  private readonly back = button("Back", "tour-back", () => this.show(this.number - 1));
  private readonly next = button("Next", "tour-next", () => (this.number < STEPS.length ? this.show(this.number + 1) : this.close()));
  private readonly skip = button("Skip the tour", "tour-skip", () => this.close());
  /** Number of the step in sight, from 1; 0 while the tour is closed. */
  private number = 0;
  private target: Element | undefined;
  private planned = false;
  /** Ends what a step waits for. */
  private step = new AbortController();
  /** Ends what the open tour listens to. */
  private opened = new AbortController();

  constructor(private readonly opener: HTMLElement) {
    const { card, count, title, text, back, next, skip } = this;
    card.className = "tour-card";
    card.dataset["testid"] = "tour-card";
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-modal", "false");
    card.setAttribute("aria-labelledby", (title.id = "tour-title"));
    card.setAttribute("aria-describedby", (text.id = "tour-text"));
    // Focus stays on the button that was pressed; the new words are read from here.
    const words = document.createElement("div");
    words.setAttribute("aria-live", "polite");
    words.setAttribute("aria-atomic", "true");
    count.className = "tour-count";
    words.append(count, title, text);
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    next.classList.add("primary");
    skip.classList.add("quiet");
    buttons.append(next, back, skip);
    card.append(words, buttons);
  }

  show(number: number, ownComparison = false): void {
    const step = STEPS[number - 1];
    if (step === undefined) return;
    const fresh = this.number === 0;
    this.number = number;
    this.step.abort();
    this.step = new AbortController();
    this.count.textContent = `Step ${number} of ${STEPS.length}`;
    this.title.textContent = step.title;
    const last = number === STEPS.length;
    this.next.textContent = last ? "Finish" : "Next";
    this.skip.hidden = last;
    // A disabled button cannot keep the focus.
    if (number === 1 && document.activeElement === this.back) this.next.focus();
    this.back.disabled = number === 1;
    if (fresh) this.open();
    this.point(step, true);
    for (const action of step.actions) {
      if (!ownComparison || !("select" in action)) act(action, this.step.signal);
    }
    keepTour(number);
  }

  private open(): void {
    document.body.append(this.card);
    document.body.classList.add("touring");
    this.next.focus({ preventScroll: true });
    this.opened = new AbortController();
    const { signal } = this.opened;
    const plan = (): void => this.plan();
    addEventListener("scroll", plan, { passive: true, signal });
    addEventListener("resize", plan, { signal });
    const sizes = new ResizeObserver(plan);
    sizes.observe(document.body);
    signal.addEventListener("abort", () => sizes.disconnect());
    document.addEventListener("keydown", (event) => this.hear(event), { signal });
  }

  private close(): void {
    const inside = this.card.contains(document.activeElement);
    this.number = 0;
    this.step.abort();
    this.opened.abort();
    this.card.remove();
    document.body.classList.remove("touring");
    this.mark(undefined);
    if (inside) this.opener.focus({ preventScroll: true });
    keepTour(undefined);
  }

  private hear(event: KeyboardEvent): void {
    const menu = event.target instanceof Element && event.target.closest('[role="menu"]') !== null;
    if (event.key === "Escape" && !event.defaultPrevented && !menu) this.close();
  }

  /** Points again before the next frame: the page has moved, or a figure has come. */
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => {
      this.planned = false;
      const step = STEPS[this.number - 1];
      if (step !== undefined) this.point(step, false);
    });
  }

  /** Points at the figure of a step; a figure that has just come is scrolled to where the one before it was in sight. */
  private point({ looks }: Step, arrived: boolean): void {
    const { target: before } = this;
    const { look, target } = choice(looks);
    if (look !== undefined && this.text.textContent !== look.text) this.text.textContent = look.text;
    this.mark(target);
    if (target !== undefined && (arrived || (target !== before && inSight(before)))) scrollTo(target);
    place(this.card, target);
  }

  private mark(target: Element | undefined): void {
    if (this.target !== target) this.target?.classList.remove("tour-target");
    target?.classList.add("tour-target");
    this.target = target;
  }
}

/** The first figure that is on the page; without one, the words of the last. */
function choice(looks: readonly Look[]): { look: Look | undefined; target: Element | undefined } {
  for (const look of looks) {
    const target = document.querySelector(look.at);
    if (target !== null && target.getClientRects().length > 0) return { look, target };
  }
  return { look: looks.at(-1), target: undefined };
}

function inSight(element: Element | undefined): boolean {
  if (element === undefined) return true;
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** Scrolls an element to below the bar that stays in sight. */
function scrollTo(element: Element): void {
  const bar = document.querySelector<HTMLElement>(".transport")?.offsetHeight ?? 0;
  window.scrollTo({ top: element.getBoundingClientRect().top + scrollY - bar - 16 });
}

function button(label: string, testid: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.dataset["testid"] = testid;
  made.addEventListener("click", press);
  return made;
}
