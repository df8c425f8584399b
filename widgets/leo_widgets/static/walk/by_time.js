// A walk whose values are kept by time, [T + 1, G]: what both the world's player and the plane's read of it.
import { valueAt } from "../lib/arrays.js";
import { stepsOf } from "../lib/scales.js";
import { formatNumber, formatSteps } from "../lib/words.js";
import { shadeOf } from "../map/values.js";

export const valueOf = (data, t, goal) => valueAt(data.q, t * data.goals + goal);
export const isDone = (data, t, goal) => data.done[t * data.goals + goal] === 1;

// Goals that a time achieves and the time before did not: [T + 1] lists. Nothing is reached at the start.
export function reachedGoals(done, times, goals) {
  return Array.from({ length: times }, (_, t) => {
    const reached = [];
    for (let g = 0, i = t * goals; t > 0 && g < goals; g++, i++) if (done[i] && !done[i - goals]) reached.push(g);
    return reached;
  });
}

// The colours of all pairs on a scale, a place 0..255 for each time and goal.
export const shadesByTime = (data, scale) =>
  Uint16Array.from(data.q.codes, (code, i) => shadeOf(data, scale, data.q.low + code * data.q.unit, NaN, i % data.goals));

// "0.512, about 67 steps"; the value alone where it stands for none.
export const amountWords = (data, t, goal) => valueWords(data, valueOf(data, t, goal), goal);

export function valueWords({ valueScale }, value, goal) {
  const count = stepsOf(valueScale, value, goal);
  if (!Number.isFinite(count)) return formatNumber(value);
  const steps = formatSteps(count > 10 ? Math.round(count) : count);
  return `${formatNumber(value)}, ${count > 999 ? "" : "about "}${steps} ${steps === "1" ? "step" : "steps"}`;
}
