// What three learners write into a table of values when they see the same transitions. The same as updates.py, to the
// last bit: the table in single precision, each number of an update in double, in the same order of operations.
import { decodeFloats } from "../lib/arrays.js";
import { shade } from "../lib/shades.js";
import { formatNumber, formatSigned, shortName } from "../lib/words.js";
import { indexByCell, DIRECTIONS } from "./grid.js";
import { goalsOn } from "./values.js";

export const LEARNERS = ["single", "her", "all"];
export const LEARNER_NAMES = { single: "single goal", her: "HER", all: "LEO" };
export const LEAST = 1e-6; // a goal has learnt something where its value changed by more

// The traits of a microscope as arrays. get(name) reads a trait.
export function readUpdates(get, grid) {
  const [statePositions, goalPositions] = [get("state_positions"), get("goal_positions")];
  const [, goals, actions] = get("q").shape;
  const data = {
    grid, start: decodeFloats(get("q")), goals, actions, statePositions, goalPositions, seen: get("transitions"),
    stateNames: get("state_names"), goalNames: get("goal_names"), actionNames: get("action_names"),
    short: get("goal_names").map(shortName), moves: get("action_names").map((name) => DIRECTIONS[name]),
    goalAt: indexByCell(grid, goalPositions),
  };
  const onState = new Map();
  const hitsOf = (state) => onState.get(state) ?? onState.set(state, goalsOn(data, state)).get(state);
  return { ...data, hits: data.seen.next_state.map(hitsOf), last: data.seen.state.length - 1 };
}

// Which goals a learner updates at a transition, Uint8Array [G].
export function learnsOf({ seen, goals }, mode, t) {
  const learns = new Uint8Array(goals).fill(mode === "all" ? 1 : 0);
  learns[seen.goal[t]] = 1;
  if (mode === "her") seen.relabelled[t].forEach((goal) => (learns[goal] = 1));
  return learns;
}

// One update of every goal: what is read and written, for a table that is changed in place. A slider learns everything anew
// at each of its moves, so this loop is written for speed.
function updateOne({ goals, actions, seen, hits }, q, t, learns, { alpha, gamma }, { best, target, before, after }) {
  const [column, next] = [seen.state[t] * goals * actions + seen.action[t], seen.next_state[t] * goals * actions];
  const reward = new Uint8Array(goals);
  hits[t].forEach((goal) => (reward[goal] = 1));
  const end = seen.terminated[t] ? 1 : 0;
  for (let g = 0, i = t * goals; g < goals; g++, i++) {
    const first = next + g * actions;
    let most = q[first];
    for (let a = 1; a < actions; a++) if (q[first + a] > most) most = q[first + a];
    const place = column + g * actions;
    const r = reward[g];
    const done = r || end;
    best[i] = most;
    target[i] = r + gamma * (1 - done) * most;
    before[i] = q[place];
    if (learns[g]) q[place] = before[i] + alpha * (target[i] - before[i]);
    after[i] = q[place];
  }
}

// All that a learner reads and writes, [T, G] each: {best, target, before, after, learns, counts, totals}. Nothing is
// undone when a reader steps back: the record holds every step, so what was there is there again.
export function replay(data, mode, settings) {
  const { goals, last } = data;
  const size = (last + 1) * goals;
  const [best, before, after] = [0, 1, 2].map(() => new Float32Array(size));
  const record = { best, before, after, target: new Float64Array(size), learns: [], counts: [], totals: [] };
  const q = data.start.slice();
  for (let t = 0, total = 0; t <= last; t++) {
    record.learns.push(learnsOf(data, mode, t));
    updateOne(data, q, t, record.learns[t], settings, record);
    let count = 0;
    for (let i = t * goals; i < (t + 1) * goals; i++) count += Math.abs(after[i] - before[i]) > LEAST;
    record.counts.push(count);
    record.totals.push((total += count));
  }
  return record;
}

// The next of 1, 2, 5, 10, 20 ... times a thousandth that is not below `size`. As goal_map.nice_size.
export function niceSize(size) {
  for (let power = -3; power < 7; power++) {
    for (const digit of [1, 2, 5]) if (digit * 10 ** power >= size * (1 - 1e-9)) return digit * 10 ** power;
  }
  return 5e6;
}

// The change at the ends of the colours: 98 % of those that LEO makes are smaller. 
// {size, beyond: some are larger, negative: some are below 0, digits: decimals that numbers of this size need}
export function scaleOf({ before, after }) {
  const found = new Float64Array(after.length);
  let [count, negative] = [0, false];
  for (let i = 0; i < after.length; i++) {
    const change = after[i] - before[i];
    if (Math.abs(change) <= LEAST) continue;
    found[count++] = Math.abs(change);
    negative ||= change < 0;
  }
  if (!count) return { size: 1, negative, beyond: false, digits: 3 };
  const sizes = found.subarray(0, count).sort();
  const size = niceSize(sizes[Math.max(0, Math.ceil(0.98 * count) - 1)]);
  const digits = size >= 0.1 ? 3 : size >= 0.01 ? 4 : 5;
  return { size, negative, digits, beyond: sizes[count - 1] > size * 1.001 };
}

// ---------------------------------------------------------------- one goal at one transition

// {commanded, updated, r, done, best, target, prediction, error, change, after}
export function pairOf(data, record, t, goal) {
  const i = t * data.goals + goal;
  const hit = data.hits[t].includes(goal);
  return {
    commanded: data.seen.goal[t] === goal, updated: record.learns[t][goal] === 1, r: hit ? 1 : 0,
    done: hit || data.seen.terminated[t] ? 1 : 0, best: record.best[i], target: record.target[i],
    prediction: record.before[i], error: record.target[i] - record.before[i],
    change: record.after[i] - record.before[i], after: record.after[i],
  };
}

// The goals in the order of the bars; among equals those that are updated come first.
export function orderOf(data, record, t, sort) {
  const all = data.goalNames.map((_, goal) => goal);
  if (sort === "name") return all;
  const at = (goal) => t * data.goals + goal;
  const key = sort === "target" ? (goal) => record.target[at(goal)]
    : (goal) => Math.abs(record.after[at(goal)] - record.before[at(goal)]);
  const learns = record.learns[t];
  return all.sort((a, b) => key(b) - key(a) || learns[b] - learns[a]);
}

// Place 0..255 of a goal's change on the colours; -1 where the learner does not update it.
export const shadeOfChange = ({ updated, change }, size) => (updated ? shade(change, -size, size) : -1);

// ---------------------------------------------------------------- words

// Zeros at the end say nothing: "0.5", "0.99", "1".
export const formatSetting = (x) => String(Number(x.toFixed(4)));

export const stepWords = (data, t) => {
  const { state, action, next_state: next } = data.seen;
  const way = next[t] === state[t] ? "and stays there" : `to ${data.stateNames[next[t]]}`;
  return `${data.stateNames[state[t]]} ${data.actionNames[action[t]]} ${way}`;
};

// The formula of the target with numbers in it: {target, error, update}.
export function formulaOf(pair, { alpha, gamma, digits }) {
  const [g, a] = [formatSetting(gamma), formatSetting(alpha)];
  const [best, y, q] = [pair.best, pair.target, pair.prediction].map((x) => formatNumber(x, digits));
  const inBrackets = (text) => (text.startsWith("−") ? `(${text})` : text);
  return {
    target: `${pair.r} + ${g} · (1 − ${pair.done}) · ${inBrackets(best)} = ${y}`,
    error: `${y} − ${inBrackets(q)} = ${formatSigned(pair.error, digits)}`,
    update: pair.updated
      ? `${q} + ${a} · ${inBrackets(formatNumber(pair.error, digits))} = ${formatNumber(pair.after, digits)}`
      : `${q}, as this learner leaves it alone`,
  };
}

export const countWords = (data, records, t) => [...LEARNERS].reverse()
  .map((mode) => `${LEARNER_NAMES[mode]} ${records[mode].counts[t]}${mode === "all" ? ` of ${data.goals}` : ""}`).join(", ");

// One sentence about a goal at a transition, for the live line. view.goal: the chosen one.
export function describeUpdate(data, records, view, goal) {
  const pair = pairOf(data, records[view.mode], view.step, goal);
  const { target } = formulaOf(pair, view);
  const marks = [goal === view.goal && "chosen", pair.commanded && "commanded"].filter(Boolean);
  const change = pair.updated ? `prediction ${formatNumber(pair.prediction, view.digits)}, change ${formatSigned(pair.change, view.digits)}` : "not updated";
  return `transition ${view.step} of ${data.last}, ${stepWords(data, view.step)}: goal ${data.short[goal]}`
    + `${marks.length ? ` (${marks.join(", ")})` : ""}, target ${target}, ${change}; learnt something: ${countWords(data, records, view.step)}`;
}

// The rows of the table twin: [headings, rows], one row for each goal in the order of the bars.
export function updateRows(data, record, view, order) {
  const headings = ["goal", "updated", "r", "done", "max Q(s′)", "target", "prediction", "error", "change"];
  const rows = order.map((goal) => {
    const pair = pairOf(data, record, view.step, goal);
    return [data.short[goal] + (pair.commanded ? " (commanded)" : ""), pair.updated ? "yes" : "", String(pair.r), String(pair.done),
      ...[pair.best, pair.target, pair.prediction].map((x) => formatNumber(x, view.digits)),
      ...[pair.error, ...(pair.updated ? [pair.change] : [])].map((x) => formatSigned(x, view.digits)), ...(pair.updated ? [] : [""])];
  });
  return [headings, rows];
}
