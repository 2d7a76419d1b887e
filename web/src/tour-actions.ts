/** Controls that the tour sets, as a visitor would, and only where nothing of the visitor's is lost by it. */
import type { Action } from "./tour-steps";

const find = <E extends Element>(selector: string): E | null => document.querySelector<E>(selector);

/** Does one action; `signal` ends its waiting. */
export function act(action: Action, signal: AbortSignal): void {
  const [play, reset] = ["play", "reset"].map((id) => find<HTMLButtonElement>(`[data-testid="${id}"]`));
  if (play == null || reset == null) return;
  if ("check" in action) {
    const input = find<HTMLInputElement>(action.check);
    if (input?.checked === false) input.click();
  } else if ("select" in action) {
    if (reset.disabled) whenReady(play, reset, signal, () => select(action.select, action.value));
  } else {
    const button = find<HTMLButtonElement>(action.press);
    if (button !== null && (reset.disabled || !action.first)) whenReady(button, reset, signal, () => button.click());
  }
}

function select(selector: string, value: string): void {
  const control = find<HTMLSelectElement>(selector);
  if (control === null || control.value === value) return;
  control.value = value;
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Waits until a button can be pressed. After a reset it waits no longer: nothing is to go on then. */
function whenReady(button: HTMLButtonElement, reset: HTMLButtonElement, signal: AbortSignal, run: () => void): void {
  let begun = !reset.disabled;
  const observer = new MutationObserver(look);
  signal.addEventListener("abort", () => observer.disconnect());
  for (const one of [button, reset]) observer.observe(one, { attributeFilter: ["disabled"] });
  look();

  function look(): void {
    const over = begun && reset.disabled;
    begun = !reset.disabled;
    if (!over && button.disabled) return;
    observer.disconnect();
    if (!over) run();
  }
}
