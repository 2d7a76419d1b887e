/** Reading of a JSON Schema: the control that a property needs. */

/** Part of JSON Schema that Rust types are described with. */
export interface Schema {
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
}

/** Schema without references, and without the null that a property may have instead. */
export interface Plain extends Schema {
  optional: boolean;
}

/** Follows references into the definitions of `root`; what stands beside a reference takes precedence. */
export function plain(schema: Schema, root: Schema): Plain {
  let found: Schema = schema;
  let optional = false;
  // Definitions refer to one another a few times at most.
  for (let depth = 0; depth < 8; depth += 1) {
    const { $ref, anyOf, ...own } = found;
    if ($ref !== undefined) {
      found = { ...root.$defs?.[$ref.split("/").at(-1) ?? ""], ...own };
      continue;
    }
    const others = anyOf?.filter(({ type }) => type !== "null") ?? [];
    if (anyOf === undefined || others.length !== 1) break;
    optional ||= others.length < anyOf.length;
    found = { ...others[0], ...own };
  }
  const types = typeof found.type === "string" ? [found.type] : (found.type ?? []);
  if (types.includes("null")) optional = true;
  const [type] = types.filter((one) => one !== "null");
  return { ...found, ...(type === undefined ? {} : { type }), optional };
}

/** Texts that a schema allows, each with its description; those of variants that hold more than a text are left out. */
export function choices(schema: Schema): { value: string; description: string }[] {
  return [schema, ...(schema.oneOf ?? [])].flatMap((one) => {
    const values = one.enum ?? (one.const === undefined ? [] : [one.const]);
    const description = one === schema ? "" : inOneLine(one.description);
    return values.flatMap((value) => (typeof value === "string" ? [{ value, description }] : []));
  });
}

/** Description on one line and without the marks of Rust's documentation. */
export function inOneLine(description = ""): string {
  return description.replaceAll(/\[`([^`\]]*)`\](?:\([^)]*\))?/g, "$1").replaceAll("`", "").replaceAll(/\s+/g, " ").trim();
}
