// What values mean, as Python describes it (arrays/scales.py), for the fixtures of the tests.

export const hit = (gamma) => ({
  name: "hit", label: "value", unit: "", legend: "value of the best action", larger_is_better: true, comparable: true,
  convertible: true, gamma, never: 0, offset: null,
});

// A scale of which nothing is known but its name.
export const plain = (gamma = 0.99) => ({ ...hit(gamma), name: "plain", comparable: false, convertible: false, never: null });
