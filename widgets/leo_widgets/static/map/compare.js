// Two value tables of one world: what both say of a pair, how far they are apart, and how that is drawn and said.
import { diverging, shade } from "../lib/shades.js";
import { formatNumber, formatSigned, formatSteps, shortName } from "../lib/words.js";
import { drawCross, drawNotches, drawRays, fillCell } from "./marks.js";
import { pairsOf } from "./two_way.js";
import { bestAction, greedyPath, isCut, isHere, placeOf, read, readValues, whereOf } from "./values.js";

// Both tables as sides, in the order of the traits a and b: [{name, data}], with one grid.
export function readSides(get, grid) {
  return ["a", "b"].map((trait, i) =>
    ({ name: get("labels")[i], data: readValues((name) => get(name === "q" ? trait : name), grid) }));
}

// The left side and the right one.
export const inOrder = (sides, swapped) => (swapped ? [sides[1], sides[0]] : sides);

// ---------------------------------------------------------------- numbers

// What both sides and the exact table say of a pair: {now: [of the left, of the right], exact}.
export function readBoth(sides, state, goal) {
  const { data } = sides[0];
  const now = sides.map((side) => read(side.data, side.data.q, state, goal));
  return { now, exact: data.truth && read(data, data.truth, state, goal) };
}

// Left minus right, as the scale counts: values, steps, or sizes of errors. NaN where neither has a way.
export function differenceOf({ now: [left, right], exact }, scale) {
  if (scale === "value") return left.value - right.value;
  if (scale === "steps") return left.steps - right.steps;
  return Math.abs(left.value - exact.value) - Math.abs(right.value - exact.value);
}

// No way leads there, by the exact values, else by both tables.
export const isCutForBoth = (sides, state, goal) => sides.every(({ data }) => isCut(data, state, goal));

export const actsDiffer = ({ now: [left, right] }) => left.best !== right.best;

// The map in numbers: cells that have a way, and their mean |difference| on the scale.
export function summaryOf(sides, view) {
  let [cells, sum, known] = [0, 0, 0];
  for (const [, state, goal] of pairsOf(sides[0].data, view)) {
    if (isHere(sides[0].data, state, goal) || isCutForBoth(sides, state, goal)) continue;
    cells += 1;
    const size = Math.abs(differenceOf(readBoth(sides, state, goal), view.scale));
    if (Number.isFinite(size)) [sum, known] = [sum + size, known + 1];
  }
  return { cells, mean: known ? sum / known : NaN };
}

// ---------------------------------------------------------------- drawing

// Cells in which the two greedy actions differ: [[cell, action of the left, action of the right]].
export function differingCells(sides, view) {
  const { data } = sides[0];
  return pairsOf(data, view).flatMap(([cell, state, goal]) => {
    if (isHere(data, state, goal) || isCutForBoth(sides, state, goal)) return [];
    const [left, right] = sides.map((side) => bestAction(side.data, side.data.q, placeOf(data, state, goal)));
    return left === right ? [] : [[cell, left, right]];
  });
}

// A cell of the difference. Made for drawMap.
export const cellOfDifference = (sides, limits) => (context, data, theme, view, cell, state, goal) => {
  const { low, high } = limits[view.scale];
  const place = shade(differenceOf(readBoth(sides, state, goal), view.scale), low, high);
  const known = !Number.isNaN(place);
  fillCell(context, data.grid, ...cell, known ? diverging.css[place] : theme.empty);
  if (!isCutForBoth(sides, state, goal)) return;
  drawCross(context, data.grid, ...cell, !known ? theme.muted : diverging.isLight[place] ? "#14181d" : "#ffffff");
};

// Both greedy actions in each cell where they differ; notches where cells are small or actions are no moves.
export function drawBothActions(context, { grid, moves }, differing) {
  if (grid.cell < 14 || !moves.every(Boolean)) return drawNotches(context, grid, differing.map(([cell]) => cell));
  drawRays(context, grid, differing.map(([cell, left]) => [cell, moves[left]]), "#14181d", "#ffffff");
  drawRays(context, grid, differing.map(([cell, , right]) => [cell, moves[right]]), "#ffffff", "#14181d");
}

// ---------------------------------------------------------------- words

const formatDifference = (value, scale) => {
  if (scale !== "steps") return formatSigned(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "" : formatSigned(value);
  const size = formatSteps(Math.abs(value));
  return size === "0" ? "0" : `${value > 0 ? "+" : "−"}${size}`;
};

// What the legend of the third map shows. limits: those of the differences.
export function differenceLegend([left, right], scale, limits) {
  const { low, high, below, above } = limits[scale];
  const title = { value: "difference of values", steps: "difference of steps", error: "difference of the sizes of errors" }[scale];
  const [blue, orange] = { value: ["lower", "higher"], steps: ["nearer", "farther"], error: ["better", "worse"] }[scale];
  const text = (value) => formatDifference(value, scale);
  return {
    title, lut: diverging,
    ticks: [[0, (below ? "≤ " : "") + text(low)], [0.5, "0"], [1, (above ? "≥ " : "") + text(high)]],
    note: `blue: ${left.name} ${blue} · orange: ${left.name} ${orange} · two arrows: ${left.name} (dark) and ${right.name} (white) differ`,
  };
}

export const summaryWords = ({ cells, mean }, differ, scale) =>
  `greedy actions differ in ${differ} of ${cells} ${cells === 1 ? "cell" : "cells"}`
  + (Number.isNaN(mean) ? "" : ` · mean |difference| ${scale === "steps" ? formatNumber(mean, 1) : formatNumber(mean)}`);

// One sentence about a pair, for the live line.
export function describeBoth(sides, view, state, goal) {
  const { data } = sides[0];
  const where = whereOf(data, view, state, goal);
  if (isHere(data, state, goal)) return `${where}: the state is the goal`;
  const both = readBoth(sides, state, goal);
  const [left, right] = both.now.map(({ value }) => formatNumber(value));
  const names = sides.map(({ name }) => name);
  if (isCutForBoth(sides, state, goal)) return `${where}: no way leads there; ${names[0]} ${left}, ${names[1]} ${right}`;
  const amount = ({ value, steps }) => (data.valueScale.convertible ? `${stepWords(steps)} (${formatNumber(value)})` : `value ${formatNumber(value)}`);
  const [one, other] = both.now.map((now, i) => `${names[i]} ${data.actionNames[now.best]}, ${amount(now)}`);
  const unit = { value: "", steps: " steps", error: " in size of error" }[view.scale];
  const difference = formatDifference(differenceOf(both, view.scale), view.scale);
  return `${where}: ${one}; ${other}; difference ${difference || "unknown"}${unit}${both.exact ? `; exact ${amount(both.exact)}` : ""}`;
}

const stepWords = (steps) => `${formatSteps(steps)} ${formatSteps(steps) === "1" ? "step" : "steps"}`;

// The pair in numbers: rows [what, left, right, difference].
export function numbersOf(sides, state, goal) {
  const { data } = sides[0];
  const both = readBoth(sides, state, goal);
  const row = (name, scale, write) =>
    [name, ...both.now.map(write), formatDifference(differenceOf(both, scale), scale)];
  const rows = [
    ["best action", ...both.now.map(({ best }) => data.actionNames[best]), actsDiffer(both) ? "differ" : "same"],
    row("value", "value", ({ value }) => formatNumber(value)),
  ];
  if (data.valueScale.convertible) rows.push(row("steps", "steps", ({ steps }) => formatSteps(steps)));
  if (both.exact) {
    rows.push(row("size of error", "error", ({ value }) => formatNumber(Math.abs(value - both.exact.value))));
  }
  if (data.moves.every(Boolean)) rows.push(["greedy path", ...sides.map((side) => pathWord(side.data, state, goal)), ""]);
  return rows;
}

function pathWord(data, state, goal) {
  const { cells, end } = greedyPath(data, data.q, state, goal);
  if (end === "arrives") return `${cells.length - 1} ${cells.length === 2 ? "move" : "moves"}`;
  return end === "loops" ? "loops" : "by chance";
}

// The rows of the table twin: [headings, rows, index of the current row].
export function compareRows(sides, view, state, goal) {
  const { data } = sides[0];
  const byState = view.direction === "goal";
  const twice = (what) => sides.map(({ name }) => `${what}, ${name}`);
  const headings = [byState ? "state" : "goal", ...twice("best action"), ...twice("value"), "difference"];
  if (data.valueScale.convertible) headings.push(...twice("steps"));
  if (data.truth) headings.push("exact value", ...twice("error"));
  const rows = pairsOf(data, view).map(([, s, g]) => {
    const name = byState ? data.stateNames[s] : shortName(data.goalNames[g]);
    if (isHere(data, s, g)) return [name, "is the goal", ...headings.slice(2).map(() => "")];
    const { now, exact } = readBoth(sides, s, g);
    const values = [...now.map(({ value }) => formatNumber(value)), formatSigned(now[0].value - now[1].value)];
    const steps = data.valueScale.convertible ? now.map((at) => formatSteps(at.steps)) : [];
    const errors = exact ? [formatNumber(exact.value), ...now.map(({ value }) => formatSigned(value - exact.value))] : [];
    return [name, ...now.map(({ best }) => data.actionNames[best]), ...values, ...steps, ...errors];
  });
  return [headings, rows, byState ? state : goal];
}
