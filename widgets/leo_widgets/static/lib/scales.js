// What a value means, as Python describes it (arrays/scales.py): the steps that it stands for, and which one says "no way".
//   {name, label, unit, legend, larger_is_better, comparable, convertible, gamma, never, offset: [G] or null}

// log h of a first-hit value h; shift: what its goal adds.
const LOG_HIT = {
  hit: (value) => Math.log(value),
  occupancy: (value, shift) => Math.log(value) + shift,
  log_ratio: (value, shift) => value + shift,
  distance: (value, shift, gamma) => -value - Math.log(gamma),
  neg_steps: (value, shift, gamma) => Math.log(1 + (1 - gamma) * value) - Math.log(gamma),
};

// No way leads to the goal.
export const isNever = ({ never, larger_is_better: larger }, value) => never !== null && (larger ? value <= never : value >= never);

// Steps to the goal: 1 + log(h) / log(gamma); Infinity where no way leads there, NaN where the values stand for none.
export function stepsOf(scale, value, goal) {
  if (!scale.convertible || Number.isNaN(value)) return NaN;
  if (isNever(scale, value)) return Infinity;
  return 1 + LOG_HIT[scale.name](value, scale.offset ? scale.offset[goal] : 0, scale.gamma) / Math.log(scale.gamma);
}
