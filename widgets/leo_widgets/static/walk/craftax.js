// A walk through a world seen from above and the values along it: what happens at a time, in numbers and in words.
import { decode, decodeBits, decodeBytes } from "../lib/arrays.js";
import { formatNumber, shortName } from "../lib/words.js";
import { amountWords, isDone, reachedGoals, valueOf } from "./by_time.js";
import { aimOf, segmentsOf } from "./rollout.js";

const NEEDS = ["health", "food", "drink", "energy", "mana"]; // stats that are bars, and all that is no count
const FULL = 9; // what a need is at its best, unless the walk has more
const STILL = 33; // in codes: a value that moves less shows the same three digits
const DAY = 9; // light at noon

// ---------------------------------------------------------------- the walk

// The traits of a CraftaxTrace. get(name) reads one. The strip reads states (here, the times themselves), commanded,
// segments, achieved, goalsOn (goals reached at a time), short, longest, goals, goalNames.
export function readWorld(get) {
  const q = decode(get("v"));
  const [times, goals] = q.shape;
  const { actions, commanded, direction } = get("walk");
  const [, rows, cols] = get("blocks").shape;
  const done = decodeBits(get("achieved"));
  const goalNames = get("goal_names");
  const short = goalNames.map(shortName);
  const achieved = commanded.map((goal, t) => t > 0 && done[t * goals + goal] === 1);
  const names = get("world_names");
  const stats = decodeBytes(get("stats"));
  return {
    q, goals, times, last: times - 1, states: [...Array(times).keys()], taken: actions, commanded, direction, rows, cols,
    done, achieved, goalsOn: reachedGoals(done, times, goals), segments: segmentsOf(commanded, achieved), goalNames, short,
    longest: Math.max(...short.map((name) => name.length)), actionNames: get("action_names"), gamma: get("gamma"),
    valueScale: get("value_scale"), limits: get("limits"), truth: null, best: decodeBytes(get("best")), blocks: decodeBytes(get("blocks")),
    things: decodeBytes(get("things")), names, stats, needs: needsOf(names.stat, stats),
  };
}

// The bars: [{name, index, full}].
function needsOf(names, stats) {
  return NEEDS.filter((name) => names.includes(name)).map((name) => {
    const index = names.indexOf(name);
    let full = FULL;
    for (let i = index; i < stats.length; i += names.length) full = Math.max(full, stats[i]);
    return { name, index, full };
  });
}

// ---------------------------------------------------------------- one time

// A stat at a time; `otherwise` where the trace has none of that name.
export function statAt({ names, stats }, t, name, otherwise) {
  const index = names.stat.indexOf(name);
  return index < 0 ? otherwise : stats[t * names.stat.length + index];
}

export const lightAt = (data, t) => Math.min(1, statAt(data, t, "light", DAY) / DAY);
export const isAsleep = (data, t) => statAt(data, t, "asleep", 0) > 0;

// What is carried at a time, and other stats that are not 0: [[name, number]].
export function goodsAt({ names, stats, needs }, t) {
  const others = [...needs.map(({ name }) => name), "asleep", "light", "level"];
  return names.stat.map((name, i) => [name, stats[t * names.stat.length + i]]).filter(([name, n]) => n && !others.includes(name));
}

// What lies and stands on a cell of the view: {block, thing, down, right}; down and right are seen from the player.
export function cellOf(data, t, row, col) {
  const place = (t * data.rows + row) * data.cols + col;
  const [block, thing] = [data.names.block[data.blocks[place]], data.names.thing[data.things[place]]];
  return { block, thing: thing === "none" ? "" : thing, down: row - (data.rows >> 1), right: col - (data.cols >> 1) };
}

export const bestOf = (data, t, goal) => data.actionNames[data.best[t * data.goals + goal]];

// The `count` goals whose values moved most in the `window` steps before a time, {then, goals}. At the start, those with
// the highest values.
export function moversOf(data, t, window, count) {
  const then = Math.max(0, t - window);
  const { codes } = data.q;
  const [now, before] = [t * data.goals, then * data.goals];
  const moved = new Int32Array(data.goals);
  const goals = [];
  for (let g = 0; g < data.goals; g++) {
    moved[g] = t ? Math.abs(codes[now + g] - codes[before + g]) : codes[now + g];
    if (moved[g] >= STILL) goals.push(g);
  }
  return { then, goals: goals.sort((a, b) => moved[b] - moved[a] || a - b).slice(0, count) };
}

// The round number that the axis of a goal's curve ends with: the first that is not below any of its values.
export function curveTop(data, goal) {
  let top = 0;
  for (let t = 0; t < data.times; t++) top = Math.max(top, valueOf(data, t, goal));
  return [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((end) => end >= top) ?? Math.max(1, Math.ceil(top));
}

// What it begins with: 0, or where values are below that, the number below the least of all goals.
export const curveLow = (data) => Math.floor(Math.min(0, data.q.low));

// Stretches of time in which something holds: [[first, last]].
export function spellsOf(holds, times) {
  const spells = [];
  for (let t = 0; t < times; t++) {
    if (!holds(t)) continue;
    if (t && holds(t - 1)) spells.at(-1)[1] = t;
    else spells.push([t, t]);
  }
  return spells;
}

// ---------------------------------------------------------------- words

// "CRAFTING_TABLE" as a reader wants it.
export const plainName = (name) => name.replaceAll("_", " ").toLowerCase();

function placeWords(down, right) {
  const parts = [[right, "right", "left"], [down, "down", "up"]].filter(([by]) => by);
  return parts.map(([by, plus, minus]) => `${Math.abs(by)} ${by > 0 ? plus : minus}`).join(", ");
}

// What a cell of the view holds, seen from the player.
export function cellWords(data, t, [row, col]) {
  const { block, thing, down, right } = cellOf(data, t, row, col);
  const what = `${plainName(block)}${thing ? ` with ${plainName(thing)}` : ""}`;
  return down || right ? `${placeWords(down, right)}: ${what}` : `the player, on ${what}`;
}

// One sentence about a time. goal: the one that is read.
export function momentWords(data, t, goal) {
  const commanded = data.commanded[t];
  const parts = [data.achieved[t] ? `${data.short[commanded]} reached` : `commanded ${data.short[commanded]}`];
  if (t < data.last) {
    const aim = aimOf(data, t);
    parts.push(`chooses ${data.actionNames[data.taken[t]]}${aim === commanded ? "" : ` for ${data.short[aim]}`}`);
  } else if (!data.achieved[t]) parts.push("the walk ends before it is reached");
  const [first, ...more] = data.goalsOn[t].filter((other) => other !== commanded);
  const also = first === undefined ? "" : `; also reached ${data.short[first]}${more.length ? ` and ${more.length} more` : ""}`;
  return `step ${t} of ${data.last}: ${parts.join(", ")}${also}; ${data.short[goal]}: ${amountWords(data, t, goal)}`;
}

// The line below everything: what the pointer reads, else what happens now. hover: {time, goal}, {goal} or {cell}.
export function worldWords(data, { frame, goal }, hover) {
  if (hover?.cell) return cellWords(data, frame, hover.cell);
  if (!hover) return momentWords(data, frame, goal);
  const t = hover.time ?? frame;
  const done = isDone(data, t, hover.goal) ? ", achieved" : "";
  const chosen = hover.goal === goal ? ", chosen" : "";
  return `step ${t}, ${data.short[hover.goal]}: ${amountWords(data, t, hover.goal)}, best action ${bestOf(data, t, hover.goal)}${done}${chosen}`;
}

// The table twin: [headings, rows], one row for each time.
export function worldRows(data) {
  const headings = ["time", "action", "commanded goal", "value", "achieved", "also reached", "stats"];
  const rows = data.states.map((t) => {
    const goal = data.commanded[t];
    const reached = data.goalsOn[t].filter((other) => other !== goal).map((other) => data.short[other]);
    const stats = [...data.needs.map(({ name }) => [name, statAt(data, t, name, 0)]), ...goodsAt(data, t)];
    return [String(t), t < data.last ? data.actionNames[data.taken[t]] : "", data.short[goal], formatNumber(valueOf(data, t, goal)),
      data.achieved[t] ? "yes" : "", reached.join(" "), stats.map(([name, number]) => `${plainName(name)} ${number}`).join(", ")];
  });
  return [headings, rows];
}
