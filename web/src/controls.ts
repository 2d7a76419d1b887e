/** The form of all settings, made from their table. */
import { FIELDS, parse, type Field, type Settings } from "./settings";

/** Fields that stay in sight; the others are behind a disclosure. */
const MAIN: readonly (keyof Settings)[] = ["space", "left", "right"];
const TEST_IDS: Partial<Record<keyof Settings, string>> = {
  space: "space",
  left: "method-left",
  right: "method-right",
  device: "device-choice",
};

const GROUPS: readonly [title: string, keys: readonly (keyof Settings)[]][] = [
  ["Regularizer", ["lambda", "epsilon", "estimator", "schedule"]],
  ["Optimizers", ["lr", "arch_lr", "order", "unrolled"]],
  ["Size and length", ["channels", "cells", "epochs", "batch"]],
  ["Images, chance, device", ["data", "images", "size", "seed", "device"]],
];

type Control = HTMLInputElement | HTMLSelectElement;

export class Controls {
  private readonly controls = new Map<keyof Settings, Control>();

  /** `changed` is called with a value that the field can have. */
  constructor(
    main: HTMLElement,
    more: HTMLElement,
    private readonly changed: (key: keyof Settings, value: string | number) => void,
  ) {
    const field = (key: keyof Settings): Field => FIELDS.find((one) => one.key === key) as Field;
    main.append(...MAIN.map((key) => this.row(field(key))));
    for (const [title, keys] of GROUPS) {
      const [group, legend] = [document.createElement("fieldset"), document.createElement("legend")];
      legend.textContent = title;
      group.append(legend, ...keys.map((key) => this.row(field(key))));
      more.append(group);
    }
  }

  show(settings: Settings): void {
    for (const [key, control] of this.controls) {
      control.value = String(settings[key]);
      control.removeAttribute("aria-invalid");
    }
  }

  private row(field: Field): HTMLElement {
    const row = document.createElement("label");
    row.className = `field field-${field.key}`;
    if (field.key === "left" || field.key === "right") row.classList.add(field.key);
    const name = document.createElement("span");
    name.textContent = field.label;
    const control = "options" in field ? select(field.options) : number(field);
    control.name = field.key;
    control.dataset["testid"] = TEST_IDS[field.key] ?? `set-${field.key}`;
    control.title = field.hint;
    control.addEventListener("change", () => {
      const value = parse(field, control.value);
      if (value === undefined) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      if (value !== undefined) this.changed(field.key, value);
    });
    this.controls.set(field.key, control);
    row.append(name, control);
    return row;
  }
}

function select(options: readonly (readonly [string, string])[]): HTMLSelectElement {
  const made = document.createElement("select");
  made.append(...options.map(([value, label]) => new Option(label, value)));
  return made;
}

function number({ min, max, whole }: { min: number; max: number; whole: boolean }): HTMLInputElement {
  const made = document.createElement("input");
  made.type = "number";
  made.min = String(min);
  made.max = String(max);
  made.step = whole ? "1" : "any";
  made.inputMode = whole ? "numeric" : "decimal";
  return made;
}
