/** Elements of a page, and errors in words. */

export const find = <E extends HTMLElement>(selector: string): E => document.querySelector(selector) as E;

export const testid = <E extends HTMLElement>(id: string): E => find(`[data-testid="${id}"]`);

export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
