// GoalTable's pure functions: order, search, groups, the rows in view, words.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as table from "../../../widgets/leo_widgets/static/map/goal_rows.js";

const NAMES = ["inventory/wood_10", "inventory/wood_2", "tools/bow", "block_map/TREE_up", "tools/axe"];
const TRIES = [3, 1, 4, 1, 5];
const SUCCESS = [0.5, NaN, 0.25, 1, 0.5];
const BOUNDS = [[0.25, NaN, 0.125, 0.5, 0.25], [0.75, NaN, 0.5, 1, 0.75], [0, 0.125, 0.25, NaN, 0.5]]; // low, high, floor
const VALUES = [[0.1, 0.2, 0.3, 0.4, 0.5], [0.9, 0.2, 0.3, 0.4, 0.5]];

function read({ names = NAMES, values = VALUES } = {}) {
  const codes = Uint16Array.from(values.flat(), (x) => Math.round(x * 65534));
  const traits = {
    goal_names: names, name_ranks: [2, 1, 4, 0, 3], headings: [{ name: "tries", digits: 0, bar: -1 }, { name: "success", digits: 3, bar: 0 }],
    numbers: { data: new DataView(Float32Array.from([...TRIES, ...SUCCESS]).buffer), shape: [2, 5] },
    bounds: { data: new DataView(Float32Array.from(BOUNDS.flat()).buffer), shape: [1, 3, 5] },
    v: values.length ? { data: new DataView(codes.buffer), shape: [values.length, 5], low: 0, high: 1 } : {},
  };
  return table.readGoals((name) => traits[name]);
}

const VIEW = { sort: "#", descending: false, search: "", groups: [], frame: 0 };
const rows = (view, data = read()) => table.shownGoalRows(data, { ...VIEW, ...view });

test("the same orders as in Python", () => {
  assert.deepEqual(rows({}), [0, 1, 2, 3, 4]);
  assert.deepEqual(rows({ descending: true }), [4, 3, 2, 1, 0]);
  assert.deepEqual(rows({ sort: "goal" }), [3, 1, 0, 4, 2]);
  assert.deepEqual(rows({ sort: "group" }), [3, 1, 0, 4, 2]);
  assert.deepEqual(rows({ sort: "tries", descending: true }), [4, 2, 0, 1, 3]);
  assert.deepEqual(rows({ sort: "tries" }), [1, 3, 0, 2, 4]);
  assert.deepEqual(rows({ sort: "success", descending: true }), [3, 0, 4, 2, 1]);
  assert.deepEqual(rows({ sort: "success" }), [2, 0, 4, 3, 1]); // what is not known comes last
  assert.deepEqual([0, 1].map((frame) => rows({ sort: "value now", descending: true, frame })[0]), [4, 0]);
  assert.deepEqual(rows({ sort: "from a URL" }), [0, 1, 2, 3, 4]);
});

test("search and groups narrow the list", () => {
  assert.deepEqual(rows({ search: " WOOD" }), [0, 1]);
  assert.deepEqual(rows({ search: "tools/" }), [2, 4]);
  assert.deepEqual(rows({ groups: ["tools", "block_map"] }), [2, 3, 4]);
  assert.deepEqual(rows({ groups: ["tools"], search: "x" }), [4]);
  assert.deepEqual(rows({ search: "nothing" }), []);
});

test("columns: one group needs no column, and no values no value now", () => {
  const names = (data) => data.columns.map(({ name }) => name);
  assert.deepEqual(names(read()), ["#", "goal", "group", "tries", "success", "value now"]);
  assert.deepEqual(names(read({ names: NAMES.map((_, i) => `a/${i}`), values: [] })), ["#", "goal", "tries", "success"]);
  assert.deepEqual(read().groups, [["inventory", 2], ["tools", 2], ["block_map", 1]]);
  assert.deepEqual([read().times, read({ values: [] }).times], [2, 1]);
});

test("cells, and the column of the profile", () => {
  const data = read();
  assert.deepEqual(data.columns.map((column) => table.cellText(data, column, 1, 0)), ["1", "wood_2", "inventory", "1", "–", "0.200"]);
  assert.deepEqual(["tries", "goal", "value now"].map((sort) => table.profileColumn(data, sort).name), ["tries", "value now", "value now"]);
  assert.equal(table.profileColumn(read({ values: [] }), "#").name, "tries");
});

test("a share has bounds and a floor, as far as they are known", () => {
  const data = read();
  const column = table.columnOf(data, "success");
  assert.deepEqual(data.columns.map(({ kind }) => kind), ["text", "text", "text", "number", "share", "value"]);
  assert.deepEqual(table.boundsOf(data, column, 0), { low: 0.25, high: 0.75, floor: 0 });
  assert.deepEqual(table.boundsOf(data, column, 1), { low: NaN, high: NaN, floor: 0.125 });
  assert.deepEqual(table.boundsOf(data, column, 3), { low: 0.5, high: 1, floor: NaN });
});

test("only the rows in view are drawn, and a row is brought into view", () => {
  assert.deepEqual(table.rowsInView(0, 416, 26, 512), [0, 20]);
  assert.deepEqual(table.rowsInView(2600, 416, 26, 512), [96, 120]);
  assert.deepEqual(table.rowsInView(0, 416, 26, 3), [0, 3]);
  assert.deepEqual(table.rowsInView(9999, 416, 26, 3), [3, 3]);
  const place = { top: 260, height: 450, row: 26, head: 34 };
  assert.deepEqual([3, 10, 25, 26].map((row) => table.scrolledTo(row, place)), [78, 260, 260, 286]);
});

test("words", () => {
  const data = read();
  const shown = rows({ search: "wood", sort: "tries", descending: true });
  assert.equal(table.countOf(data, shown), "2 of 5 goals");
  assert.equal(table.listWords(data, shown, { sort: "tries", descending: true }), "2 of 5 goals, by tries, largest first");
  assert.equal(table.listWords(data, shown, { sort: "#", descending: false }), "2 of 5 goals, as listed");
  assert.equal(table.rowWords(data, shown, 1, 0), "wood_2 (inventory): tries 1, success unknown (floor 0.125), value now 0.200; row 2 of 2");
  assert.equal(table.rowWords(data, shown, 4, 0, 4), "axe (tools): tries 5, success 0.500 (0.250 to 0.750; floor 0.500), value now 0.500; not shown, chosen");
});
