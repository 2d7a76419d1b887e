/** The one place where the page speaks to the visitor about something that happened. */

export interface Action {
  label: string;
  run(): void;
  /** Name of its button for tests. */
  testid?: string;
}

export class Message {
  constructor(private readonly host: HTMLElement) {}

  say(text: string, tone: "note" | "fault" = "note", action?: Action): void {
    const words = document.createElement("p");
    words.textContent = text;
    const close = button("Dismiss", () => this.clear());
    const acting = action === undefined ? [] : [button(action.label, () => (this.clear(), action.run()), action.testid)];
    this.host.replaceChildren(words, ...acting, close);
    this.host.dataset["tone"] = tone;
    this.host.hidden = false;
  }

  clear(): void {
    this.host.replaceChildren();
    this.host.hidden = true;
  }
}

function button(label: string, run: () => void, testid?: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  if (testid !== undefined) made.dataset["testid"] = testid;
  made.addEventListener("click", run);
  return made;
}
