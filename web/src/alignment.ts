/** The direction in which the agreement of cell gradients grows: δ_l = ∂Λ/∂g_l, as the library computes it. */

export type AlignmentMeasure = "cosine" | "sign";

type Vector = readonly number[];

export const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
export const norm = (a: Vector): number => Math.sqrt(dot(a, a));

/** What the cosine of a and b adds to the direction of a, without the weight of a pair. */
function towardsCosine(a: Vector, b: Vector): number[] {
  const [size, other] = [norm(a), norm(b)];
  const cosine = dot(a, b) / (size * other);
  return a.map((value, at) => ((b[at] ?? 0) / other - (cosine * value) / size) / size);
}

/** The same for ⟨a, b⟩ / ⟨|a|, |b|⟩. */
function towardsSign(a: Vector, b: Vector): number[] {
  const absolute = dot(a.map(Math.abs), b.map(Math.abs));
  if (absolute === 0) return a.map(() => 0);
  const agreement = dot(a, b) / absolute;
  return a.map((value, at) => ((b[at] ?? 0) - agreement * Math.sign(value) * Math.abs(b[at] ?? 0)) / absolute);
}

/** δ of every cell, zeros for one whose gradient is zero; none where fewer than two have one. */
export function directions(measure: AlignmentMeasure, gradients: readonly Vector[]): number[][] {
  const kept = gradients.filter((g) => norm(g) > 0);
  if (kept.length < 2) return [];
  const weight = 2 / (kept.length * (kept.length - 1));
  const towards = measure === "sign" ? towardsSign : towardsCosine;
  return gradients.map((own) => {
    const others = kept.includes(own) ? kept.filter((other) => other !== own) : [];
    return others.map((other) => towards(own, other)).reduce((sum, part) => sum.map((value, at) => value + weight * (part[at] ?? 0)), own.map(() => 0));
  });
}
