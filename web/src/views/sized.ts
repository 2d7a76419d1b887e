/** Draws at the width that is really there, and again when it changes. */
export function sized<T>(host: HTMLElement, draw: (data: T, width: number) => void): (data: T) => void {
  let last: { data: T } | undefined;
  let width = 0;
  new ResizeObserver(() => {
    const now = Math.floor(host.clientWidth);
    if (now === width) return;
    width = now;
    if (last !== undefined && width > 0) draw(last.data, width);
  }).observe(host);
  return (data) => {
    last = { data };
    // Read once: asking in every draw would make the browser lay the page out each time.
    if (width === 0) width = Math.floor(host.clientWidth);
    if (width > 0) draw(data, width);
  };
}
