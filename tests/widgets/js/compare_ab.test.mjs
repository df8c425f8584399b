// CompareAB's pure functions, on a corridor in which two tables disagree.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as compare from "../../../widgets/leo_widgets/static/map/compare.js";
import { columnsFor } from "../../../widgets/leo_widgets/static/views/compare_ab.js";
import { gridOf } from "../../../widgets/leo_widgets/static/map/grid.js";
import { exactWords } from "../../../widgets/leo_widgets/static/map/values.js";
import { hit, plain } from "./scales.mjs";

const ACTIONS = ["left", "right", "up", "down"];
const NAMES = ["r0c0", "r0c1", "r0c2"];
const range = (low, high) => ({ low, high, below: false, above: true });

const pack = (numbers) => ({
  data: new DataView(Uint16Array.from(numbers, (x) => (Number.isNaN(x) ? 65535 : Math.round(x * 65534))).buffer),
  shape: [3, 3, 4], low: 0, high: 1,
});

// [S, G, A]: the best action of every state and its value, the same for all goals; other actions have half of it.
const table = (policy, values) => policy.flatMap((action, state) =>
  NAMES.flatMap(() => ACTIONS.map((name) => (name === action ? values[state] : values[state] / 2))));

function sides({ a = [0.99, 0.9, 0.8], b = [0.99 ** 3, 0.9, 0.9], truth, isHit = true, labels = ["LEO", "UVFA"] } = {}) {
  const positions = [[0, 0], [0, 1], [0, 2]];
  const traits = {
    a: pack(table(["right", "right", "left"], a)), b: pack(table(["right", "left", "up"], b)), labels,
    truth: truth ? pack(table(["right", "right", "right"], truth)) : {}, gamma: 0.99, value_scale: (isHit ? hit : plain)(0.99), rows: ["..."],
    limits: { value: range(0, 1), steps: isHit ? range(1, 20) : null, error: truth ? range(-1, 1) : null },
    state_positions: positions, goal_positions: positions, state_names: NAMES,
    goal_names: NAMES.map((name) => `position/${name}`), action_names: ACTIONS,
  };
  return compare.readSides((name) => traits[name], gridOf(["..."], positions));
}

const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-3, `${found}, not ${wanted}`);
const toGoal = (scale, goal = 2) => ({ direction: "goal", pinned: goal, scale });

test("both sides read their own table, on one grid", () => {
  const [a, b] = sides();
  assert.deepEqual([a.name, b.name], ["LEO", "UVFA"]);
  assert.equal(a.data.grid, b.data.grid);
  const both = compare.readBoth([a, b], 1, 2);
  assert.deepEqual([both.now[0].best, both.now[1].best, both.exact], [1, 0, null]);
  assert.deepEqual(compare.inOrder([1, 2], true), [2, 1]);
  assert.deepEqual(compare.inOrder([1, 2], false), [1, 2]);
});

test("differences are left minus right, in values, steps and sizes of errors", () => {
  const both = compare.readBoth(sides({ truth: [0.96, 0.9, 0.85] }), 0, 2);
  near(compare.differenceOf(both, "value"), 0.99 - 0.99 ** 3);
  near(compare.differenceOf(both, "steps"), -2);
  near(compare.differenceOf(both, "error"), 0.03 - (0.99 ** 3 - 0.96));
  const turned = compare.readBoth(compare.inOrder(sides(), true), 0, 2);
  near(compare.differenceOf(turned, "value"), 0.99 ** 3 - 0.99);
  const one = compare.readBoth(sides({ a: [0, 0.9, 0.8] }), 0, 2);
  assert.equal(compare.differenceOf(one, "steps"), Infinity);
  const none = compare.readBoth(sides({ a: [0, 0.9, 0.8], b: [0, 0.9, 0.9] }), 0, 2);
  assert.ok(Number.isNaN(compare.differenceOf(none, "steps")));
});

test("a cell is cut off where the exact values or both tables say so", () => {
  assert.equal(compare.isCutForBoth(sides({ a: [0, 1, 1] }), 0, 2), false);
  assert.equal(compare.isCutForBoth(sides({ a: [0, 1, 1], b: [0, 1, 1] }), 0, 2), true);
  assert.equal(compare.isCutForBoth(sides({ truth: [0, 1, 1] }), 0, 2), true);
  assert.equal(compare.isCutForBoth(sides({ a: [0, 1, 1], b: [0, 1, 1], isHit: false }), 0, 2), false);
});

test("the summary counts cells with a way, without the goal", () => {
  const found = compare.summaryOf(sides(), toGoal("value"));
  assert.equal(found.cells, 2);
  near(found.mean, (0.99 - 0.99 ** 3) / 2);
  assert.equal(compare.summaryOf(sides({ a: [0, 0.9, 0.8], b: [0, 0.9, 0.8] }), toGoal("value")).cells, 1);
  const flipped = compare.summaryOf(sides(), { direction: "state", pinned: 1, scale: "value" });
  assert.deepEqual([flipped.cells, flipped.mean], [2, 0]);
  assert.equal(compare.summaryWords({ cells: 2, mean: 0.0098 }, 1, "value"),
    "greedy actions differ in 1 of 2 cells · mean |difference| 0.010");
  assert.equal(compare.summaryWords({ cells: 1, mean: NaN }, 0, "steps"), "greedy actions differ in 0 of 1 cell");
});

test("cells where the greedy actions differ, with both of them", () => {
  assert.deepEqual(compare.differingCells(sides(), toGoal("value")), [[[0, 1], 1, 0]]);
  assert.deepEqual(compare.differingCells(compare.inOrder(sides(), true), toGoal("value")), [[[0, 1], 0, 1]]);
  assert.deepEqual(compare.differingCells(sides({ truth: [1, 0, 1] }), toGoal("value")), []);
  const flipped = compare.differingCells(sides(), { direction: "state", pinned: 2, scale: "value" });
  assert.deepEqual(flipped, [[[0, 0], 0, 2], [[0, 1], 0, 2]]); // from the state r0c2, the action is the same for all goals
});

test("the live line says both and the difference", () => {
  assert.equal(compare.describeBoth(sides({ a: [0.99 ** 5, 0.9, 0.8] }), toGoal("value"), 0, 2),
    "row 0 column 0, goal r0c2: LEO right, 6 steps (0.951); UVFA right, 4 steps (0.970); difference −0.019");
  assert.match(compare.describeBoth(sides({ truth: [1, 0.9, 0.8] }), toGoal("steps"), 0, 2),
    /difference −2 steps; exact 1 step \(1\.000\)$/);
  assert.match(compare.describeBoth(sides({ truth: [0.96, 0.9, 0.8] }), toGoal("error"), 0, 2), /difference \+0\.020 in size of error; exact/);
  assert.match(compare.describeBoth(sides({ isHit: false }), toGoal("value"), 1, 2), /LEO right, value 0\.900; UVFA left, value 0\.900; difference 0\.000$/);
  assert.match(compare.describeBoth(sides({ truth: [0, 1, 1] }), toGoal("value"), 0, 2), /no way leads there; LEO 0\.990, UVFA 0\.970$/);
  assert.equal(compare.describeBoth(sides(), toGoal("value"), 2, 2), "row 0 column 2, goal r0c2: the state is the goal");
  assert.match(compare.describeBoth(sides(), { direction: "state", scale: "value" }, 0, 2), /^goal r0c2, from row 0 column 0: /);
});

test("the panel and the table twin hold the same numbers", () => {
  const known = sides({ truth: [0.96, 0.9, 0.8] });
  assert.deepEqual(compare.numbersOf(known, 0, 2), [
    ["best action", "right", "right", "same"], ["value", "0.990", "0.970", "+0.020"], ["steps", "2", "4", "−2"],
    ["size of error", "0.030", "0.010", "+0.020"], ["greedy path", "2 moves", "loops", ""],
  ]);
  assert.equal(exactWords(known[0].data, 1, 2), "exact value 0.900, steps 11.5");
  assert.equal(exactWords(sides()[0].data, 1, 2), "");
  const [headings, rows, current] = compare.compareRows(known, toGoal("value"), 0, 2);
  assert.deepEqual(headings.slice(0, 6), ["state", "best action, LEO", "best action, UVFA", "value, LEO", "value, UVFA", "difference"]);
  assert.deepEqual(rows[0], ["r0c0", "right", "right", "0.990", "0.970", "+0.020", "2", "4", "0.960", "+0.030", "+0.010"]);
  assert.deepEqual([rows[2][1], rows[2].length, current], ["is the goal", headings.length, 0]);
  assert.deepEqual(compare.compareRows(sides({ isHit: false }), toGoal("value"), 0, 2)[0].length, 6);
});

test("the legend of the difference is symmetric and says which colour is whose", () => {
  const limits = { value: range(-0.05, 0.05), steps: range(-4, 4) };
  const found = compare.differenceLegend(sides(), "value", limits);
  assert.deepEqual(found.ticks, [[0, "−0.050"], [0.5, "0"], [1, "≥ +0.050"]]);
  assert.match(found.note, /^blue: LEO lower · orange: LEO higher/);
  const steps = compare.differenceLegend(compare.inOrder(sides(), true), "steps", limits);
  assert.deepEqual(steps.ticks.map(([, text]) => text), ["−4", "0", "≥ +4"]);
  assert.match(steps.note, /^blue: UVFA nearer · orange: UVFA farther/);
});

test("maps share a row while their cells can be read", () => {
  assert.deepEqual([946, 632, 300].map((width) => columnsFor(width, 9, 3)), [3, 3, 1]);
  assert.deepEqual([946, 632, 400].map((width) => columnsFor(width, 16, 3)), [3, 2, 1]);
  assert.deepEqual([columnsFor(946, 16, 2), columnsFor(946, 60, 3)], [2, 1]);
});
