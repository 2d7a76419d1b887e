/** Numbers as they are shown: three significant digits, no noise. */
export function brief(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100_000)) {
    const [digits, power] = value.toExponential(1).split("e");
    return `${(digits ?? "").replace("-", "−")}·10${superscript(Number(power))}`;
  }
  const text = size >= 100 ? value.toFixed(0) : value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return text.replace("-", "−");
}

function superscript(power: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return (power < 0 ? "⁻" : "") + [...String(Math.abs(power))].map((digit) => digits[Number(digit)]).join("");
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A place among others, such as “812 of 15,625”; undefined where it is not known, as in runs of earlier versions. */
export function placeOf({ rank, cells }: { rank?: number | null; cells?: number | null }): string | undefined {
  return rank && cells ? `${rank.toLocaleString("en")} of ${cells.toLocaleString("en")}` : undefined;
}

/** The place of the largest value; the first where several are. */
export function largest(values: readonly number[]): number {
  let best = 0;
  values.forEach((value, at) => {
    if (value > (values[best] ?? -Infinity)) best = at;
  });
  return best;
}
