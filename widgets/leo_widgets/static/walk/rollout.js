// A walk and the values along it: what happens at a time, in numbers and in words.
import { formatNumber, formatSteps, shortName } from "../lib/words.js";
import { amountOf, goalsOn, isHere, read, readValues } from "../map/values.js";

// The traits of a player: the values [S, G, 1], and the trace with what it passed. get(name) reads a trait.
export function readRollout(get, grid) {
  const data = readValues((name) => get(name === "q" ? "v" : name), grid);
  const { states, actions, goals, achieved } = get("trace");
  const walk = { states, taken: actions, commanded: goals, achieved, last: actions.length };
  const short = data.goalNames.map(shortName);
  const goalsOnStates = data.stateNames.map((_, state) => goalsOn(data, state));
  const longest = Math.max(...short.map((name) => name.length));
  return { ...data, ...walk, short, longest, goalsOn: goalsOnStates, segments: segmentsOf(goals, achieved) };
}

// The stretches of time in which one goal is commanded: [{goal, from, to, achieved}], both ends included.
export function segmentsOf(goals, achieved) {
  const segments = [];
  goals.forEach((goal, t) => {
    const before = segments.at(-1);
    if (before?.goal === goal && !before.achieved) Object.assign(before, { to: t, achieved: achieved[t] });
    else segments.push({ goal, from: t, to: t, achieved: achieved[t] });
  });
  return segments;
}

// The stretch that a time belongs to, and the goal that the next step serves.
export const segmentAt = (data, t) => data.segments.find(({ to }) => t <= to);
export const aimOf = (data, t) => data.commanded[Math.min(t + 1, data.last)];

// The `count` goals with the best values in a state, the first of equals first; the state's own goals are left out.
export function bestGoals(data, array, state, count) {
  const here = new Set(data.goalsOn[state]);
  const code = (goal) => array.codes[state * data.goals + goal];
  return data.goalNames.map((_, goal) => goal)
    .filter((goal) => !here.has(goal) && code(goal) !== 65535)
    .sort((a, b) => signOf(data) * (code(b) - code(a)) || a - b).slice(0, count);
}

const signOf = ({ valueScale }) => (valueScale.larger_is_better ? 1 : -1);

// How many goals have a better value in this state than `goal`, plus one.
export function rankOf(data, array, state, goal) {
  const own = array.codes[state * data.goals + goal];
  const here = new Set(data.goalsOn[state]);
  let rank = 1;
  for (let g = 0; g < data.goals; g++) {
    const code = array.codes[state * data.goals + g];
    if (code !== 65535 && signOf(data) * (code - own) > 0 && !here.has(g)) rank++;
  }
  return rank;
}

// Goals passed since the present command was given without being commanded, the latest first, each once.
export function passedGoals(data, t) {
  const { from } = segmentAt(data, t);
  const passed = new Set();
  for (let time = t - 1; time >= Math.max(1, from); time--) {
    data.goalsOn[data.states[time]].forEach((goal) => goal !== data.commanded[t] && passed.add(goal));
  }
  data.goalsOn[data.states[t]].forEach((goal) => passed.delete(goal));
  return [...passed];
}

// Where the agent is drawn at a time between two frames: [row, col]. Far cells are not joined: that was a teleporter.
export function placeAt(data, at) {
  const before = Math.max(0, Math.min(Math.floor(at), data.last));
  const [row, col] = data.statePositions[data.states[before]];
  const [nextRow, nextCol] = data.statePositions[data.states[Math.min(before + 1, data.last)]];
  const part = at - before;
  if (Math.abs(nextRow - row) + Math.abs(nextCol - col) > 1) return part < 0.5 ? [row, col] : [nextRow, nextCol];
  return [row + part * (nextRow - row), col + part * (nextCol - col)];
}

// ---------------------------------------------------------------- what is shown

// The goal is the commanded one as long as the player follows it.
export function viewOf(model, data) {
  const [frame, follow, scale] = ["frame", "follow", "scale"].map((name) => model.get(name));
  const exact = model.get("show_truth") && scale !== "error";
  return {
    frame, follow, scale, exact, sort: model.get("sort"), speed: model.get("speed"),
    goal: follow ? data.commanded[frame] : model.get("goal"), array: exact ? data.truth : data.q,
  };
}

// ---------------------------------------------------------------- words

// One sentence about a time, for the live line. view: {array, goal, follow}.
export function describeTime(data, view, t) {
  const state = data.states[t];
  const [goal, aim] = [data.commanded[t], aimOf(data, t)];
  const parts = [`at ${data.stateNames[state]}`];
  if (data.achieved[t]) parts.push("goal reached");
  if (t < data.last) {
    const left = isHere(data, state, aim) ? "" : `, ${amountOf(data, view.array, state, aim, " left")}`;
    parts.push(`${data.achieved[t] ? "next" : "going"} ${data.actionNames[data.taken[t]]} to ${data.short[aim]}${left}`);
  } else if (!data.achieved[t]) parts.push(`the walk ends before ${data.short[goal]}`);
  const [first, ...more] = passedGoals(data, t);
  const also = first === undefined ? "" : `; also passed ${data.short[first]}${more.length ? ` and ${more.length} more` : ""}`;
  const own = view.follow ? "" : `; chosen goal ${pairWords(data, view.array, state, view.goal)}`;
  return `step ${t} of ${data.last}: ${parts.join(", ")}${also}${own}`;
}

// One value in words: "r2c5: 0.951, about 6 steps".
export function pairWords(data, array, state, goal) {
  if (isHere(data, state, goal)) return `${data.short[goal]}: the state is the goal`;
  const value = data.valueScale.convertible ? `${formatNumber(read(data, array, state, goal).value)}, ` : "";
  return `${data.short[goal]}: ${value}${amountOf(data, array, state, goal)}`;
}

// The line below everything: what the pointer reads, else what happens now. hover: {time, goal}, {state, goal}, {goal}.
export function wordsOf(data, view, hover) {
  if (hover?.time !== undefined) {
    const state = data.states[hover.time];
    return `step ${hover.time}, at ${data.stateNames[state]}, to ${pairWords(data, view.array, state, hover.goal)}`;
  }
  if (hover?.state !== undefined) return `from ${data.stateNames[hover.state]} to ${pairWords(data, view.array, hover.state, view.goal)}`;
  if (hover) return `from here, ${data.stateNames[data.states[view.frame]]}, to ${pairWords(data, view.array, data.states[view.frame], hover.goal)}`;
  return describeTime(data, view, view.frame);
}

// The table twin: [headings, rows], one row for each time.
export function timeRows(data) {
  const sources = [data.q, ...(data.truth ? [data.truth] : [])];
  const headings = ["time", "state", "action", "commanded goal"];
  sources.forEach((_, i) => headings.push(i ? "exact value" : "value", ...(data.valueScale.convertible ? [i ? "exact steps" : "steps left"] : [])));
  headings.push("achieved", "also passed");
  const rows = data.states.map((state, t) => {
    const goal = data.commanded[t];
    const here = isHere(data, state, goal);
    const numbers = sources.flatMap((source) => {
      const { value, steps } = read(data, source, state, goal);
      return [here ? "" : formatNumber(value), ...(data.valueScale.convertible ? [here ? "0" : formatSteps(steps)] : [])];
    });
    const passed = t ? data.goalsOn[state].filter((other) => other !== goal).map((other) => data.short[other]) : [];
    const action = t < data.last ? data.actionNames[data.taken[t]] : "";
    return [String(t), data.stateNames[state], action, data.short[goal], ...numbers, data.achieved[t] ? "yes" : "", passed.join(" ")];
  });
  return [headings, rows];
}
