// All-goals values in the browser: what a (state, goal) pair says, how it is coloured, where its best actions lead.
import { argmax, argmin, decode, valueAt } from "../lib/arrays.js";
import { isNever, stepsOf } from "../lib/scales.js";
import { channelsOf, cividis, diverging, shade } from "../lib/shades.js";
import { formatNumber, formatSigned, formatSteps, shortName } from "../lib/words.js";
import { indexByCell, moveFrom, DIRECTIONS } from "./grid.js";
import { drawArrow, drawCross, drawWedge, fillCell } from "./marks.js";

// The traits of a widget that holds a value table, as arrays. get(name) reads a trait; q, truth are packed [S, G, A].
export function readValues(get, grid) {
  const q = decode(get("q"));
  const [, goals, actions] = q.shape;
  const [statePositions, goalPositions] = [get("state_positions"), get("goal_positions")];
  return {
    q, truth: get("truth").data ? decode(get("truth")) : null, goals, actions, statePositions, goalPositions,
    gamma: get("gamma"), valueScale: get("value_scale"), limits: get("limits"), stateNames: get("state_names"), goalNames: get("goal_names"),
    actionNames: get("action_names"), moves: get("action_names").map((name) => DIRECTIONS[name]),
    stateAt: indexByCell(grid, statePositions), goalAt: indexByCell(grid, goalPositions), grid,
  };
}

// Whether the state is the goal itself: nothing is left to reach, and no value is shown.
export function isHere(data, state, goal) {
  const [[row, col], [goalRow, goalCol]] = [data.statePositions[state], data.goalPositions[goal]];
  return row === goalRow && col === goalCol;
}

// Place of a pair's first action in the codes of a [S, G, A] array.
export const placeOf = (data, state, goal) => (state * data.goals + goal) * data.actions;

// The best action of the pair at a place: the first of equals.
export const bestAction = ({ valueScale, actions }, { codes }, place) =>
  (valueScale.larger_is_better ? argmax : argmin)(codes, place, actions);

// What an array says of one pair: {actions: value of each, best, value, steps}.
export function read(data, array, state, goal) {
  const place = placeOf(data, state, goal);
  const actions = Array.from({ length: data.actions }, (_, i) => valueAt(array, place + i));
  const best = bestAction(data, array, place);
  return { actions, best, value: actions[best], steps: stepsOf(data.valueScale, actions[best], goal) };
}

// No way leads from the state to the goal, by the exact values where there are any.
export function isCut(data, state, goal) {
  const array = data.truth ?? data.q;
  const place = placeOf(data, state, goal);
  return isNever(data.valueScale, valueAt(array, place + bestAction(data, array, place)));
}

// ---------------------------------------------------------------- colour

export const lutOf = (scale) => (scale === "error" ? diverging : cividis);

// Whether the colours of a scale run from its high end: what is near is bright.
const isTurned = (data, scale) => scale === "steps" || (scale === "value" && !data.valueScale.larger_is_better);

// Place 0..255 of a goal's value on the colours of a scale; NaN for an unknown value. exact is read by the error scale only.
export function shadeOf(data, scale, value, exact, goal) {
  const { low, high } = data.limits[scale];
  const number = { value, error: value - exact }[scale] ?? stepsOf(data.valueScale, value, goal);
  return isTurned(data, scale) ? shade(number, high, low) : shade(number, low, high);
}

export function formatScaled(data, scale, value, exact, goal) {
  if (scale === "value") return formatNumber(value);
  return scale === "error" ? formatSigned(value - exact) : formatSteps(stepsOf(data.valueScale, value, goal));
}

// What the legend shows for a scale: {title, lut, reverse, ticks, note}. exact: the exact values are shown; wedges: so is
// every action.
export function legendOf(data, scale, exact, wedges = true) {
  const { low, high, below, above } = data.limits[scale];
  const { valueScale } = data;
  const whose = data.truth ? (exact ? ", exact" : ", estimate") : "";
  const [title, text] = {
    value: [valueScale.legend + whose, (x) => formatNumber(x, 2)],
    steps: [`steps to the goal${whose}`, (x) => String(Math.round(x))],
    error: ["estimate − exact value", (x) => formatSigned(x, 3)],
  }[scale];
  const middle = scale === "steps" ? Math.round((low + high) / 2) : (low + high) / 2;
  const between = [(middle - low) / (high - low), text(middle)];
  const ticks = [[0, (below ? "≤ " : "") + text(low)], between, [1, (above ? "≥ " : "") + text(high)]];
  const marks = [wedges && "triangles: each action", "arrow: the best"];
  const own = scaleNotes(data, scale);
  const notes = scale === "error" ? [own[0], ...marks, ...own.slice(1)] : [...marks, ...own];
  return { title, lut: lutOf(scale), reverse: isTurned(data, scale), ticks, note: notes.filter(Boolean).join(" · ") };
}

// What a reader of a scale's colours should know, for its legend.
export function scaleNotes({ valueScale }, scale) {
  const notes = scale === "error" ? ["blue: too low · orange: too high"] : [];
  if (valueScale.never !== null) notes.push("× no way");
  if (scale !== "steps" && !valueScale.comparable) notes.push("compare within one goal");
  return notes;
}

export const HERE = 256; // the state is the goal: no value is shown
export const EMPTY = 257; // the value is unknown, or exactly known to be that of no way

// Colour of every pair, Uint16Array [S, G]: a place 0..255 on the colours of the scale, HERE or EMPTY.
// For a widget that holds V: its arrays are [S, G, 1]. view: {scale, array}
export function shadesOf(data, { scale, array }) {
  const shades = new Uint16Array(data.stateNames.length * data.goals);
  for (let i = 0; i < shades.length; i++) {
    const value = valueAt(array, i);
    const place = shadeOf(data, scale, value, data.truth ? valueAt(data.truth, i) : NaN, i % data.goals);
    const cut = array === (data.truth ?? data.q) && isNever(data.valueScale, value);
    shades[i] = Number.isNaN(place) || cut ? EMPTY : place;
  }
  data.stateNames.forEach((_, state) => goalsOn(data, state).forEach((goal) => (shades[state * data.goals + goal] = HERE)));
  return shades;
}

// The pixels of the places in `shadesOf`, Uint32Array [258], for an ImageData; after them those of more colours.
export function pixelsOf(scale, theme, ...more) {
  const pixelOf = ([r, g, b]) => 255 * 2 ** 24 + b * 2 ** 16 + g * 2 ** 8 + r;
  const others = [theme.bg, theme.empty, ...more].map((colour) => pixelOf(channelsOf(colour)));
  return new Uint32Array([...lutOf(scale).css.map((css) => pixelOf(css.match(/\d+/g).map(Number))), ...others]);
}

// The goals that a state is.
export const goalsOn = (data, state) => data.goalNames.flatMap((_, goal) => (isHere(data, state, goal) ? [goal] : []));

// ---------------------------------------------------------------- drawing

const WEDGES = 13; // CSS pixels of a cell from which each action has its colour

// One cell for one pair: four wedges coloured by action, and the arrow of the best one.
//   view: {scale, array, wedges}; wedges: the least cell that has them, where it is not WEDGES
export function drawPair(context, data, theme, view, [row, col], state, goal) {
  const { grid } = data;
  const { scale, array } = view;
  const lut = lutOf(scale);
  const now = read(data, array, state, goal);
  const exact = scale === "error" ? read(data, data.truth, state, goal) : null;
  const cut = isCut(data, state, goal);
  const place = shadeOf(data, scale, now.value, exact?.value, goal);
  const empty = (cut && array === (data.truth ?? data.q)) || Number.isNaN(place);
  fillCell(context, grid, row, col, empty ? theme.empty : lut.css[place]);
  const ink = empty ? theme.muted : lut.isLight[place] ? "#14181d" : "#ffffff";
  if (empty || cut) return drawCross(context, grid, row, col, ink);
  if (grid.cell >= (view.wedges ?? WEDGES) && data.moves.every(Boolean)) {
    now.actions.forEach((value, i) => {
      const colour = lut.css[shadeOf(data, scale, value, exact?.actions[i], goal)];
      drawWedge(context, grid, row, col, data.moves[i], colour ?? theme.empty);
    });
  }
  if (data.moves[now.best]) drawArrow(context, grid, row, col, data.moves[now.best], ink);
}

// The cells that the best actions pass through, from a state to a goal, by the rules of the map without slips.
// Returns {cells: [[row, col]], end}. end: "arrives", "loops",
// "chance" (a teleporter with several exits) or "unknown" (the actions are no moves on the map).
export function greedyPath(data, array, state, goal) {
  const cells = [data.statePositions[state]];
  const seen = new Set([state]);
  const { cols } = data.grid;
  if (!data.moves.every(Boolean)) return { cells, end: "unknown" };
  for (let at = state; ; ) {
    const best = bestAction(data, array, placeOf(data, at, goal));
    const [row, col] = cells.at(-1);
    const move = data.moves[best];
    const next = moveFrom(data.grid, data.stateAt, [row, col], move);
    if (next === null) return { cells: [...cells, [row + move[0], col + move[1]]], end: "chance" };
    cells.push(next);
    at = data.stateAt[next[0] * cols + next[1]];
    if (at < 0) return { cells, end: "loops" };
    if (isHere(data, at, goal)) return { cells, end: "arrives" };
    if (seen.has(at)) return { cells, end: "loops" };
    seen.add(at);
  }
}

// ---------------------------------------------------------------- words

const placeName = ([row, col]) => `row ${row} column ${col}`;

// Which pair is read, in words.
export function whereOf(data, { direction }, state, goal) {
  const name = shortName(data.goalNames[goal]);
  const place = placeName(data.statePositions[state]);
  return direction === "goal" ? `${place}, goal ${name}` : `goal ${name}, from ${place}`;
}

// One sentence about a pair, for the live line.
export function describe(data, view, state, goal) {
  const where = whereOf(data, view, state, goal);
  if (isHere(data, state, goal)) return `${where}: the state is the goal`;
  const now = read(data, view.array, state, goal);
  const exact = data.truth && read(data, data.truth, state, goal);
  if (isCut(data, state, goal)) return `${where}: no way leads there, value ${formatNumber(now.value)}`;
  const first = view.direction === "goal" ? "go" : "first go";
  const amount = data.valueScale.convertible ? `about ${formatSteps(now.steps)} steps` : `value ${formatNumber(now.value)}`;
  const known = exact && (data.valueScale.convertible ? formatSteps(exact.steps) : formatNumber(exact.value));
  const stuck = greedyPath(data, view.array, state, goal).end === "loops" ? "; the greedy path does not arrive" : "";
  return `${where}: ${first} ${data.actionNames[now.best]}, ${amount}${exact ? ` (exact ${known})` : ""}${stuck}`;
}

// "about 6 steps", with the exact number where it is known; the value where it stands for no steps.
export function amountOf(data, array, state, goal, left = "") {
  const words = (source) => {
    const { value, steps } = read(data, source, state, goal);
    return data.valueScale.convertible ? formatSteps(steps) : formatNumber(value);
  };
  const exact = data.truth ? ` (exact ${words(data.truth)})` : "";
  if (!data.valueScale.convertible) return `value ${words(array)}${exact}`;
  if (isCut(data, state, goal)) return "no way";
  const count = words(array);
  return `about ${count} ${count === "1" ? "step" : "steps"}${left}${exact}`;
}

// The rows of the table twin: [headings, rows, index of the current row]. One row for each cell of the map.
export function tableRows(data, view, state, goal) {
  const byState = view.direction === "goal";
  const names = byState ? data.stateNames : data.goalNames.map(shortName);
  const headings = [byState ? "state" : "goal", "best action", "value", ...(data.valueScale.convertible ? ["steps"] : [])];
  if (data.truth) headings.push("exact value", ...(data.valueScale.convertible ? ["exact steps"] : []), "error");
  const rows = names.map((name, i) => {
    const [s, g] = byState ? [i, goal] : [state, i];
    if (isHere(data, s, g)) return [name, "is the goal", ...headings.slice(2).map(() => "")];
    const now = read(data, data.q, s, g);
    const numbers = (at) => [formatNumber(at.value), ...(data.valueScale.convertible ? [formatSteps(at.steps)] : [])];
    const row = [name, data.actionNames[now.best], ...numbers(now)];
    if (!data.truth) return row;
    const exact = read(data, data.truth, s, g);
    return [...row, ...numbers(exact), formatSigned(now.value - exact.value)];
  });
  return [headings, rows, byState ? state : goal];
}

// The exact value of a pair in words; empty where there are no exact values.
export function exactWords(data, state, goal) {
  if (!data.truth) return "";
  const { value, steps } = read(data, data.truth, state, goal);
  return `exact value ${formatNumber(value)}${data.valueScale.convertible ? `, steps ${formatSteps(steps)}` : ""}`;
}
