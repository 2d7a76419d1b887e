/** The form of all settings, made from their table and from what the library says of its methods. */
import { partsOf, type Catalog } from "./method";
import { linkTo, PaperLinks } from "./paper-links";
import { sourceOfPart } from "./papers";
import { FIELDS, fieldsOf, parse, type Field, type Option, type Settings, type Value } from "./settings";

/** Fields that stay in sight; the others are behind a disclosure. */
const MAIN: readonly string[] = ["space", "left", "right", "seeds"];
const TEST_IDS: ReadonlyMap<string, string> = new Map([
  ["space", "space"],
  ["left", "method-left"],
  ["right", "method-right"],
  ["device", "device-choice"],
  ["seeds", "seeds"],
]);

const GROUPS: readonly [title: string, keys: readonly string[]][] = [
  ["Optimizers, curvature", ["lr", "arch_lr", "order", "unrolled", "curvature"]],
  ["Size and length", ["channels", "cells", "epochs", "batch", "train"]],
  ["Images, chance, device", ["data", "images", "size", "seed", "device"]],
];

/** Control of a field, whatever elements it has. */
interface Control {
  element: HTMLElement;
  read(): string;
  show(value: Value): void;
}

export class Controls {
  private readonly fields = new Map<string, Field>();
  private readonly controls = new Map<string, Control>();
  private readonly groups = new Map<string, HTMLElement>();
  private readonly papers = new PaperLinks();
  private catalog: Catalog | undefined;

  /** `changed` is called with a value that the field can have. */
  constructor(
    main: HTMLElement,
    private readonly more: HTMLElement,
    private readonly changed: (key: string, value: Value) => void,
  ) {
    this.learn(FIELDS);
    main.append(...this.rows(MAIN));
    more.append(...GROUPS.map(([title, keys]) => group(title, this.rows(keys))));
  }

  /** Adds the methods and a group of controls for each of their parts. */
  complete(catalog: Catalog): void {
    if (this.catalog !== undefined) return;
    this.catalog = catalog;
    this.learn(fieldsOf(catalog));
    for (const key of ["left", "right"]) {
      const field = this.fields.get(key);
      const select = this.controls.get(key)?.element;
      if (field !== undefined && "options" in field) select?.replaceChildren(...options(field.options));
    }
    for (const part of catalog.parts) {
      const { name, label, hint, fields } = part;
      const made = group(label, this.rows(fields.map(({ key }) => key)), hint);
      const paper = sourceOfPart(part, catalog.methods);
      if (paper !== undefined) made.append(linkTo(paper));
      made.dataset["part"] = name;
      this.groups.set(name, made);
    }
    this.more.prepend(...this.groups.values());
  }

  /** Shows settings, and the groups of those parts that a side has. */
  show(settings: Settings): void {
    for (const [key, { element, show }] of this.controls) {
      show(settings[key] ?? "");
      element.removeAttribute("aria-invalid");
    }
    const { catalog } = this;
    if (catalog === undefined) return;
    this.papers.show(settings, catalog);
    const used = [settings.left, settings.right].flatMap((method) => partsOf(catalog, method));
    for (const [name, element] of this.groups) element.hidden = !used.some((part) => part.name === name);
  }

  private learn(fields: readonly Field[]): void {
    for (const field of fields) this.fields.set(field.key, field);
  }

  private rows(keys: readonly string[]): HTMLElement[] {
    return keys.flatMap((key) => {
      const field = this.fields.get(key);
      return field === undefined ? [] : [this.papers.beside(key, this.row(field))];
    });
  }

  private row(field: Field): HTMLElement {
    const { key, label, hint } = field;
    const control = controlOf(field);
    const { element } = control;
    const several = "options" in field && field.several === true;
    const row = document.createElement(several ? "div" : "label");
    row.className = `field field-${key}`;
    if (key === "left" || key === "right") row.classList.add(key);
    const name = document.createElement("span");
    name.textContent = label;
    if (several) {
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", label);
    }
    element.dataset["testid"] = TEST_IDS.get(key) ?? `set-${key}`;
    element.title = hint;
    element.addEventListener("change", () => {
      const value = parse(this.fields.get(key) ?? field, control.read());
      if (value === undefined) element.setAttribute("aria-invalid", "true");
      else element.removeAttribute("aria-invalid");
      if (value !== undefined) this.changed(key, value);
    });
    this.controls.set(key, control);
    row.append(name, element);
    return row;
  }
}

function group(title: string, rows: readonly HTMLElement[], hint = ""): HTMLFieldSetElement {
  const [made, legend] = [document.createElement("fieldset"), document.createElement("legend")];
  legend.textContent = title;
  legend.title = hint;
  made.append(legend, ...rows);
  return made;
}

function controlOf(field: Field): Control {
  if ("options" in field && field.several === true) return boxes(field.key, field.options);
  const element = "options" in field ? document.createElement("select") : "accepts" in field ? document.createElement("input") : number(field);
  if ("options" in field) element.append(...options(field.options));
  element.name = field.key;
  return { element, read: () => element.value, show: (value) => (element.value = String(value)) };
}

const options = (all: readonly Option[]): HTMLOptionElement[] =>
  all.map(([value, label, hint = ""]) => Object.assign(new Option(label, value), { title: hint }));

/** A box for each text of a list. */
function boxes(name: string, all: readonly Option[]): Control {
  const element = document.createElement("div");
  element.className = "boxes";
  const made = all.map(([value, label, hint = ""]) => {
    const [row, input] = [document.createElement("label"), document.createElement("input")];
    Object.assign(input, { type: "checkbox", name, value });
    row.title = hint;
    row.append(input, label);
    element.append(row);
    return input;
  });
  return {
    element,
    read: () => made.flatMap(({ checked, value }) => (checked ? [value] : [])).join(","),
    show: (value) => {
      const chosen = String(value).split(",");
      for (const input of made) input.checked = chosen.includes(input.value);
    },
  };
}

function number({ min, max, whole }: { min: number; max: number; whole: boolean }): HTMLInputElement {
  const made = document.createElement("input");
  made.type = "number";
  if (Number.isFinite(min)) made.min = String(min);
  if (Number.isFinite(max)) made.max = String(max);
  made.step = whole ? "1" : "any";
  made.inputMode = whole ? "numeric" : "decimal";
  return made;
}
