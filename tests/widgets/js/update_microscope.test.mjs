// UpdateMicroscope's pure functions: the update of every goal, its undoing, its words. Python checks the arithmetic too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFloats } from "../../../widgets/leo_widgets/static/lib/arrays.js";
import { gridOf } from "../../../widgets/leo_widgets/static/map/grid.js";
import * as view from "../../../widgets/leo_widgets/static/map/update_view.js";
import * as updates from "../../../widgets/leo_widgets/static/map/updates.js";

// A corridor of three cells, left and right; goal i is cell i.
const CELLS = [[0, 0], [0, 1], [0, 2]];
const NAMES = ["r0c0", "r0c1", "r0c2"];
// right, right, into the wall, left
const SEEN = {
  state: [0, 1, 2, 2], action: [1, 1, 1, 0], next_state: [1, 2, 2, 1], goal: [2, 2, 0, 0],
  terminated: [false, false, false, false], relabelled: [[1], [], [2], []],
};
const SETTINGS = { alpha: 0.5, gamma: 0.9 };
const near = (x, y) => assert.ok(Math.abs(x - y) < 1e-6, `${x} is not ${y}`);

function world({ start = 0, seen = SEEN } = {}) {
  const numbers = Float32Array.from({ length: 18 }, () => start);
  const traits = {
    q: { data: new DataView(numbers.buffer), shape: [3, 3, 2] }, transitions: seen, state_positions: CELLS, goal_positions: CELLS,
    state_names: NAMES, goal_names: NAMES.map((name) => `position/${name}`), action_names: ["left", "right"],
  };
  return updates.readUpdates((name) => traits[name], gridOf(null, CELLS));
}

test("floats are read from wherever the view starts, and copied", () => {
  const buffer = new ArrayBuffer(10);
  new DataView(buffer).setFloat32(1, 0.1, true);
  new DataView(buffer).setFloat32(5, -2, true);
  const array = decodeFloats({ data: new DataView(buffer, 1, 8), shape: [2] });
  assert.deepEqual([...array], [Math.fround(0.1), -2]);
  new DataView(buffer).setFloat32(5, 9, true);
  assert.equal(array[1], -2);
  assert.throws(() => decodeFloats({ data: new DataView(buffer), shape: [3] }), /10 bytes for an array of shape 3/);
});

test("each learner updates its goals", () => {
  const data = world();
  assert.deepEqual(["single", "her", "all"].map((mode) => [...updates.learnsOf(data, mode, 0)]), [[0, 0, 1], [0, 1, 1], [1, 1, 1]]);
  assert.deepEqual([...updates.learnsOf(data, "her", 1)], [0, 0, 1]);
});

test("an update by hand: hits first, then what lies behind them", () => {
  const data = world();
  const record = updates.replay(data, "all", SETTINGS);
  const at = (t, goal) => updates.pairOf(data, record, t, goal);
  assert.deepEqual([at(0, 1).r, at(0, 1).done, at(0, 1).target, at(0, 1).change], [1, 1, 1, 0.5]);
  assert.deepEqual([at(0, 2).target, at(0, 2).change, at(0, 2).updated], [0, 0, true]);
  assert.equal(at(1, 2).change, 0.5);
  assert.deepEqual([at(2, 2).target, at(2, 2).best], [1, 0]); // pushing against the wall, it is there
  near(at(3, 2).best, 0.5); // from r0c1, right is worth 0.5
  near(at(3, 2).target, 0.45);
  near(at(3, 2).change, 0.225);
  assert.deepEqual(record.counts, [1, 1, 1, 2]);
  assert.deepEqual(record.totals, [1, 2, 3, 5]);
  assert.deepEqual(updates.replay(data, "single", SETTINGS).counts, [0, 1, 0, 0]);
  assert.deepEqual(updates.replay(data, "her", SETTINGS).counts, [1, 1, 1, 0]);
});

test("learning leaves the table it began with alone, and happens again in the same way", () => {
  const data = world({ start: 0.25 });
  const first = updates.replay(data, "all", SETTINGS);
  updates.replay(data, "single", { alpha: 1, gamma: 0.5 });
  assert.ok(data.start.every((x) => x === 0.25));
  const again = updates.replay(data, "all", SETTINGS);
  for (const name of ["best", "target", "before", "after"]) assert.deepEqual(again[name], first[name]);
});

test("the end of the world cuts the bootstrap", () => {
  const data = world({ start: 0.5, seen: { ...SEEN, terminated: [true, false, false, false] } });
  const record = updates.replay(data, "all", SETTINGS);
  assert.deepEqual([...record.target.slice(0, 3)], [0, 1, 0]);
  near(record.target[3], 0.45);
  assert.equal(updates.pairOf(data, record, 0, 0).done, 1);
});

test("the order of the bars: the largest change or target first, of equals the updated ones, else the list", () => {
  const data = world();
  const all = updates.replay(data, "all", SETTINGS);
  assert.deepEqual(updates.orderOf(data, all, 3, "change"), [1, 2, 0]);
  assert.deepEqual(updates.orderOf(data, all, 3, "target"), [1, 2, 0]);
  assert.deepEqual(updates.orderOf(data, all, 3, "name"), [0, 1, 2]);
  assert.deepEqual(updates.orderOf(data, updates.replay(data, "single", SETTINGS), 0, "change"), [2, 0, 1]);
});

test("one scale for all learners and steps", () => {
  const data = world();
  assert.deepEqual(updates.scaleOf(updates.replay(data, "all", SETTINGS)), { size: 0.5, negative: false, digits: 3, beyond: false });
  const down = updates.scaleOf(updates.replay(world({ start: 1 }), "all", { alpha: 0.05, gamma: 0.9 }));
  assert.deepEqual(down, { size: 0.005, negative: true, digits: 5, beyond: false });
  const nothing = updates.replay(world({ seen: { ...SEEN, next_state: [0, 0, 0, 0] } }), "single", SETTINGS);
  assert.equal(updates.scaleOf({ before: nothing.before, after: nothing.before }).size, 1);
  assert.deepEqual([0.0001, 0.001, 0.0011, 0.3, 0.5, 7].map(updates.niceSize), [0.001, 0.001, 0.002, 0.5, 0.5, 10]);
});

test("a goal that is not updated has no colour, and one that does not change has the middle one", () => {
  assert.deepEqual([[true, 0], [false, 0], [true, 0.5], [true, -9]].map(([updated, change]) =>
    updates.shadeOfChange({ updated, change }, 0.5)), [128, -1, 255, 0]);
});

test("the formulas hold the numbers", () => {
  const pair = { r: 0, done: 0, best: 0.9, target: 0.81, prediction: 0.95, error: -0.14, change: -0.07, after: 0.88, updated: true };
  const settings = { alpha: 0.5, gamma: 0.9, digits: 3 };
  assert.deepEqual(updates.formulaOf(pair, settings), {
    target: "0 + 0.9 · (1 − 0) · 0.900 = 0.810", error: "0.810 − 0.950 = −0.140", update: "0.950 + 0.5 · (−0.140) = 0.880",
  });
  assert.equal(updates.formulaOf({ ...pair, updated: false }, settings).update, "0.950, as this learner leaves it alone");
  assert.equal(updates.formulaOf(pair, { ...settings, digits: 5 }).error, "0.81000 − 0.95000 = −0.14000");
});

test("one sentence, and the table twin", () => {
  const data = world();
  const records = Object.fromEntries(updates.LEARNERS.map((mode) => [mode, updates.replay(data, mode, SETTINGS)]));
  const now = { step: 3, mode: "all", digits: 3, ...SETTINGS };
  assert.equal(updates.describeUpdate(data, records, now, 2),
    "transition 3 of 3, r0c2 left to r0c1: goal r0c2, target 0 + 0.9 · (1 − 0) · 0.500 = 0.450, prediction 0.000, change +0.225; "
    + "learnt something: LEO 2 of 3, HER 0, single goal 0");
  assert.match(updates.describeUpdate(data, records, { ...now, step: 2, mode: "single" }, 2), /r0c2 right and stays there: .*, not updated;/);
  assert.match(updates.describeUpdate(data, records, now, 0), /goal r0c0 \(commanded\), /);
  assert.match(updates.describeUpdate(data, records, { ...now, goal: 0 }, 0), /goal r0c0 \(chosen, commanded\), /);
  const [headings, rows] = updates.updateRows(data, records.single, { ...now, step: 1 }, [2, 0, 1]);
  assert.equal(headings.length, 9);
  assert.deepEqual(rows[0], ["r0c2 (commanded)", "yes", "1", "1", "0.000", "1.000", "0.000", "+1.000", "+0.500"]);
  assert.deepEqual([rows[1].length, rows[1][1], rows[1].at(-1)], [9, "", ""]);
});

test("every point over the bars belongs to one goal", () => {
  const data = world();
  const record = updates.replay(data, "all", SETTINGS);
  const bars = view.barsOf(data, { record, step: 3, sort: "change", scale: { size: 1, negative: false } }, 400);
  assert.deepEqual(bars.order, [1, 2, 0]);
  const middle = (place) => bars.left + (place + 0.5) * bars.column;
  assert.deepEqual([0, 1, 2].map((place) => view.barAt(bars, middle(place))), [1, 2, 0]);
  assert.deepEqual([bars.left - 1, middle(3)].map((x) => view.barAt(bars, x)), [-1, -1]);
  assert.ok(bars.left + 3 * bars.column <= 400);
});
