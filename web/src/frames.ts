/** Work for the next frames, a part at a time: however much there is to draw, the page answers in between. */

/** Once a frame's parts have taken this long, in ms, the others wait. Style, layout and paint come on top. */
const LONG_MS = 8;

const parts = new Set<() => void>();
let asked = false;

/** Does it in one of the next frames, in the order of asking; asked for again before that, it is done once. */
export function soon(part: () => void): void {
  parts.add(part);
  ask();
}

/** Does now what would be done in the next frames: for whoever takes a drawing away. */
export function settleFrames(): void {
  work(Infinity);
}

function ask(): void {
  if (!asked) requestAnimationFrame(frame);
  asked = true;
}

function frame(): void {
  asked = false;
  work(performance.now() + LONG_MS);
  if (parts.size > 0) ask();
}

/** At least one part, and further ones until `end`. What a part asks for comes last. */
function work(end: number): void {
  for (const part of parts) {
    parts.delete(part);
    try {
      part();
    } catch (error) {
      // The console has it, or whoever listens for errors, and the others are drawn.
      reportError(error);
    }
    if (performance.now() >= end) break;
  }
}
