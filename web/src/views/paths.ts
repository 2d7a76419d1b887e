/** Lines and bands as the path of an SVG element, with gaps where there is no value. */

type Point = readonly [x: number, y: number];

/** Places in pixels: more decimals are not seen. */
const written = ([x, y]: Point): string => `${Number(x.toFixed(3))},${Number(y.toFixed(3))}`;

/** The points between the gaps. */
function parts<P>(points: readonly (P | undefined)[]): P[][] {
  const found: P[][] = [];
  points.forEach((point, at) => {
    if (point === undefined) return;
    if (at === 0 || points[at - 1] === undefined) found.push([]);
    found.at(-1)?.push(point);
  });
  return found;
}

const joined = (paths: readonly string[]): string | null => (paths.length === 0 ? null : paths.join(""));

/** A line; a point on its own becomes a dot if the line has round ends. */
export function linePath(points: readonly (Point | undefined)[]): string | null {
  return joined(parts(points).map((part) => `M${part.map(written).join("L")}${part.length === 1 ? "Z" : ""}`));
}

/** A band between two heights. */
export function bandPath(points: readonly (readonly [x: number, low: number, high: number] | undefined)[]): string | null {
  return joined(
    parts(points).map((part) => {
      const upper = part.map(([x, , high]): Point => [x, high]);
      const lower = part.map(([x, low]): Point => [x, low]).reverse();
      return `M${[...upper, ...lower].map(written).join("L")}Z`;
    }),
  );
}
