/** Rules for the operations of an edge: one operation is forced, or some are forbidden. */
import type { Constraint, Operation, Rule, SearchConfig } from "../types";

/** Operation on an edge of a type of cell. */
export type Place = Omit<Constraint, "rule">;

const sameEdge = (a: Place, b: Place): boolean => a.cell === b.cell && a.from === b.from && a.to === b.to;
const same = (a: Place, b: Place): boolean => sameEdge(a, b) && a.operation === b.operation;

const all = (config: SearchConfig): Constraint[] => config.architecture.constraints ?? [];

/** Returns the rule for an operation, if it has one. */
export const ruleOf = (config: SearchConfig, place: Place): Rule | undefined => all(config).find((one) => same(one, place))?.rule;

/**
 * Returns a configuration with this rule; without one the operation is free. An edge is forced to one operation, or kept
 * from some: a rule of one sort takes the place of those of the other sort.
 */
export function withRule(config: SearchConfig, place: Place, rule: Rule | undefined): SearchConfig {
  const others = all(config).filter((one) => !same(one, place));
  const kept = rule === undefined ? others : others.filter((one) => !sameEdge(one, place) || (rule === "forbid" && one.rule === "forbid"));
  const next = rule === undefined ? kept : [...kept, { ...place, rule }];
  const { constraints: _, ...architecture } = config.architecture;
  return { ...config, architecture: next.length === 0 ? architecture : { ...architecture, constraints: next } };
}

/** Returns true if every other candidate of the edge is forbidden already. */
export function isLast(config: SearchConfig, place: Place, candidates: readonly Operation[]): boolean {
  return candidates.every((operation) => operation === place.operation || ruleOf(config, { ...place, operation }) === "forbid");
}
