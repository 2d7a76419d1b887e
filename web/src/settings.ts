/** Settings of a visitor: the part of a search's configuration that has a control and a place in the address. */
import { partOf, partsOf, type Catalog } from "./method";
import { seedsOf } from "./seeds";
import type { MethodConfig, Preset, SearchConfig } from "./types";

export type Method = Preset;
/** Value of a setting; a list is its texts with commas between them. */
export type Value = string | number;
export type SideName = "left" | "right";
export const SIDES: readonly SideName[] = ["left", "right"];

/** Settings by the key of their field: those below, and those of the parts of methods. */
export interface Settings {
  [key: string]: Value;
  space: string;
  left: Method;
  right: Method;
  lr: number;
  arch_lr: number;
  order: string;
  unrolled: string;
  curvature: string;
  channels: number;
  cells: number;
  epochs: number;
  batch: number;
  /** Epochs of the training of both derived cells; 0 for none. */
  train: number;
  data: string;
  /** 0 stands for all. */
  images: number;
  /** 0 stands for the images' own size. */
  size: number;
  seed: number;
  /** Seeds of a queue: a number of them, or a list. */
  seeds: string;
  device: string;
}

/** Epochs of a training that takes about a minute, beside another one on two processor cores. */
const TRAINING_EPOCHS = 8;

interface About {
  key: string;
  label: string;
  hint: string;
  /** True if the setting may be blank. */
  optional?: boolean;
}

export type Option = readonly [value: string, label: string, hint?: string];

/** A choice from a list, or of several texts of it, or a number in a range, or a text of a certain form. */
export type Field = About &
  ({ options: readonly Option[]; several?: boolean } | { min: number; max: number; whole: boolean } | { accepts(text: string): boolean });

/** Names of methods that letters and signs write; the others are their names in capitals. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ["lambda-darts", "Λ-DARTS"],
  ["lambda-darts-sign", "Λ±-DARTS"],
  ["beta-darts", "β-DARTS"],
  ["darts-minus", "DARTS−"],
  ["darts-plus", "DARTS+"],
  ["drnas", "DrNAS"],
  ["proxyless", "ProxylessNAS"],
]);

/** Every setting but those of the parts of methods, in the order of the controls. The library has the list of methods. */
export const FIELDS: readonly Field[] = [
  {
    key: "space",
    label: "Space",
    hint: "Space of the cells that can be found",
    options: [
      ["nas-bench-201", "NAS-Bench-201"],
      ["s2", "S2: skip or convolve"],
      ["s3", "S3: none, skip or convolve"],
      ["darts", "DARTS, small"],
    ],
  },
  { key: "left", label: "Left", hint: "The method of the left run", options: [] },
  { key: "right", label: "Right", hint: "The method of the right run", options: [] },
  { key: "lr", label: "Rate, weights", hint: "Learning rate of the first epoch", min: 1e-6, max: 10, whole: false },
  { key: "arch_lr", label: "Rate, α", hint: "Learning rate of the architecture", min: 1e-6, max: 10, whole: false },
  {
    key: "order",
    label: "First in a step",
    hint: "Weights or architecture, whichever is updated first",
    options: [
      ["weights-first", "weights"],
      ["architecture-first", "architecture"],
    ],
  },
  {
    key: "unrolled",
    label: "Gradient of α",
    hint: "At the present weights, or at the weights after one more step",
    options: [
      ["no", "first order"],
      ["yes", "second order"],
    ],
  },
  {
    key: "curvature",
    label: "Curvature",
    hint: "Measured at the end of each epoch, with passes of its own; the sharpness rule needs it",
    options: [
      ["no", "not measured"],
      ["yes", "measured"],
    ],
  },
  { key: "channels", label: "Channels", hint: "Number C of channels in the first cells", min: 1, max: 64, whole: true },
  { key: "cells", label: "Cells", hint: "Number of cells; in NAS-Bench-201, the number in each stage", min: 1, max: 20, whole: true },
  { key: "epochs", label: "Epochs", hint: "Number of passes over the training half", min: 1, max: 1000, whole: true },
  { key: "train", label: "Epochs of training", hint: "Number of epochs in which both derived cells are trained after the searches; 0 trains none", min: 0, max: 1000, whole: true },
  { key: "batch", label: "Batch", hint: "Number of images in a step", min: 2, max: 1024, whole: true },
  {
    key: "data",
    label: "Images",
    hint: "Fashion-MNIST and the digits are built in; a CIFAR-10 batch file is dropped on the page",
    options: [
      ["fashion", "Fashion-MNIST, built in", "4,000 pictures of clothes, 14×14 pixels"],
      ["digits", "digits, built in", "1,797 handwritten digits, 8×8 pixels: quicker"],
      ["cifar10", "my CIFAR-10 batch", "A batch file that is dropped on the page"],
    ],
  },
  { key: "images", label: "How many", hint: "Number of images, drawn by the seed; 0 takes all", min: 0, max: 50000, whole: true },
  { key: "size", label: "Side in pixels", hint: "Side that images are resized to; 0 leaves them as they are", min: 0, max: 64, whole: true },
  { key: "seed", label: "Seed", hint: "Seed of all random numbers", min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
  {
    key: "seeds",
    label: "Seeds",
    hint: "One after the other: a number from 1 to 20, which counts from the seed, or a list such as 0..4 or 3,7",
    accepts: (text) => seedsOf(text, 0) !== undefined,
  },
  {
    key: "device",
    label: "Device",
    hint: "auto takes a real GPU if there is one",
    options: [
      ["auto", "auto"],
      ["cpu", "CPU"],
      ["webgpu", "WebGPU"],
    ],
  },
];

export const methodLabel = (method: string): string => LABELS.get(method) ?? method.toUpperCase();

/** Every setting with its choices, in the order of the controls. */
export function fieldsOf(catalog: Catalog): Field[] {
  const options = catalog.methods.map(({ name, paper, description }) => [name, methodLabel(name), `${description} (${paper})`] as const);
  const fields = FIELDS.map((field) => (field.key === "left" || field.key === "right" ? { ...field, options } : field));
  const at = fields.findIndex(({ key }) => key === "right") + 1;
  return [...fields.slice(0, at), ...catalog.parts.flatMap((part) => part.fields), ...fields.slice(at)];
}

/** The value that `text` stands for, or undefined where the field cannot have it. */
export function parse(field: Field, text: string): Value | undefined {
  if ("options" in field) {
    const texts = field.options.map(([value]) => value);
    if (field.several !== true) return texts.includes(text) ? text : undefined;
    const wanted = text === "" ? [] : text.split(",");
    return wanted.every((one) => texts.includes(one)) ? texts.filter((one) => wanted.includes(one)).join(",") : undefined;
  }
  if ("accepts" in field) return field.accepts(text) ? text.trim() : undefined;
  if (text.trim() === "") return field.optional === true ? "" : undefined;
  const value = Number(text);
  const fits = Number.isFinite(value) && value >= field.min && value <= field.max;
  return fits && (!field.whole || Number.isInteger(value)) ? value : undefined;
}

/** The settings with one of them changed. */
export function changed(settings: Settings, key: string, value: Value): Settings {
  return { ...settings, [key]: value };
}

/** The settings that a configuration of the library stands for. */
export function fromConfig(config: SearchConfig, catalog: Catalog): Settings {
  return {
    ...partSettings(config.method, catalog),
    space: config.space,
    left: "darts",
    right: "lambda-darts",
    lr: config.weights.lr,
    arch_lr: config.architecture.lr,
    order: config.architecture.order,
    unrolled: config.architecture.unrolled ? "yes" : "no",
    curvature: config.measures.curvature ? "yes" : "no",
    channels: config.supernet.channels,
    cells: config.supernet.cells,
    epochs: config.epochs,
    batch: config.batch,
    train: TRAINING_EPOCHS,
    data: config.data.set,
    images: config.data.images ?? 0,
    size: config.data.size ?? 0,
    seed: Number(config.seed),
    seeds: "1",
    device: "auto",
  };
}

/** The settings of all parts. What a method decides if it is left out is blank, so that it fits every method. */
function partSettings(method: MethodConfig, { methods, parts }: Catalog): Record<string, Value> {
  const known = [method, ...methods.map((one) => one.method)];
  const fields = parts.flatMap(({ fields }) => fields);
  return Object.fromEntries(
    fields.map((field) => {
      const values = known.map((one) => field.fromJson(partOf(one, field.part)?.[field.property]));
      return [field.key, field.optional === true ? "" : (values.find((value) => value !== undefined) ?? "")];
    }),
  );
}

/** A method with the parts that it has, and no others; `base` supplies what has no control. */
export function methodOf(base: MethodConfig, settings: Settings, name: Method, catalog: Catalog): MethodConfig {
  const own = catalog.methods.find((one) => one.name === name)?.method ?? {};
  const parts = partsOf(catalog, name).map((part) => {
    const values: Record<string, unknown> = { ...partOf(own, part.name), ...partOf(base, part.name) };
    for (const { key, property, toJson } of part.fields) {
      const value = toJson(settings[key] ?? "");
      const published = partOf(own, part.name)?.[property];
      if (value !== undefined) values[property] = value;
      else if (published !== undefined) values[property] = published;
      else delete values[property];
    }
    return [part.name, values];
  });
  return { name, ...Object.fromEntries(parts) };
}

/** The configuration of one side; `base` supplies what has no control. */
export function toConfig(base: SearchConfig, settings: Settings, side: SideName, catalog: Catalog): SearchConfig {
  const config = structuredClone(base);
  config.space = settings.space;
  config.method = methodOf(base.method, settings, settings[side], catalog);
  config.weights.lr = settings.lr;
  config.weights.lr_min = Math.min(config.weights.lr_min, settings.lr);
  config.architecture.lr = settings.arch_lr;
  config.architecture.order = settings.order as SearchConfig["architecture"]["order"];
  config.architecture.unrolled = settings.unrolled === "yes";
  config.measures.curvature = settings.curvature === "yes";
  config.supernet.channels = settings.channels;
  config.supernet.cells = settings.cells;
  config.epochs = settings.epochs;
  config.batch = settings.batch;
  config.data.set = settings.data as SearchConfig["data"]["set"];
  if (settings.images > 0) config.data.images = settings.images;
  else delete config.data.images;
  if (settings.size > 0) config.data.size = settings.size;
  else delete config.data.size;
  config.seed = settings.seed;
  return config;
}
