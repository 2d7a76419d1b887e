/** One stop for the Tab key in a drawing; the arrow keys move among its parts. */

const STEPS: Record<string, [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** `parts` lie in a grid by their data-x and data-y. */
export function roving(svg: SVGSVGElement, selector: string): void {
  const parts = [...svg.querySelectorAll<SVGElement>(selector)];
  const current = parts.find((part) => part.getAttribute("tabindex") === "0") ?? parts[0];
  for (const part of parts) part.setAttribute("tabindex", part === current ? "0" : "-1");
  svg.onkeydown = (event) => {
    const step = STEPS[event.key];
    const from = event.target as SVGElement;
    if (step === undefined || !from.matches(selector)) return;
    const [x, y] = [Number(from.dataset["x"]) + step[0], Number(from.dataset["y"]) + step[1]];
    const to = svg.querySelector<SVGElement>(`${selector}[data-x="${x}"][data-y="${y}"]`);
    if (to === null) return;
    event.preventDefault();
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  };
}
