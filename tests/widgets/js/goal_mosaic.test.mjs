// GoalMosaic's pure functions: which goals are shown, where their tiles stand, what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf } from "../../../widgets/leo_widgets/static/map/grid.js";
import * as mosaic from "../../../widgets/leo_widgets/static/map/mosaic.js";
import { fakeModel, readHash, writeHash } from "../../../widgets/leo_widgets/static/lib/page.js";
import { hit, plain } from "./scales.mjs";

const ROWS = ["..#", "..."]; // r0c0 r0c1 / r1c0 r1c1 r1c2
const POSITIONS = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]];
const NAMES = POSITIONS.map(([r, c]) => `r${r}c${c}`);

const pack = (numbers, ...shape) => ({
  data: new DataView(Uint16Array.from(numbers, (x) => (Number.isNaN(x) ? 65535 : Math.round(x * 65534))).buffer),
  shape, low: 0, high: 1,
});
const all = (value, count = 25) => Array.from({ length: count }, (_, i) => (typeof value === "function" ? value(i) : value));

function world({ value = 0.99 ** 2, truth, success, rates = [1, 0.5, null, 1, 1], isHit = true } = {}) {
  const range = { low: 0, high: 1, below: false, above: false };
  const traits = {
    v: pack(all(value), 5, 5, 1), truth: truth === undefined ? {} : pack(all(truth), 5, 5, 1), gamma: 0.99,
    value_scale: (isHit ? hit : plain)(0.99),
    success: success === undefined ? {} : pack(all(success), 5, 5), rows: ROWS, state_names: NAMES,
    goal_names: NAMES.map((name) => `position/${name}`), action_names: ["left", "right", "up", "down"],
    state_positions: POSITIONS, goal_positions: POSITIONS, limits: { value: range, steps: isHit ? range : null, error: null },
    scores: { value: [0.9, 0.8, 0.7, 0.6, null], ...(rates ? { success: rates } : {}) },
    orders: { name: [0, 1, 2, 3, 4], value: [0, 1, 2, 3, 4], success: [1, 0, 3, 4, 2] },
  };
  return mosaic.readMosaic((name) => traits[name], gridOf(ROWS, POSITIONS));
}

test("a filter takes the start of the whole name or of its last part", () => {
  const data = world();
  assert.deepEqual(mosaic.shownGoals(data, "name", ""), [0, 1, 2, 3, 4]);
  assert.deepEqual(mosaic.shownGoals(data, "success", " R1"), [3, 4, 2]);
  assert.deepEqual(mosaic.shownGoals(data, "name", "position/r0"), [0, 1]);
  assert.deepEqual(mosaic.shownGoals(data, "name", "c1"), []);
});

test("up to so many goals are picked, in their order", () => {
  assert.deepEqual(mosaic.repicked([3, 1], 2, 3), [3, 1, 2]);
  assert.deepEqual(mosaic.repicked([3, 1], 3, 3), [1]);
  assert.equal(mosaic.repicked([3, 1, 2], 0, 3), null);
  assert.deepEqual(mosaic.repicked([3, 1, 2], 1, 3), [3, 2]);
  assert.deepEqual(mosaic.pickedOf(fakeModel({ selection: [2, 2, 0, 1], most: 2 })), [2, 0]);
});

test("an address keeps a list, and whatever else it says of it is dropped", () => {
  const starts = [{ selection: [] }];
  const text = writeHash([{ selection: [3, 0] }], starts);
  const read = (hash) => readHash(hash, starts, [{ selection: 5 }])[0];
  assert.deepEqual(read(text), { selection: [3, 0] });
  for (const bad of ["[5]", "[-1]", "[0.5]", '["x"]', "null", "{}", "3", "[[0]]", "[null]"]) {
    assert.deepEqual(read(`0.selection=${bad}`), {}, bad);
  }
});

test("goals fail below a success of 1; unknown ones do not", () => {
  const data = world();
  assert.deepEqual([0, 1, 2].map((goal) => mosaic.isFailing(data, goal)), [false, true, false]);
  assert.equal(mosaic.isFailing(world({ rates: null }), 1), false);
});

test("tiles are as large as the room allows, and shrink to a limit", () => {
  const grid = gridOf(null, [[15, 15]]);
  const few = mosaic.layoutOf(grid, 900, 4, false);
  const many = mosaic.layoutOf(grid, 900, 171, true);
  assert.deepEqual([few.cell, few.columns, few.lines], [9, 5, 1]);
  assert.deepEqual([many.cell, many.columns, many.lines], [4, 12, 2]);
  assert.ok(few.height <= 620 && many.height > 620); // then it scrolls
  for (const layout of [few, many]) assert.ok(layout.width <= 900);
  assert.equal(mosaic.layoutOf(grid, 40, 4, false).columns, 1);
  assert.ok(mosaic.layoutOf(grid, 900, 0, false).height > 0);
});

test("points find their tile and cell, and gaps find none", () => {
  const grid = gridOf(ROWS, POSITIONS);
  const layout = mosaic.layoutOf(grid, 150, 5, false);
  const { cell, columns, step } = layout;
  assert.deepEqual([cell, columns], [18, 2]);
  const at = (x, y) => mosaic.tileAt(layout, grid, 5, x, y);
  for (let place = 0; place < 5; place++) {
    const [x, y] = mosaic.placeCorner(layout, place);
    assert.deepEqual(at(x, y), { place, cell: [0, 0] });
    assert.deepEqual(at(x + 2.5 * cell, y + 1.5 * cell), { place, cell: [1, 2] });
    assert.deepEqual(at(x + 1, y + 2 * cell + 3), { place, cell: null }); // its name
  }
  const [x, y] = mosaic.placeCorner(layout, 0);
  assert.deepEqual([at(x - 1, y), at(x + 3 * cell, y), at(x, y + step[1] - 1)], [null, null, null]);
  const [lastX, lastY] = mosaic.placeCorner(layout, 4);
  assert.deepEqual([at(lastX + step[0], lastY), at(x + 2 * step[0], y)], [null, null]); // no sixth tile, no third column
});

test("the keyboard's tile moves along rows and columns and stops at the edges", () => {
  const moves = (place) => ["left", "right", "up", "down"].map((name) => mosaic.nextPlace({ columns: 2 }, 5, place, name));
  assert.deepEqual(moves(0), [0, 1, 0, 2]);
  assert.deepEqual(moves(3), [2, 4, 1, 3]);
  assert.deepEqual(moves(4), [3, 4, 2, 4]);
});

test("the live line says what is known of a goal, and of the cell", () => {
  const data = world({ truth: 0.99 });
  const say = (state, goal, ...rest) => mosaic.describeTile(data, { array: data.q }, goal, state, ...rest);
  assert.equal(say(4, 1), "goal r0c1: mean value 0.800, success 50 %; from row 1 column 2: 0.980, about 3 steps (exact 2)");
  assert.equal(say(1, 1, ["chosen", "picked"]), "goal r0c1, chosen, picked: mean value 0.800, success 50 %; from row 0 column 1: the state is the goal");
  assert.match(say(0, 2), /success unknown;/);
  const rated = world({ success: 0.25, isHit: false });
  assert.match(mosaic.describeTile(rated, { array: rated.q }, 1, 0), /from row 0 column 0: value 0\.980, success 25 %$/);
  const unknown = world({ success: NaN });
  assert.doesNotMatch(mosaic.describeTile(unknown, { array: unknown.q }, 3, 0), /steps, success/);
});

test("scores, counts and the table twin", () => {
  const data = world();
  assert.deepEqual([mosaic.scoreWord(data, "value", 4), mosaic.scoreWord(data, "success", 1), mosaic.scoreWord(data, "value", 0)], ["–", "50 %", "0.900"]);
  assert.equal(mosaic.scoreWord(world({ rates: [0.998, 1, 1, 1, 1] }), "success", 0), "99 %"); // it has a frame
  assert.equal(mosaic.countWord(data, [0, 1, 2, 3, 4], "name"), "5 goals, by name");
  assert.equal(mosaic.countWord(data, [3], "success"), "1 of 5 goals, lowest success first");
  assert.deepEqual(mosaic.mosaicRows(data, [3, 1], [1]), [
    ["goal", "mean value", "success", "picked"],
    [["position/r1c1", "0.600", "100 %", ""], ["position/r0c1", "0.800", "50 %", "1"]],
  ]);
});
