/** The way into the tour, which is fetched when somebody asks for it. */
import { tourAsked } from "./address-extras";
import type { Tour } from "./tour";

/** Lets a button start the tour, and opens the step that the address asks for; `fail` hears why it cannot be fetched. */
export function mountTour(opener: HTMLElement, fail: (error: unknown) => void): void {
  let fetched: Promise<Tour> | undefined;
  const show = (number: number, ownComparison = false): void => {
    fetched ??= import("./tour").then((module) => new module.Tour(opener));
    fetched.then(
      (tour) => tour.show(number, ownComparison),
      (error: unknown) => {
        fetched = undefined;
        fail(error);
      },
    );
  };
  opener.addEventListener("click", () => show(1));
  const asked = tourAsked(location.search);
  // An address that asks for the tour may have a comparison of its own.
  if (asked !== undefined) show(asked, true);
}
