import { soon } from "../frames";
import { tidyTip } from "./tip";

/** Draws in one of the next frames at the width that is really there, and again when it changes. */
export function sized<T>(host: HTMLElement, draw: (data: T, width: number) => void): (data: T) => void {
  let last: { data: T } | undefined;
  let width = 0;
  const part = (): void => {
    if (last === undefined || width === 0) return;
    draw(last.data, width);
    tidyTip();
  };
  // The observer is told the width. Asking the element for it makes the browser lay the page out in the midst of a draw.
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry?.contentRect.width ?? 0);
    if (now === width) return;
    width = now;
    soon(part);
  }).observe(host);
  return (data) => {
    last = { data };
    soon(part);
  };
}
