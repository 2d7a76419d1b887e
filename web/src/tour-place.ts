/** Place of the tour's card: below its figure, beside it or above it, and in a corner where there is no room. */

/** Distance to the figure and to the edges of the window, in pixels. */
const GAP = 14;
/** At this width the style sheet puts the card at the bottom of the window. */
const NARROW = matchMedia("(max-width: 52rem)");

/** Puts the card beside its figure. */
export function place(card: HTMLElement, target: Element | undefined): void {
  const { style } = card;
  if (NARROW.matches) {
    style.removeProperty("left");
    style.removeProperty("top");
    return;
  }
  const [width, height] = [document.documentElement.clientWidth, innerHeight];
  const { offsetWidth: w, offsetHeight: h } = card;
  const corner: readonly [number, number] = [width - w - GAP, height - h - GAP];
  let spots: (readonly [left: number, top: number])[] = [];
  if (target !== undefined) {
    const { left, top, right, bottom } = target.getBoundingClientRect();
    const beside = Math.max(GAP, Math.min(top, height - h - GAP));
    spots = [[left, bottom + GAP], [right + GAP, beside], [left - w - GAP, beside], [left, top - h - GAP]];
  }
  const fits = ([left, top]: readonly [number, number]): boolean =>
    left >= GAP && top >= GAP && left + w + GAP <= width && top + h + GAP <= height;
  const [left, top] = spots.find(fits) ?? corner;
  style.left = `${left}px`;
  style.top = `${top}px`;
}
