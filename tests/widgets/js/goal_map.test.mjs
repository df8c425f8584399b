// GoalMap's pure functions, on hand-made worlds that are not square.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf, moveFrom } from "../../../widgets/leo_widgets/static/map/grid.js";
import { fakeModel } from "../../../widgets/leo_widgets/static/lib/page.js";
import * as twoWay from "../../../widgets/leo_widgets/static/map/two_way.js";
import * as values from "../../../widgets/leo_widgets/static/map/values.js";
import { hit } from "./scales.mjs";

const ACTIONS = ["left", "right", "up", "down"];
const LIMITS = {
  value: { low: 0.5, high: 1, below: true, above: false },
  steps: { low: 1, high: 11, below: false, above: true },
  error: { low: -0.1, high: 0.1, below: false, above: false },
};

const pack = (numbers, shape) => ({
  data: new DataView(Uint16Array.from(numbers, (x) => Math.round(x * 65534)).buffer), shape, low: 0, high: 1,
});

// States and goals are the free cells; policy[state] is the action that has value `best` for every goal, others `rest`.
function world(layout, policy, { best = 0.9, rest = 0.6, truth } = {}) {
  const positions = layout.flatMap((line, r) => [...line].map((char, c) => [char, r, c]))
    .filter(([char]) => char !== "#" && !/[A-RT-UW-Z]/.test(char)).map(([, r, c]) => [r, c]);
  const count = positions.length;
  const filled = (at) => Array.from({ length: count * count * 4 }, (_, i) =>
    ACTIONS[i % 4] === policy[Math.floor(i / 4 / count)] ? at : rest);
  const names = positions.map(([r, c]) => `r${r}c${c}`);
  const traits = {
    q: pack(filled(best), [count, count, 4]), truth: truth === undefined ? {} : pack(filled(truth), [count, count, 4]),
    state_positions: positions, goal_positions: positions, gamma: 0.99, value_scale: hit(0.99), limits: { ...LIMITS }, rows: layout,
    state_names: names, goal_names: names.map((name) => `position/${name}`), action_names: ACTIONS,
    goal: 0, state_index: 0, direction: "goal", scale: "value", show_truth: false,
  };
  const model = fakeModel(traits);
  return { model, traits, data: values.readValues(model.get, gridOf(layout, positions)) };
}

const ROOM = ["..#", "...", "#.."]; // r0c0 r0c1 / r1c0 r1c1 r1c2 / r2c1 r2c2
const CORRIDOR = ["....."]; // one row

test("reading a pair: best action, value, steps", () => {
  const { data } = world(CORRIDOR, Array(5).fill("right"), { best: 0.99 ** 2 });
  const now = values.read(data, data.q, 1, 4);
  assert.equal(now.best, 1);
  assert.ok(Math.abs(now.steps - 3) < 0.01);
  assert.deepEqual(now.actions.map((x) => x.toFixed(3)), ["0.600", "0.980", "0.600", "0.600"]);
  assert.equal(values.placeOf(data, 2, 3), (2 * 5 + 3) * 4);
});

test("the state is the goal where their cells are equal", () => {
  const { data } = world(ROOM, Array(7).fill("up"));
  assert.deepEqual([values.isHere(data, 3, 3), values.isHere(data, 3, 4)], [true, false]);
});

test("colours: values rise, steps fall, errors part in the middle", () => {
  const { data } = world(CORRIDOR, Array(5).fill("right"));
  assert.deepEqual([0.4, 0.5, 0.75, 1].map((v) => values.shadeOf(data, "value", v)), [0, 0, 128, 255]);
  assert.deepEqual([1, 0.99 ** 10, 0].map((v) => values.shadeOf(data, "steps", v)), [255, 0, 0]);
  assert.deepEqual([0.7, 0.8, 0.95].map((v) => values.shadeOf(data, "error", v, 0.8)), [0, 128, 255]);
  assert.ok(Number.isNaN(values.shadeOf(data, "value", NaN)));
  assert.equal(values.formatScaled(data, "steps", 0.99 ** 4), "5");
  assert.equal(values.formatScaled(data, "error", 0.75, 0.8), "−0.050");
});

test("the legend has numbers at its ends, and says when colours end before the values", () => {
  const { data } = world(CORRIDOR, Array(5).fill("right"), { truth: 0.8 });
  const value = values.legendOf(data, "value", false);
  assert.equal(value.title, "value of the best action, estimate");
  assert.deepEqual(value.ticks, [[0, "≤ 0.50"], [0.5, "0.75"], [1, "1.00"]]);
  const steps = values.legendOf(data, "steps", true);
  assert.equal(steps.title, "steps to the goal, exact");
  assert.deepEqual([steps.reverse, steps.ticks[0], steps.ticks[2]], [true, [0, "1"], [1, "≥ 11"]]);
  assert.deepEqual(values.legendOf(data, "error", false).ticks.map(([, text]) => text), ["−0.100", "0.000", "+0.100"]);
  const alone = world(CORRIDOR, Array(5).fill("right")).data;
  assert.equal(values.legendOf(alone, "value", false).title, "value of the best action");
});

test("greedy paths arrive, loop, or are left to chance", () => {
  const arrives = world(ROOM, ["right", "down", "right", "down", "down", "right", "up"]).data;
  assert.deepEqual(values.greedyPath(arrives, arrives.q, 0, 6),
    { cells: [[0, 0], [0, 1], [1, 1], [2, 1], [2, 2]], end: "arrives" });
  const loops = world(CORRIDOR, ["right", "left", "left", "left", "left"]).data;
  assert.deepEqual(values.greedyPath(loops, loops.q, 0, 4), { cells: [[0, 0], [0, 1], [0, 0]], end: "loops" });
  const bumps = world(CORRIDOR, Array(5).fill("up")).data;
  assert.deepEqual(values.greedyPath(bumps, bumps.q, 2, 4), { cells: [[0, 2], [0, 2]], end: "loops" });
  const portal = world([".A.a.a"], Array(5).fill("right")).data;
  assert.deepEqual(values.greedyPath(portal, portal.q, 0, 3), { cells: [[0, 0], [0, 1]], end: "chance" });
});

test("moves follow walls, one-way cells and teleporters", () => {
  const grid = gridOf([".>.#", "A<^a"]);
  const { data } = world([".>.#", "A<^a"], Array(6).fill("up"));
  const move = (cell, name) => moveFrom(grid, data.stateAt, cell, { left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] }[name]);
  assert.deepEqual(move([0, 0], "right"), [0, 1]); // along the arrow
  assert.deepEqual(move([0, 1], "up"), [0, 1]); // may be left along the arrow only
  assert.deepEqual(move([0, 1], "down"), [0, 1]);
  assert.deepEqual(move([0, 2], "left"), [0, 2]); // not head-on into the arrow
  assert.deepEqual(move([0, 2], "right"), [0, 2]); // a wall
  assert.deepEqual(move([0, 2], "down"), [0, 2]); // head-on into ^
  assert.deepEqual(move([1, 1], "left"), [1, 3]); // the pad A leads to a
  assert.deepEqual(move([0, 0], "down"), [1, 3]);
  assert.deepEqual(move([1, 3], "left"), [1, 2]); // into ^ from its side
  const bare = gridOf(null, [[0, 0], [0, 2], [1, 2]]);
  const index = Int32Array.of(0, -1, 1, -1, -1, 2);
  assert.deepEqual(moveFrom(bare, index, [0, 2], [1, 0]), [1, 2]); // without a layout: from place to place
  assert.deepEqual(moveFrom(bare, index, [0, 2], [0, -1]), [0, 2]);
});

test("the live line says what to do, and when the way is no way", () => {
  const policy = ["right", "right", "right", "right", "right"];
  const { data } = world(CORRIDOR, policy, { best: 0.99 ** 5, truth: 0.99 ** 4 });
  const view = { direction: "goal", array: data.q };
  assert.equal(values.describe(data, view, 1, 4), "row 0 column 1, goal r0c4: go right, about 6 steps (exact 5)");
  assert.equal(values.describe(data, { ...view, direction: "state" }, 1, 4),
    "goal r0c4, from row 0 column 1: first go right, about 6 steps (exact 5)");
  assert.equal(values.describe(data, view, 4, 4), "row 0 column 4, goal r0c4: the state is the goal");
  assert.match(values.describe(data, view, 3, 0), /about 6 steps \(exact 5\); the greedy path does not arrive$/);
  const cut = world(CORRIDOR, policy, { truth: 0, rest: 0 }).data;
  assert.equal(values.describe(cut, { direction: "goal", array: cut.q }, 1, 4),
    "row 0 column 1, goal r0c4: no way leads there, value 0.900");
});

test("the table twin has one row for each cell of the map", () => {
  const { data } = world(ROOM, Array(7).fill("down"), { truth: 0.8 });
  const [headings, rows, current] = values.tableRows(data, { direction: "goal", array: data.q }, 2, 5);
  assert.deepEqual(headings, ["state", "best action", "value", "steps", "exact value", "exact steps", "error"]);
  assert.deepEqual(rows[0], ["r0c0", "down", "0.900", "11.5", "0.800", "23.2", "+0.100"]);
  assert.deepEqual(rows[5], ["r2c1", "is the goal", "", "", "", "", ""]);
  assert.deepEqual([rows.length, current], [7, 2]);
  const flipped = values.tableRows(data, { direction: "state", array: data.q }, 2, 5);
  assert.deepEqual([flipped[0][0], flipped[1][2][1], flipped[2]], ["goal", "is the goal", 5]);
});

test("what is selected: the pointer reads, the traits pin", () => {
  const { data, model } = world(ROOM, Array(7).fill("down"), { truth: 0.8 });
  model.set("goal", 5);
  model.set("state_index", 2);
  const pick = ({ state, goal, pinned }) => [state, goal, pinned];
  assert.deepEqual(pick(twoWay.viewOf(model, data, null)), [2, 5, 5]);
  assert.deepEqual(pick(twoWay.viewOf(model, data, [1, 2])), [4, 5, 5]);
  assert.deepEqual(pick(twoWay.viewOf(model, data, [0, 2])), [2, 5, 5]); // a wall is not read
  model.set("direction", "state");
  assert.deepEqual(pick(twoWay.viewOf(model, data, [1, 2])), [2, 4, 2]);
  model.set("show_truth", true);
  assert.equal(twoWay.viewOf(model, data, null).array, data.truth);
  model.set("scale", "error"); // the error compares already
  assert.equal(twoWay.viewOf(model, data, null).array, data.q);
});

test("scales and turns go round", () => {
  assert.deepEqual(twoWay.scalesOf({ ...LIMITS, error: null }), ["value", "steps"]);
  assert.equal(twoWay.after(["value", "steps"], "steps"), "value");
  assert.deepEqual([twoWay.turned(0, -1, 7), twoWay.turned(6, 1, 7)], [6, 0]);
});
