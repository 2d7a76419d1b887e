/** The edge of a cell that a pointer means: thin lines are hard to hit. */

/** Distance in CSS pixels within which an edge is meant. */
const REACH = 16;
const SAMPLES = 24;

/** Returns the edge under the pointer, or the nearest one within reach. */
export function edgeAt(drawing: HTMLElement, event: MouseEvent): SVGPathElement | undefined {
  const hit = event.target instanceof Element ? event.target.closest<SVGPathElement>(".edges path") : null;
  if (hit !== null) return hit;
  const paths = [...drawing.querySelectorAll<SVGPathElement>(".edges path")];
  const far = paths.map((path) => ({ path, distance: distanceTo(path, event.clientX, event.clientY) }));
  const nearest = far.sort((a, b) => a.distance - b.distance)[0];
  return nearest !== undefined && nearest.distance <= REACH ? nearest.path : undefined;
}

function distanceTo(path: SVGPathElement, x: number, y: number): number {
  const toScreen = path.getScreenCTM();
  if (toScreen === null) return Infinity;
  const length = path.getTotalLength();
  const places = [...Array(SAMPLES + 1).keys()].map((at) => path.getPointAtLength((at / SAMPLES) * length).matrixTransform(toScreen));
  return Math.min(...places.map((place) => Math.hypot(place.x - x, place.y - y)));
}
