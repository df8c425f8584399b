// Goals as rows of a table: what is known of each, which are shown, and in which order. Pure functions.
import { decode, decodeFloats, valueAt } from "../lib/arrays.js";
import { formatNumber, groupOf, shortName } from "../lib/words.js";

export const NUMBER_COLUMN = "#";
export const NAME_COLUMN = "goal";
export const GROUP_COLUMN = "group";
export const VALUE_COLUMN = "value now";

// The traits of a GoalTable. get(name) reads one. columns: [{name, kind: "text" | "number" | "share" | "value", digits}]; a share has bounds.
export function readGoals(get) {
  const names = get("goal_names");
  const v = get("v").data ? decode(get("v")) : null;
  const groupNames = groupNamesOf(names);
  const sorted = [...new Set(groupNames)].sort();
  const ranks = get("name_ranks");
  return {
    names, count: names.length, short: names.map(shortName), lower: names.map((name) => name.toLowerCase()), groupNames, ranks,
    groupRanks: groupNames.map((group, goal) => sorted.indexOf(group) * names.length + ranks[goal]),
    groups: groupsOf(groupNames), numbers: decodeFloats(get("numbers")), bounds: decodeFloats(get("bounds")), v, times: v ? v.shape[0] : 1,
    columns: [
      ...[NUMBER_COLUMN, NAME_COLUMN, ...(sorted.length > 1 ? [GROUP_COLUMN] : [])].map((name) => ({ name, kind: "text" })),
      ...get("headings").map(({ name, digits, bar }, index) => ({ name, kind: bar < 0 ? "number" : "share", digits, index, bar })),
      ...(v ? [{ name: VALUE_COLUMN, kind: "value", digits: 3 }] : []),
    ],
  };
}

// The group of each goal; none where each goal is its own.
function groupNamesOf(names) {
  const groups = names.map(groupOf);
  return new Set(groups).size === names.length && names.length > 1 ? names.map(() => "") : groups;
}

// [[group, how many goals]] in the order of the list.
function groupsOf(groupNames) {
  const counts = new Map();
  groupNames.forEach((group) => counts.set(group, (counts.get(group) ?? 0) + 1));
  return [...counts];
}

// A column by its heading; the first where there is none of that name: anybody may type a URL.
export const columnOf = (data, name) => data.columns.find((column) => column.name === name) ?? data.columns[0];

// The number of a goal in a column of numbers or values; NaN where it is not known.
export function numberOf(data, column, goal, frame) {
  if (column.kind === "value") return valueAt(data.v, frame * data.count + goal);
  return data.numbers[column.index * data.count + goal];
}

// From where to where the share of a goal may as well be, and its floor; NaN where not known.
export function boundsOf(data, { bar }, goal) {
  const [low, high, floor] = [0, 1, 2].map((part) => data.bounds[(3 * bar + part) * data.count + goal]);
  return { low, high, floor };
}

// What is sorted by, a number for each goal.
export function keysOfColumn(data, column, frame) {
  if (column.kind !== "text") return Float64Array.from({ length: data.count }, (_, goal) => numberOf(data, column, goal, frame));
  if (column.name === NAME_COLUMN) return data.ranks;
  return column.name === GROUP_COLUMN ? data.groupRanks : data.names.map((_, goal) => goal);
}

// Goals that are shown, in their order: equal ones as in the list, and those with no number last.
export function shownGoalRows(data, { sort, descending, search, groups, frame }) {
  const wanted = search.trim().toLowerCase();
  const chosen = new Set(groups);
  const rows = [];
  for (let goal = 0; goal < data.count; goal++) {
    if (data.lower[goal].includes(wanted) && (!chosen.size || chosen.has(data.groupNames[goal]))) rows.push(goal);
  }
  const keys = keysOfColumn(data, columnOf(data, sort), frame);
  const sign = descending ? -1 : 1;
  return rows.sort((a, b) => {
    const [first, second] = [keys[a], keys[b]];
    if (Number.isNaN(first) || Number.isNaN(second)) return Number.isNaN(first) - Number.isNaN(second) || a - b;
    return sign * (first - second) || a - b;
  });
}

// The rows that a scroller of this height shows, and a few more: [first, after the last].
export function rowsInView(top, height, row, count, more = 4) {
  const first = Math.max(0, Math.floor(top / row) - more);
  return [Math.min(first, count), Math.min(count, Math.ceil((top + height) / row) + more)];
}

// Where to scroll so that a row is in view below a heading of height `head`; unchanged where it is.
export function scrolledTo(place, { top, height, row, head }) {
  if (place * row < top) return place * row;
  return Math.max(top, (place + 1) * row + head - height);
}

// What a cell says.
export function cellText(data, column, goal, frame) {
  if (column.name === NUMBER_COLUMN && column.kind === "text") return String(goal);
  if (column.kind === "text") return column.name === NAME_COLUMN ? data.short[goal] : data.groupNames[goal];
  const number = numberOf(data, column, goal, frame);
  return Number.isNaN(number) ? "–" : formatNumber(number, column.digits);
}

// The column whose numbers the profile shows: the one sorted by, else the values, else the first of numbers, else none.
export function profileColumn(data, sort) {
  const column = columnOf(data, sort);
  if (column.kind !== "text") return column;
  return data.columns.find(({ kind }) => kind === "value") ?? data.columns.find(({ kind }) => kind === "number" || kind === "share") ?? null;
}

// ---------------------------------------------------------------- words

// How many goals are shown, and in which order.
export function listWords(data, rows, { sort, descending }) {
  const column = columnOf(data, sort);
  const order = column.kind === "text" ? (descending ? "backwards" : "") : descending ? "largest first" : "smallest first";
  const by = column.name === NUMBER_COLUMN && column.kind === "text" ? "as listed" : `by ${column.name}`;
  return `${countOf(data, rows)}, ${[by, order].filter(Boolean).join(", ")}`;
}

export const countOf = (data, rows) => `${rows.length} of ${data.count} goals`;

// The bounds of a share in words, "" where none is known: " (0.30 to 0.95; floor 0.05)".
export function boundsWords(data, column, goal) {
  const { low, high, floor } = boundsOf(data, column, goal);
  const say = (number) => formatNumber(number, column.digits);
  const parts = [Number.isNaN(low + high) ? "" : `${say(low)} to ${say(high)}`, Number.isNaN(floor) ? "" : `floor ${say(floor)}`];
  return parts.some(Boolean) ? ` (${parts.filter(Boolean).join("; ")})` : "";
}

// One row in words.
export function rowWords(data, rows, goal, frame, chosen) {
  const place = rows.indexOf(goal);
  const parts = data.columns.filter(({ kind }) => kind !== "text").map((column) => {
    const text = cellText(data, column, goal, frame);
    return `${column.name} ${text === "–" ? "unknown" : text}${column.kind === "share" ? boundsWords(data, column, goal) : ""}`;
  });
  const group = data.groupNames[goal] ? ` (${data.groupNames[goal]})` : "";
  const where = place < 0 ? "not shown" : `row ${place + 1} of ${rows.length}`;
  return `${data.short[goal]}${group}${parts.length ? `: ${parts.join(", ")}` : ""}; ${where}${goal === chosen ? ", chosen" : ""}`;
}
