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

/** A place among others, such as “812 of 15,625”. */
export const placeOf = ({ rank, cells }: { rank: number; cells: number }): string => `${rank.toLocaleString("en")} of ${cells.toLocaleString("en")}`;

/** A time in its two largest units, such as “2 h 5 min”; below a minute with a decimal. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 0.095 ? 3 : seconds < 0.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const parts = hours > 0 ? [hours, "h", minutes, "min"] : [minutes, "min", whole % 60, "s"];
  return parts.join(" ");
}

/** The place of the largest value; the first where several are. */
export function largest(values: readonly number[]): number {
  let best = 0;
  values.forEach((value, at) => {
    if (value > (values[best] ?? -Infinity)) best = at;
  });
  return best;
}
