/** Runs that differ only in the seed, at their last epochs: a row of means for each group. */
import { ownSettings, type Group } from "./groups";
import { lastOf, measured, valueOf } from "./last-epoch";
import type { Run } from "./run";
import { spaceLabel } from "./run-words";
import { methodLabel } from "./settings";
import { average } from "./statistics";
import { drawTable, type Column } from "./table";
import { writeSpread } from "./views/units";

export function drawGroups(table: HTMLTableElement, groups: readonly Group[], kind: number): void {
  const columns: Column<Group>[] = [
    {
      key: "group",
      title: "Method",
      text: (group) => nameOf(group, groups),
      value: (group) => first(group).config.method.name,
      names: true,
    },
    { key: "space", title: "Space", text: (group) => spaceLabel(first(group).config.space), value: (group) => first(group).config.space },
    { key: "n", title: "n", text: numberOf, value: ({ seeds }) => seeds.length },
    { key: "seeds", title: "Seeds", text: ({ seeds }) => seeds.map(({ config }) => config.seed).join(", ") },
    ...measured(groups.flatMap(({ seeds }) => seeds.flatMap(lastOf)), kind).map(({ title, quantity, unit }): Column<Group> => {
      const averaged = ({ seeds }: Group) => average(seeds.flatMap(lastOf).map((last) => valueOf(quantity, last, kind)));
      return {
        key: quantity.key,
        title,
        text: (group) => {
          const found = averaged(group);
          return found === undefined ? "–" : writeSpread(unit, found.mean, found.deviation);
        },
        value: (group) => averaged(group)?.mean,
      };
    }),
  ];
  drawTable(table, columns, groups);
}

const first = ({ seeds: [run] }: Group): Run => run as Run;

/** The method, with what tells the group from others of that method. */
function nameOf(group: Group, groups: readonly Group[]): string {
  const own = ownSettings(group, groups).map((name) => `${name} ${group.settings.get(name) ?? "left out"}`);
  return [methodLabel(first(group).config.method.name), ...own].join(", ");
}

function numberOf({ seeds }: Group): string {
  const unfinished = seeds.filter(({ ended }) => !ended).length;
  return `${seeds.length}${unfinished > 0 ? `, ${unfinished} unfinished` : ""}`;
}
