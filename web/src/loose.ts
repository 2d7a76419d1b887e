/** Objects of which nothing is known yet. */
export type Loose = Record<string, unknown>;

export const isObject = (x: unknown): x is Loose => typeof x === "object" && x !== null && !Array.isArray(x);
