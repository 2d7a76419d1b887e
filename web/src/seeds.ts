/** Lists of seeds in a text: a number of them, or the seeds themselves. */

const MOST = 20;

/**
 * Reads a list of seeds; undefined where the text is none.
 *
 * A number such as `5` stands for as many seeds from `first` on; `0..4`, `3,7` and `0..2,7` name them.
 */
export function seedsOf(text: string, first: number): number[] | undefined {
  const count = /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
  const seeds = count === undefined ? named(text) : count <= MOST ? range(first, first + count - 1) : undefined;
  const distinct = [...new Set(seeds)];
  return distinct.length >= 1 && distinct.length <= MOST && distinct.every(Number.isSafeInteger) ? distinct : undefined;
}

function named(text: string): number[] | undefined {
  const parts = text.split(",").map((part) => /^\s*(\d+)(?:\s*\.\.\s*(\d+))?\s*$/.exec(part));
  const ranges = parts.map((part) => {
    const from = Number(part?.[1] ?? NaN);
    const to = Number(part?.[2] ?? from);
    return to >= from && to - from < MOST ? range(from, to) : [NaN];
  });
  return ranges.flat();
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
