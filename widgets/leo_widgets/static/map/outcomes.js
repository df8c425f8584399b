// What became of every walk from a start to a goal: which pairs are shown, what each says, and the walk itself.
import { decode, decodeBytes, valueAt } from "../lib/arrays.js";
import { shade } from "../lib/shades.js";
import { formatNumber, formatSteps, shortName } from "../lib/words.js";
import { moveFrom, DIRECTIONS } from "./grid.js";
import { isHere, readValues } from "./values.js";

const WHOLE = 1 - 1e-6;

// The traits of a matrix as arrays. get(name) reads a trait.
export function readOutcomes(get, grid) {
  const instead = { q: () => get("v"), truth: () => ({}) };
  const data = readValues((name) => (instead[name] ?? (() => get(name)))(), grid);
  const [success, length, optimum] = ["success", "length", "optimum"].map((name) => decode(get(name)));
  const moves = get("action_names").map((name) => DIRECTIONS[name]); // values of best actions have lost theirs
  const read = {
    ...data, moves, success, length, optimum, best: decodeBytes(get("best")), counts: decodeBytes(get("pairs")), orders: get("orders"),
    rules: get("rules"), states: data.stateNames.length, short: { state: data.stateNames.map(shortName), goal: data.goalNames.map(shortName) },
  };
  return { ...read, next: nextTable(read, get("next_states"), get("action_names").length) };
}

// Where every action leads, Int32Array [S, A]: as told, or by the rules of the map. -1: chance decides, or no one knows.
function nextTable(data, told, actions) {
  if (told.length) return Int32Array.from(told.flat());
  const { grid, stateAt, moves, statePositions } = data;
  const ahead = (cell, move) => {
    const next = move && moveFrom(grid, stateAt, cell, move);
    return next ? stateAt[next[0] * grid.cols + next[1]] : -1;
  };
  return Int32Array.from({ length: data.states * actions },
    (_, i) => ahead(statePositions[Math.floor(i / actions)], moves[i % actions]));
}

// ---------------------------------------------------------------- one pair

// {counts, success, length, optimum, extra, fails}; extra is NaN where the goal is never reached.
export function outcomeOf(data, start, goal) {
  const i = start * data.goals + goal;
  const [success, length, optimum] = [data.success, data.length, data.optimum].map((array) => valueAt(array, i));
  const counts = data.counts[i] === 1;
  return { counts, success, length, optimum, extra: length - optimum, fails: counts && success < data.rules.fails_below };
}

// The greedy walk: {states, end, from}. end: "arrives", "late" (the time is over), "loops" (from: the place in states to which
// it comes back), or "chance" (what comes next is not known). Where chance has a part, the likeliest next state is taken.
export function walkOf(data, start, goal) {
  const states = [start];
  const seen = new Map([[start, 0]]);
  const actions = data.next.length / data.states;
  while (states.length <= data.rules.max_steps) {
    const at = states.at(-1);
    const next = data.next[at * actions + data.best[at * data.goals + goal]];
    if (next < 0) return { states, end: "chance", from: -1 };
    states.push(next);
    if (isHere(data, next, goal)) return { states, end: "arrives", from: -1 };
    if (seen.has(next)) return { states, end: "loops", from: seen.get(next) };
    seen.set(next, states.length - 1);
  }
  return { states, end: "late", from: -1 };
}

// ---------------------------------------------------------------- which pairs

// Starts and goals that are shown, in their order: {starts, goals}.
export function shownPairs(data, sort, onlyFailures) {
  const [starts, goals] = data.orders[sort];
  if (!onlyFailures) return { starts, goals };
  const fails = (start, goal) => outcomeOf(data, start, goal).fails;
  return {
    starts: starts.filter((start) => goals.some((goal) => fails(start, goal))),
    goals: goals.filter((goal) => starts.some((start) => fails(start, goal))),
  };
}

// Every pair of the table: [[start, goal, outcome]].
const everyPair = (data) => Array.from({ length: data.states * data.goals }, (_, i) => {
  const [start, goal] = [Math.floor(i / data.goals), i % data.goals];
  return [start, goal, outcomeOf(data, start, goal)];
});

// The pairs that count, or fail, the worst first: [[start, goal]]. As Python's.
export function worstFirst(data, onlyFailures) {
  const extra = (outcome) => (Number.isNaN(outcome.extra) ? Infinity : Math.round(outcome.extra * 100));
  return everyPair(data).filter(([, , outcome]) => (onlyFailures ? outcome.fails : outcome.counts))
    .sort(([, , a], [, , b]) => a.success - b.success || (extra(a) === extra(b) ? 0 : extra(b) - extra(a)))
    .map(([start, goal]) => [start, goal]);
}

// How many pairs count, how many fail, and their mean success.
export function totalsOf(data) {
  const counted = everyPair(data).map(([, , outcome]) => outcome).filter(({ counts }) => counts);
  const sum = counted.reduce((total, { success }) => total + success, 0);
  return { pairs: counted.length, fails: counted.filter(({ fails }) => fails).length, mean: sum / counted.length };
}

// Place 0..255 of extra steps on the colours: none is bright.
export const shadeOfExtra = (data, extra) => shade(extra, data.rules.worst, 0);

// ---------------------------------------------------------------- words

// A share that is not whole is never written as 100 %, and one that is not nothing never as 0 %.
export function percentOf(share, digits = 0) {
  if (share >= WHOLE) return "100 %";
  const [least, text] = [10 ** -digits, (100 * share).toFixed(digits)];
  if (Number(text) >= 100) return `over ${(100 - least).toFixed(digits)} %`;
  return share > 1e-9 && Number(text) === 0 ? `below ${least} %` : `${text} %`;
}

const stepWord = (count) => `${formatSteps(count)} ${formatSteps(count) === "1" ? "step" : "steps"}`;

// What the greedy walk does.
export function walkWords(data, walk, goal) {
  const last = walk.states.length - 1;
  const name = (at) => data.short.state[walk.states[at]];
  if (walk.end === "arrives") return `arrives after ${stepWord(last)}`;
  if (walk.end === "late") return `is still under way after ${stepWord(last)}, when the time is over`;
  if (walk.end === "chance" && !data.moves.every(Boolean)) return "is not known: actions are no moves on this map, give transitions";
  if (walk.end === "chance") return `comes after ${stepWord(last)} to ${name(last)}, where chance decides`;
  if (walk.from === last - 1) {
    return `stops in ${name(last)}${last > 1 ? ` after ${stepWord(last - 1)}` : ""}, where it pushes ${actionIn(data, walk.states[last], goal)} against a wall`;
  }
  return `goes round in a loop of ${stepWord(last - walk.from)} from ${name(walk.from)}${walk.from ? `, which it enters after ${stepWord(walk.from)}` : ""}`;
}

const actionIn = (data, state, goal) => data.actionNames[data.best[state * data.goals + goal]];

// Steps over the optimum in words.
function extraWords({ length, optimum, extra }) {
  if (Math.abs(extra) < 0.05) return `${stepWord(length)}, the optimum`;
  const more = `${formatSteps(Math.abs(extra))} ${extra > 0 ? "more" : "fewer"} than the optimum of ${formatSteps(optimum)}`;
  return `${stepWord(length)}, ${more}`;
}

// Why a pair does not count.
function outsideWords(data, start, goal, { optimum }) {
  if (isHere(data, start, goal)) return "the start is the goal, so this pair does not count";
  if (Number.isNaN(optimum)) return "no way leads there, so this pair does not count";
  return "not both can be reached from the start of the world, so this pair does not count";
}

// What is known of a pair, and of its walk, in words: [about the pair, about the walk].
export function wordsOfPair(data, start, goal, walk) {
  const outcome = outcomeOf(data, start, goal);
  if (!outcome.counts) return [outsideWords(data, start, goal, outcome), ""];
  const { luck } = data.rules;
  const way = walkWords(data, walk, goal);
  if (luck) {
    const reached = outcome.success > 0 ? `, then in ${extraWords(outcome)}` : "";
    return [`reached in ${percentOf(outcome.success)} of tries${reached}${outcome.fails ? ": a failure" : ""}`, `the likeliest walk ${way}`];
  }
  const odd = outcome.success > 0.5 !== (walk.end === "arrives") ? "; the evaluation says otherwise: it was made with other moves, give them as transitions" : "";
  if (outcome.fails) return [`fails; the optimum is ${stepWord(outcome.optimum)}`, `the walk ${way}${odd}`];
  return [`reached in ${extraWords(outcome)}`, odd && `the walk ${way}${odd}`];
}

// One sentence about a pair, for the live line.
export function describePair(data, start, goal, walk, chosen) {
  const [pair, way] = wordsOfPair(data, start, goal, walk);
  return `from ${data.short.state[start]} to ${data.short.goal[goal]}${chosen ? ", chosen" : ""}: ${pair}${way && `; ${way}`}`;
}

export function totalWords(data, { pairs, fails, mean }) {
  if (!pairs) return "no pair counts";
  const share = percentOf(mean, 1);
  return `${fails.toLocaleString("en")} of ${pairs.toLocaleString("en")} pairs fail, mean success ${share}`;
}

// The rows of the table twin: [headings, rows, index of the current row]. At most `most` rows, the worst.
export function outcomeRows(data, found, most, current) {
  const headings = ["start", "goal", "success", "steps", "optimum", "extra steps"];
  const number = (x) => (Number.isNaN(x) ? "never" : formatNumber(x, data.rules.luck ? 1 : 0));
  const rows = found.slice(0, most).map(([start, goal]) => {
    const { success, length, optimum, extra } = outcomeOf(data, start, goal);
    return [data.short.state[start], data.short.goal[goal], percentOf(success), number(length), number(optimum), Number.isNaN(extra) ? "" : number(extra)];
  });
  return [headings, rows, found.findIndex(([start, goal]) => start === current.start && goal === current.goal)];
}
