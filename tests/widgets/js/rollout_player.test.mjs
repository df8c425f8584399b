// RolloutPlayer's pure functions, on hand-made walks through a map that is not square.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf } from "../../../widgets/leo_widgets/static/map/grid.js";
import { fakeModel } from "../../../widgets/leo_widgets/static/lib/page.js";
import * as playback from "../../../widgets/leo_widgets/static/lib/playback.js";
import * as rollout from "../../../widgets/leo_widgets/static/walk/rollout.js";
import * as strip from "../../../widgets/leo_widgets/static/walk/strip.js";
import * as tools from "../../../widgets/leo_widgets/static/walk/rollout_tools.js";
import * as values from "../../../widgets/leo_widgets/static/map/values.js";
import { trailOf } from "../../../widgets/leo_widgets/static/walk/walk_map.js";
import { hit, plain } from "./scales.mjs";

// Two rows, five columns without a wall. Cell 0..4 is row 0, 5..9 row 1; goal i is cell i; values are gamma ** (way - 1).
const LAYOUT = ["S....", "....."];
const CELLS = LAYOUT.flatMap((line, r) => [...line].map((_, c) => [r, c]));
const GAMMA = 0.9;
const LIMITS = {
  value: { low: 0.6, high: 1, below: false, above: false },
  steps: { low: 1, high: 6, below: false, above: false },
  error: { low: -0.1, high: 0.1, below: false, above: false },
};
// right right (goal 2 reached), down, right, down into the wall, left: goal 5 is given up
const TRACE = {
  states: [0, 1, 2, 7, 8, 8, 7], actions: [1, 1, 3, 1, 3, 0],
  goals: [2, 2, 2, 5, 5, 5, 5], achieved: [false, false, true, false, false, false, false],
};
const way = (s, g) => Math.abs(CELLS[s][0] - CELLS[g][0]) + Math.abs(CELLS[s][1] - CELLS[g][1]);
const exact = (s, g) => GAMMA ** (way(s, g) - 1);

const code = (value) => (Number.isNaN(value) ? 65535 : Math.round(Math.min(1, value) * 65534));
function pack(value) {
  const codes = CELLS.flatMap((_, s) => CELLS.map((_, g) => code(value(s, g))));
  return { data: new DataView(Uint16Array.from(codes).buffer), shape: [10, 10, 1], low: 0, high: 1 };
}

function world({ trace = TRACE, value = exact, truth, scale = hit(GAMMA) } = {}) {
  const names = CELLS.map(([r, c]) => `r${r}c${c}`);
  const model = fakeModel({
    v: pack(value), truth: truth ? pack(truth) : {}, trace, gamma: GAMMA, value_scale: scale, limits: LIMITS, rows: LAYOUT,
    state_positions: CELLS, goal_positions: CELLS, state_names: names, goal_names: names.map((name) => `position/${name}`),
    action_names: ["left", "right", "up", "down"], frame: 0, goal: 2, follow: true, scale: "value", show_truth: false,
    sort: "group", speed: 4, orders: { group: [...CELLS.keys()] },
  });
  return { model, data: rollout.readRollout(model.get, gridOf(LAYOUT, CELLS)) };
}

// ---------------------------------------------------------------- the walk

test("a walk falls into commands: a new goal or a reached one ends the one before", () => {
  const { data } = world();
  assert.deepEqual(data.segments, [{ goal: 2, from: 0, to: 2, achieved: true }, { goal: 5, from: 3, to: 6, achieved: false }]);
  assert.deepEqual(rollout.segmentsOf([4, 4, 4], [false, true, true]).map(({ from, to }) => [from, to]), [[0, 1], [2, 2]]);
  assert.equal(rollout.segmentAt(data, 2).goal, 2);
  assert.equal(rollout.segmentAt(data, 3).goal, 5);
  assert.deepEqual([0, 1, 2, 6].map((t) => rollout.aimOf(data, t)), [2, 2, 5, 5]); // an action serves the goal after it
});

test("between two frames the agent is between two cells, but not on the way of a teleporter", () => {
  const { data } = world();
  assert.deepEqual(rollout.placeAt(data, 0.25), [0, 0.25]);
  assert.deepEqual(rollout.placeAt(data, 2.5), [0.5, 2]);
  assert.deepEqual(rollout.placeAt(data, 6), [1, 2]);
  const far = world({ trace: { ...TRACE, states: [0, 4, 2, 7, 8, 8, 7] } }).data;
  assert.deepEqual([0.4, 0.6].map((at) => rollout.placeAt(far, at)), [[0, 0], [0, 4]]);
});

test("the trail starts with the command and breaks at a teleporter", () => {
  const { data } = world();
  assert.deepEqual(trailOf(data, 2, 2), [[[0, 0], [0, 1], [0, 2]]]);
  assert.deepEqual(trailOf(data, 4, 3.5), [[[0, 2], [1, 2], [1, 2.5]]]);
  assert.deepEqual(trailOf(data, 0, 0), [[[0, 0]]]);
  const far = world({ trace: { ...TRACE, states: [0, 4, 3, 7, 8, 8, 7] } }).data;
  assert.deepEqual(trailOf(far, 2, 2), [[[0, 0]], [[0, 4], [0, 3]]]);
});

test("goals that were passed without being commanded, the latest first", () => {
  const { data } = world();
  assert.deepEqual([0, 1, 2].map((t) => rollout.passedGoals(data, t)), [[], [], [1]]); // the start is not passed
  assert.deepEqual(rollout.passedGoals(data, 5), [7]); // 8 is where the agent is
  assert.deepEqual(rollout.passedGoals(data, 6), [8]);
});

// ---------------------------------------------------------------- values

test("the best goals of a state, its own left out, and the rank of any", () => {
  const { data } = world();
  assert.deepEqual(rollout.bestGoals(data, data.q, 0, 4), [1, 5, 2, 6]); // ties: the first of the list
  assert.deepEqual(rollout.bestGoals(data, data.q, 7, 99).length, 9);
  assert.deepEqual([1, 5, 2, 9].map((goal) => rollout.rankOf(data, data.q, 0, goal)), [1, 1, 3, 9]);
  const unknown = world({ value: (s, g) => (g === 1 ? NaN : exact(s, g)) }).data;
  assert.deepEqual(rollout.bestGoals(unknown, unknown.q, 0, 2), [5, 2]);
});

test("shades: values rise, steps fall, the own goal and no way are no colours", () => {
  const { data } = world({ truth: (s, g) => (g === 9 && s !== 9 ? 0 : exact(s, g)) });
  const shades = (scale, array) => values.shadesOf(data, { scale, array });
  const at = (array, s, g) => array[s * 10 + g];
  const [value, steps, error] = ["value", "steps", "error"].map((scale) => shades(scale, data.q));
  assert.deepEqual([at(value, 0, 0), at(value, 0, 1), at(value, 0, 2), at(value, 0, 9)], [values.HERE, 255, 191, 36]);
  assert.deepEqual([at(steps, 0, 1), at(steps, 0, 2), at(steps, 0, 9)], [255, 204, 51]);
  assert.deepEqual([at(error, 0, 1), at(error, 0, 9)], [128, 255]);
  assert.equal(at(shades("value", data.truth), 0, 9), values.EMPTY);
  const unknown = world({ value: () => NaN }).data;
  assert.equal(at(values.shadesOf(unknown, { scale: "value", array: unknown.q }), 0, 1), values.EMPTY);
});

// ---------------------------------------------------------------- words

test("one sentence for each time", () => {
  const { data } = world();
  const words = (t, view = { array: data.q, follow: true }) => rollout.describeTime(data, view, t);
  assert.equal(words(0), "step 0 of 6: at r0c0, going right to r0c2, about 2 steps left");
  assert.equal(words(2), "step 2 of 6: at r0c2, goal reached, next down to r1c0, about 3 steps left; also passed r0c1");
  assert.equal(words(4), "step 4 of 6: at r1c3, going down to r1c0, about 3 steps left; also passed r1c2");
  assert.equal(words(6), "step 6 of 6: at r1c2, the walk ends before r1c0; also passed r1c3");
  assert.match(words(0, { array: data.q, follow: false, goal: 9 }), /; chosen goal r1c4: 0\.656, about 5 steps$/);
});

test("words with exact values, and for values that are no hit values", () => {
  const both = world({ value: (s, g) => exact(s, g) * 0.95, truth: exact }).data;
  assert.equal(values.amountOf(both, both.q, 0, 1), "about 1.5 steps (exact 1)");
  assert.equal(values.amountOf(both, both.truth, 0, 1, " left"), "about 1 step left (exact 1)");
  const cut = world({ truth: () => 0 }).data;
  assert.equal(values.amountOf(cut, cut.q, 0, 1), "no way");
  const other = world({ scale: plain(GAMMA) }).data;
  assert.equal(rollout.describeTime(other, { array: other.q, follow: true }, 0), "step 0 of 6: at r0c0, going right to r0c2, value 0.900");
  assert.equal(rollout.pairWords(other, other.q, 0, 0), "r0c0: the state is the goal");
});

test("what the pointer reads comes first", () => {
  const { model, data } = world();
  const view = rollout.viewOf(model, data);
  assert.equal(rollout.wordsOf(data, view, { time: 4, goal: 7 }), "step 4, at r1c3, to r1c2: 1.000, about 1 step");
  assert.equal(rollout.wordsOf(data, view, { state: 4, goal: 4 }), "from r0c4 to r0c2: 0.900, about 2 steps");
  assert.equal(rollout.wordsOf(data, view, { goal: 3 }), "from here, r0c0, to r0c3: 0.810, about 3 steps");
  assert.equal(rollout.wordsOf(data, view, null), rollout.describeTime(data, view, 0));
});

test("the table twin", () => {
  const [headings, rows] = rollout.timeRows(world().data);
  assert.deepEqual(headings, ["time", "state", "action", "commanded goal", "value", "steps left", "achieved", "also passed"]);
  assert.deepEqual(rows[1], ["1", "r0c1", "right", "r0c2", "1.000", "1", "", "r0c1"]);
  assert.deepEqual(rows[2], ["2", "r0c2", "down", "r0c2", "", "0", "yes", ""]);
  assert.deepEqual(rows[6].slice(0, 4), ["6", "r1c2", "", "r1c0"]);
  const more = rollout.timeRows(world({ truth: exact }).data);
  assert.deepEqual(more[0].slice(4, 8), ["value", "steps left", "exact value", "exact steps"]);
  assert.equal(more[1][0].length, more[0].length);
});

test("the goal shown is the commanded one while it is followed", () => {
  const { model, data } = world();
  model.set("frame", 4);
  assert.deepEqual([rollout.viewOf(model, data).goal, model.get("goal")], [5, 2]);
  model.set("follow", false);
  assert.equal(rollout.viewOf(model, data).goal, 2);
});

// ---------------------------------------------------------------- the strip

test("rows: even where names fit, else the commanded ones stay tall", () => {
  assert.deepEqual(strip.rowHeights(10, 3), [18, 18]);
  assert.deepEqual(strip.rowHeights(170, 5), [14, 1]);
  assert.deepEqual(strip.rowHeights(68, 5), [14, 4]);
  assert.deepEqual(strip.rowHeights(512, 512), [1, 1]);
  const [tall, low] = strip.rowHeights(512, 80);
  assert.ok(tall >= 4 && low >= 1);
});

test("columns: whole and not too wide, or as narrow as it takes", () => {
  assert.deepEqual([strip.columnWidth(800, 5), strip.columnWidth(800, 30), strip.columnWidth(800, 1600)], [96, 26, 0.5]);
});

test("every point of the strip belongs to one goal and one time", () => {
  const { data } = world();
  const order = [2, 5, 0, 1, 3, 4, 6, 7, 8, 9];
  const made = strip.stripOf(data, order, 500);
  order.forEach((goal, row) => {
    assert.deepEqual([made.tops[row], made.tops[row + 1] - 1].map((y) => strip.goalAt(made, y)), [goal, goal]);
  });
  assert.deepEqual([made.tops[0] - 1, made.bottom].map((y) => strip.goalAt(made, y)), [-1, -1]);
  for (let t = 0; t < 7; t++) {
    assert.deepEqual([0, 0.99].map((part) => strip.timeAt(made, strip.edgeOf(made, t + part))), [t, t]);
  }
  assert.deepEqual([0, 9999].map((x) => strip.timeAt(made, x)), [0, 6]); // a drag may leave the strip
  assert.ok(made.right <= 500 - 6);
});

test("the axis has round numbers with room between them", () => {
  const axis = (times, column) => strip.axisTimes({ times, column });
  assert.deepEqual(axis(5, 64), [0, 1, 2, 3, 4]);
  assert.deepEqual(axis(22, 25), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  assert.deepEqual(axis(943, 0.9), [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900]);
});

// ---------------------------------------------------------------- the clock and the tools

test("the clock steps, rests at the end and starts again", () => {
  assert.deepEqual(playback.advance({ frame: 0, wait: 0 }, 16, 4, 9), { frame: 1, wait: 234 });
  assert.deepEqual(playback.advance({ frame: 1, wait: 234 }, 100, 4, 9), { frame: 1, wait: 134 });
  assert.deepEqual(playback.advance({ frame: 3, wait: 10 }, 110, 20, 9), { frame: 6, wait: 50 }); // a slow page leaves steps out
  assert.deepEqual(playback.advance({ frame: 8, wait: 5 }, 5, 4, 9), { frame: 9, wait: 1000 });
  assert.deepEqual(playback.advance({ frame: 9, wait: 5 }, 5, 4, 9), { frame: 0, wait: 250 });
});

test("neighbours are joined by a glide that never lasts longer than the step", () => {
  for (const speed of [1, 2, 4, 8, 16, 32]) assert.ok(playback.glideTime(3, 4, { playing: true, speed }) < 1000 / speed);
  assert.ok(playback.glideTime(3.4, 5, { playing: false, speed: 1 }) > 0);
  assert.deepEqual([playback.glideTime(9, 0, { playing: true, speed: 4 }), playback.glideTime(2, 4, { playing: false, speed: 4 })], [0, 0]);
  assert.deepEqual([0, 0.5, 1].map((part) => playback.eased(2, 4, part)), [2, 3, 4]);
});

test("jumps end at the ends of commands, lists end at their ends", () => {
  const { data } = world();
  assert.deepEqual([0, 2, 3, 6].map((t) => tools.commandEnd(data, t, 1)), [2, 6, 6, 6]);
  assert.deepEqual([1, 2, 3, 6].map((t) => tools.commandEnd(data, t, -1)), [0, 0, 2, 2]);
  assert.deepEqual([tools.moved([1, 2, 4], 4, 1), tools.moved([1, 2, 4], 2, -1)], [4, 1]);
  assert.deepEqual([tools.cycled(["a", "b"], "a"), tools.cycled(["a", "b"], "b")], ["b", "a"]);
});
