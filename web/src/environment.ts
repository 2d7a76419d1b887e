/** The environment of a run, which environment.json holds, in words. Its fields may be anything. */
import { isObject, type Loose } from "./loose";

/** The day and the minute when a run began, in the time zone in which it is written. */
export function dateOf(environment: Loose | undefined): string | undefined {
  const date = environment?.["date"];
  if (typeof date !== "string" || date === "") return undefined;
  const [, day, minute, zone] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(.*)$/.exec(date) ?? [];
  return day === undefined ? date : `${day} ${minute} ${zone === "Z" ? "UTC" : zone}`.trim();
}

/** Program, machine, command and images of a run, as far as they are known. */
export function environmentOf(environment: Loose): [name: string, value: string][] {
  const inner = (key: string): Loose => (isObject(environment[key]) ? environment[key] : {});
  const [program, cpu, data] = [inner("program"), inner("cpu"), inner("data")];
  const rows: [string, string[]][] = [
    ["Date", known(dateOf(environment))],
    ["Program", [...known(program["version"], "lambda-darts "), ...known(program["commit"], "commit ")]],
    ["Command", listOf(environment["command"], (word) => quoted(String(word)), " ")],
    ["Machine", [...known(environment["host"]), ...known(environment["os"]), ...known(environment["arch"])]],
    ["Processor", [...known(cpu["name"]), ...known(cpu["vector"]), ...counted(cpu["threads"], "thread")]],
    ["Device", known(environment["device"])],
    [
      "Images",
      [
        ...known(data["set"]),
        ...counted(data["images"], "image"),
        ...counted(data["training"], "for training", ""),
        ...counted(data["validation"], "for validation", ""),
        ...(Array.isArray(data["classes"]) ? counted(data["classes"].length, "class", "es") : []),
        ...counted(data["channels"], "channel"),
        ...listOf(data["size"], String, " × ").map((size) => `${size} pixels`),
      ],
    ],
    ["Their fingerprint", known(data["fingerprint"])],
  ];
  return rows.flatMap(([name, parts]) => (parts.length === 0 ? [] : [[name, parts.join(", ")]]));
}

/** A text that is not empty. */
const known = (value: unknown, before = ""): string[] => (typeof value === "string" && value !== "" ? [before + value] : []);

/** A number of things, but for 0, which stands for an unknown one. */
const counted = (value: unknown, thing: string, ending = "s"): string[] =>
  typeof value === "number" && value > 0 ? [`${value.toLocaleString("en")} ${thing}${value === 1 ? "" : ending}`] : [];

/** The members of a list that is not empty, as one text. */
const listOf = (value: unknown, text: (member: unknown) => string, between: string): string[] =>
  Array.isArray(value) && value.length > 0 ? [value.map(text).join(between)] : [];

/** A word of a command as a shell takes it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
