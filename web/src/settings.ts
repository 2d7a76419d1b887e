/** What a visitor can set: the part of a search's configuration that has a control and a place in the address. */
import type { SearchConfig } from "./types";

export type Method = SearchConfig["method"]["name"];
export type SideName = "left" | "right";
export const SIDES: readonly SideName[] = ["left", "right"];

export interface Settings {
  space: string;
  left: Method;
  right: Method;
  lambda: number;
  epsilon: number;
  estimator: string;
  schedule: string;
  lr: number;
  arch_lr: number;
  order: string;
  unrolled: string;
  channels: number;
  cells: number;
  epochs: number;
  batch: number;
  data: string;
  /** 0 stands for all. */
  images: number;
  /** 0 stands for the images' own size. */
  size: number;
  seed: number;
  device: string;
}

interface About {
  key: keyof Settings;
  label: string;
  hint: string;
}

/** A choice from a list, or a number in a range. */
export type Field = About &
  ({ options: readonly (readonly [value: string, label: string])[] } | { min: number; max: number; whole: boolean });

const METHODS = [
  ["darts", "DARTS"],
  ["lambda-darts", "Λ-DARTS"],
  ["lambda-darts-sign", "Λ±-DARTS"],
] as const;

/** Every setting, in the order of the controls. */
export const FIELDS: readonly Field[] = [
  {
    key: "space",
    label: "Space",
    hint: "Which cells can be found",
    options: [
      ["nas-bench-201", "NAS-Bench-201"],
      ["s2", "S2: skip or convolve"],
      ["s3", "S3: none, skip or convolve"],
      ["darts", "DARTS, small"],
    ],
  },
  { key: "left", label: "Left", hint: "The method of the left run", options: METHODS },
  { key: "right", label: "Right", hint: "The method of the right run", options: METHODS },
  { key: "lambda", label: "λ", hint: "Final strength of the regularizer", min: 0, max: 100, whole: false },
  { key: "epsilon", label: "ε₀", hint: "Step of the two-sided difference (frozen on the CPU takes none)", min: 1e-8, max: 10, whole: false },
  {
    key: "estimator",
    label: "Estimator",
    hint: "Central: two extra passes, each with its own ReLU and pooling branches. Frozen: the main pass's; one extra pass on the CPU",
    options: [
      ["central", "central (paper)"],
      ["frozen", "frozen (exact)"],
    ],
  },
  {
    key: "schedule",
    label: "λ over time",
    hint: "How the strength grows",
    options: [
      ["linear", "from 0 to λ"],
      ["constant", "λ throughout"],
    ],
  },
  { key: "lr", label: "Rate, weights", hint: "Learning rate of the first epoch", min: 1e-6, max: 10, whole: false },
  { key: "arch_lr", label: "Rate, α", hint: "Learning rate of the architecture", min: 1e-6, max: 10, whole: false },
  {
    key: "order",
    label: "First in a step",
    hint: "Which of the two is updated first",
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
  { key: "channels", label: "Channels", hint: "C, of the first cells", min: 1, max: 64, whole: true },
  { key: "cells", label: "Cells", hint: "All of them, or those of one stage in NAS-Bench-201", min: 1, max: 20, whole: true },
  { key: "epochs", label: "Epochs", hint: "Passes over the training half", min: 1, max: 1000, whole: true },
  { key: "batch", label: "Batch", hint: "Images in a step", min: 2, max: 1024, whole: true },
  {
    key: "data",
    label: "Images",
    hint: "Digits are built in; a CIFAR-10 batch file is dropped on the page",
    options: [
      ["digits", "digits, built in"],
      ["cifar10", "my CIFAR-10 batch"],
    ],
  },
  { key: "images", label: "How many", hint: "Drawn by the seed; 0 takes all", min: 0, max: 50000, whole: true },
  { key: "size", label: "Side in pixels", hint: "Resized to it; 0 leaves them", min: 0, max: 64, whole: true },
  { key: "seed", label: "Seed", hint: "All chance comes from it", min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
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

export const methodLabel = (method: Method): string => METHODS.find(([name]) => name === method)?.[1] ?? method;

/** The value that `text` stands for, or undefined where the field cannot have it. */
export function parse(field: Field, text: string): string | number | undefined {
  if ("options" in field) return field.options.some(([value]) => value === text) ? text : undefined;
  if (text.trim() === "") return undefined;
  const value = Number(text);
  const fits = Number.isFinite(value) && value >= field.min && value <= field.max;
  return fits && (!field.whole || Number.isInteger(value)) ? value : undefined;
}

/** The settings with one of them changed. */
export function changed(settings: Settings, key: keyof Settings, value: string | number): Settings {
  return { ...settings, [key]: value };
}

/** The settings that a configuration of the library stands for. */
export function fromConfig(config: SearchConfig): Settings {
  return {
    space: config.space,
    left: "darts",
    right: "lambda-darts",
    lambda: config.method.strength,
    epsilon: config.method.epsilon,
    estimator: config.method.estimator,
    schedule: typeof config.method.schedule === "string" ? config.method.schedule : "linear",
    lr: config.weights.lr,
    arch_lr: config.architecture.lr,
    order: config.architecture.order,
    unrolled: config.architecture.unrolled ? "yes" : "no",
    channels: config.supernet.channels,
    cells: config.supernet.cells,
    epochs: config.epochs,
    batch: config.batch,
    data: config.data.set,
    images: config.data.images ?? 0,
    size: config.data.size ?? 0,
    seed: Number(config.seed),
    device: "auto",
  };
}

/** The configuration of one side; `base` supplies what has no control. */
export function toConfig(base: SearchConfig, settings: Settings, side: SideName): SearchConfig {
  const config = structuredClone(base);
  config.space = settings.space;
  config.method.name = settings[side];
  config.method.strength = settings.lambda;
  config.method.epsilon = settings.epsilon;
  config.method.estimator = settings.estimator as SearchConfig["method"]["estimator"];
  config.method.schedule = settings.schedule as SearchConfig["method"]["schedule"];
  config.weights.lr = settings.lr;
  config.weights.lr_min = Math.min(config.weights.lr_min, settings.lr);
  config.architecture.lr = settings.arch_lr;
  config.architecture.order = settings.order as SearchConfig["architecture"]["order"];
  config.architecture.unrolled = settings.unrolled === "yes";
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
