/** The one place where the page speaks to the visitor about something that happened. */

export interface Action {
  label: string;
  run(): void;
}

export class Message {
  constructor(private readonly host: HTMLElement) {}

  say(text: string, tone: "note" | "fault" = "note", action?: Action): void {
    const words = document.createElement("p");
    words.textContent = text;
    const close = button("Dismiss", () => this.clear());
    const acting = action === undefined ? [] : [button(action.label, () => (this.clear(), action.run()))];
    this.host.replaceChildren(words, ...acting, close);
    this.host.dataset["tone"] = tone;
    this.host.hidden = false;
  }

  clear(): void {
    this.host.replaceChildren();
    this.host.hidden = true;
  }
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}
