/** Pause while the page is hidden, if the visitor wants it. The choice stays in this browser. */
import type { Experiment } from "./experiment";

const KEY = "lambda-darts: pause when hidden";

/** Connects the checkbox. Whatever is chosen, a page that is hidden saves its runs: it may never be seen again. */
export function mountHidden(box: HTMLInputElement, experiment: Experiment): void {
  /** True if the searches pause because the page is hidden. */
  let paused = false;
  box.checked = read() === "yes";
  box.addEventListener("change", () => write(box.checked ? "yes" : "no"));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      paused = box.checked && experiment.running && experiment.until === "end";
      if (paused) experiment.pause();
      else experiment.saveAll();
    } else if (paused) {
      paused = false;
      if (experiment.live && !experiment.finished) experiment.run("end");
    }
  });
}

/** A browser may refuse the page its storage. */
function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(value: string): void {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // The choice holds until the page is left.
  }
}
