// Pure functions of the shared modules, against literals.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as arrays from "../../../widgets/leo_widgets/static/lib/arrays.js";
import * as elements from "../../../widgets/leo_widgets/static/lib/elements.js";
import * as frame from "../../../widgets/leo_widgets/static/lib/frame.js";
import * as scales from "../../../widgets/leo_widgets/static/lib/scales.js";
import * as shades from "../../../widgets/leo_widgets/static/lib/shades.js";
import * as words from "../../../widgets/leo_widgets/static/lib/words.js";
import * as grid from "../../../widgets/leo_widgets/static/map/grid.js";
import * as page from "../../../widgets/leo_widgets/static/lib/page.js";
import { hit } from "./scales.mjs";

const common = { ...arrays, ...elements, ...frame, ...shades, ...words };

const bytes = (...values) => new Uint8Array(values);

test("uint16 reads little-endian codes from wherever the view starts", () => {
  const buffer = bytes(9, 0x01, 0x02, 0xff, 0xff, 0, 0x80).buffer;
  assert.deepEqual([...common.uint16(new DataView(buffer, 1))], [0x0201, 0xffff, 0x8000]); // odd: copied
  assert.deepEqual([...common.uint16(new DataView(buffer, 2, 4))], [0xff02, 0x00ff]);
  assert.equal(common.uint16(new DataView(buffer, 2, 4)).buffer, buffer); // even: not copied
});

test("decode knows shape and range, and NaN", () => {
  const data = new DataView(bytes(0, 0, 0xff, 0x7f, 0xfe, 0xff, 0xff, 0xff).buffer);
  const array = common.decode({ data, shape: [2, 2], low: -1, high: 3 });
  assert.equal(array.size, 4);
  assert.deepEqual([0, 1, 2, 3].map((i) => common.valueAt(array, i)), [-1, 1, 3, NaN]);
  assert.throws(() => common.decode({ data, shape: [3, 2], low: 0, high: 1 }), /8 bytes for an array of shape 3,2/);
});

test("argmax takes the first of equals and never a missing value", () => {
  const codes = Uint16Array.of(9, 4, 7, 7, 65535, 0, 0, 0);
  assert.equal(common.argmax(codes, 1, 4), 1);
  assert.equal(common.argmax(codes, 5, 3), 0);
});

test("steps of a hit value", () => {
  assert.equal(scales.stepsOf(hit(0.99), 1), 1);
  assert.ok(Math.abs(scales.stepsOf(hit(0.99), 0.99 ** 6) - 7) < 1e-9);
  assert.equal(scales.stepsOf(hit(0.99), 0), Infinity);
  assert.ok(Number.isNaN(scales.stepsOf(hit(0.99), NaN)));
});

test("numbers as text", () => {
  assert.equal(common.formatNumber(0.12345), "0.123");
  assert.equal(common.formatNumber(-0.0001), "0.000");
  assert.equal(common.formatNumber(-2.5, 1), "−2.5");
  assert.equal(common.formatNumber(NaN), "unknown");
  assert.deepEqual([0.02, -0.02, 0.0001].map((x) => common.formatSigned(x)), ["+0.020", "−0.020", "0.000"]);
  const steps = [5.02, 5.4, Infinity, NaN, 2063].map(common.formatSteps);
  assert.deepEqual(steps, ["5", "5.4", "never", "unknown", "over 999"]);
});

test("colour tables run from their first to their last colour", () => {
  const { css, isLight } = common.lookup(["#000000", "#ff0000", "#ffffff"]);
  assert.deepEqual([css[0], css[255], css.length], ["rgb(0,0,0)", "rgb(255,255,255)", 256]);
  assert.deepEqual([isLight[0], isLight[255]], [false, true]);
  assert.equal(common.cividis.css[0], "rgb(0,34,78)");
  assert.deepEqual([-1, 0, 0.5, 1, 2].map((x) => common.shade(x, 0, 1)), [0, 0, 128, 255, 255]);
  assert.deepEqual([1, 20].map((x) => common.shade(x, 20, 1)), [255, 0]); // steps: near is bright
});

test("keys: buttons keep Enter and Space, fields keep all but Escape", () => {
  const ours = (key, tagName) => common.keyIsOurs({ key, target: { tagName } });
  assert.deepEqual(["Enter", " ", "f", "ArrowUp"].map((key) => ours(key, "BUTTON")), [false, false, true, true]);
  assert.deepEqual(["f", "Escape"].map((key) => ours(key, "INPUT")), [false, true]);
  assert.equal(ours("Enter", "DIV"), true);
});

// ---------------------------------------------------------------- models and links

const fake = (state) => {
  const model = page.fakeModel(state);
  let saves = 0;
  model.save_changes = () => saves++;
  return { model, saves: () => saves };
};

test("the fake model tells of changes once, and forgets handlers", () => {
  const { model } = fake({ goal: 1 });
  const seen = [];
  const handler = () => seen.push(model.get("goal"));
  model.on("change:goal", handler);
  model.set("goal", 2);
  model.set("goal", 2);
  model.off("change:goal", handler);
  model.set("goal", 3);
  assert.deepEqual(seen, [2]);
});

test("linked widgets share a goal: same channel only, valid values only, until the end", () => {
  const ends = new AbortController();
  const models = ["a-1", "a-1", "b-1"].map((channel) => {
    const { model } = fake({ channel, goal: 0 });
    const sync = (traits) => Object.entries(traits).forEach(([name, value]) => model.set(name, value));
    common.shareTraits(model, { goal: 5 }, ends.signal, sync);
    return model;
  });
  const goals = () => models.map((model) => model.get("goal"));
  models[0].set("goal", 3);
  assert.deepEqual(goals(), [3, 3, 0]);
  models[0].set("goal", 7); // a widget of another size must not be sent out of its range
  assert.deepEqual(goals(), [7, 3, 0]);
  models[2].set("channel", "a-1");
  models[1].set("goal", 4);
  assert.deepEqual(goals(), [4, 4, 4]);
  ends.abort();
  models[1].set("goal", 1);
  assert.deepEqual(goals(), [4, 1, 4]);
});

test("sync writes at once, saves at most every 100 ms, and saves the last value", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, saves } = fake({ goal: 0 });
  const ends = new AbortController();
  const sync = common.syncer(model, ends.signal);
  for (let goal = 1; goal <= 9; goal++) sync({ goal });
  assert.deepEqual([model.get("goal"), saves()], [9, 0]);
  context.mock.timers.tick(100);
  assert.equal(saves(), 1);
  sync({ goal: 2 });
  ends.abort(); // nothing is lost when the view goes away
  assert.equal(saves(), 2);
  context.mock.timers.tick(500);
  assert.equal(saves(), 2);
});

// ---------------------------------------------------------------- the grid: 3 rows, 4 columns

const LAYOUT = ["..#.", "S#>.", "A..a"];
const POSITIONS = [[0, 0], [0, 1], [0, 3], [1, 0], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]];

test("a grid takes its size from the layout, else from the positions", () => {
  assert.deepEqual([grid.gridOf(LAYOUT).rows, grid.gridOf(LAYOUT).cols], [3, 4]);
  const bare = grid.gridOf(null, POSITIONS, [[4, 0]]);
  assert.deepEqual([bare.rows, bare.cols], [5, 4]);
});

test("cells have whole sizes that fit, and points find their cell", () => {
  const map = grid.gridOf(LAYOUT);
  const size = grid.fitGrid(map, 200, 500);
  assert.deepEqual([map.cell, size.width, size.height], [45, 20 + 180 + 1, 20 + 135 + 1]);
  assert.deepEqual(grid.cornerOf(map, 1, 2), [110, 65]);
  assert.deepEqual(grid.cellAt(map, 110, 65), [1, 2]);
  assert.deepEqual(grid.cellAt(map, 109.9, 65), [1, 1]);
  assert.deepEqual([grid.cellAt(map, 5, 65), grid.cellAt(map, 110, 160), grid.cellAt(map, 205, 65)], [null, null, null]);
});

test("arrow keys jump over walls and stop at the edge", () => {
  const map = grid.gridOf(LAYOUT);
  const index = grid.indexByCell(map, POSITIONS);
  assert.deepEqual([...index], [0, 1, -1, 2, 3, -1, 4, 5, -1, 6, 7, 8]);
  assert.deepEqual(grid.neighbour(map, index, [1, 0], [0, 1]), [1, 2]);
  assert.equal(grid.neighbour(map, index, [0, 0], [0, -1]), null);
  assert.deepEqual(grid.neighbour(map, index, [0, 1], [1, 0]), [2, 1]);
});

// ---------------------------------------------------------------- exported pages

test("blobs come back as views", async () => {
  // zlib.compress(bytes([1, 0, 254, 255]))
  const view = await page.inflate("eNpjZPj3HwADAwH/");
  assert.deepEqual([...new Uint8Array(view.buffer)], [1, 0, 254, 255]);
  const restored = page.restore({ q: { data: { $blob: 0 }, shape: [2] }, names: ["a", null], n: 3 }, [view]);
  assert.deepEqual(restored, { q: { data: view, shape: [2] }, names: ["a", null], n: 3 });
});

test("the hash holds what differs, and takes only what fits", () => {
  const starts = [{ goal: 1, scale: "value", table: false }, { goal: 1 }];
  const choices = [{ goal: 6, scale: ["value", "steps"], table: null }, { goal: 6 }];
  const now = [{ goal: 5, scale: "steps", table: true }, { goal: 1 }];
  const hash = page.writeHash(now, starts);
  assert.equal(hash, "0.goal=5&0.scale=steps&0.table=true");
  assert.deepEqual(page.readHash(hash, starts, choices), [now[0], {}]);
  const typed = "0.goal=6&1.goal=-1&0.scale=loud&0.table=3&2.goal=1&0.nothing=1&goal=2&1.goal=x&0.__proto__=1";
  assert.deepEqual(page.readHash(typed, starts, choices), [{}, {}]);
});
