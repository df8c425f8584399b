// CraftaxTrace's pure functions, on a hand-made walk of three steps in views of 1 x 3 cells, with four goals.
import assert from "node:assert/strict";
import { test } from "node:test";
import { shadesByTime } from "../../../widgets/leo_widgets/static/walk/by_time.js";
import { decodeBits } from "../../../widgets/leo_widgets/static/lib/arrays.js";
import * as craftax from "../../../widgets/leo_widgets/static/walk/craftax.js";
import { curveHeight } from "../../../widgets/leo_widgets/static/walk/value_curve.js";
import * as view from "../../../widgets/leo_widgets/static/walk/world_view.js";
import { hit } from "./scales.mjs";

const V = [[0.1, 0.5, 0, 1], [0.2, 0.5, 0.004, 0.9], [0.9, 0.4, 0, 0.1], [0.5, 0.4, 0, 0]];
// goal 0 is reached at 2 and lost again, goal 3 is so from the start and again at 3, goal 1 is reached at 3
const DONE = [[0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 1]];
const STATS = [[9, 3, 0, 0, 9], [9, 3, 1, 0, 6], [8, 2, 1, 1, 3], [12, 2, 2, 1, 0]];

const bytes = (rows) => ({ data: new DataView(Uint8Array.from(rows.flat(2)).buffer), shape: [] });
function bits(rows) {
  const flat = rows.flat();
  const packed = new Uint8Array(Math.ceil(flat.length / 8));
  flat.forEach((bit, i) => (packed[i >> 3] |= bit << (i & 7)));
  return { data: new DataView(packed.buffer), shape: [rows.length, rows[0].length] };
}

function world(changes = {}) {
  const codes = V.flat().map((x) => Math.round(x * 65534));
  const traits = {
    v: { data: new DataView(Uint16Array.from(codes).buffer), shape: [4, 4], low: 0, high: 1 }, achieved: bits(DONE),
    best: bytes(V.map((row) => row.map((_, g) => g % 3))), stats: bytes(STATS),
    blocks: { ...bytes([[0, 1, 2], [0, 1, 2], [1, 1, 2], [1, 1, 0]]), shape: [4, 1, 3] }, things: bytes([[1, 0, 0], [0, 2, 0], [0, 0, 1], [0, 0, 0]]),
    walk: { actions: [1, 2, 0], commanded: [0, 0, 0, 2], direction: [0, 1, 2, 3] },
    world_names: { block: ["GRASS", "CRAFTING_TABLE", "STONE"], thing: ["none", "zombie", "cow"], stat: ["health", "energy", "wood", "asleep", "light"] },
    goal_names: ["inventory/wood_1", "block_map/STONE_left", "tools/bow", "mob_map/cow_up"], action_names: ["noop", "left", "do"],
    gamma: 0.9, value_scale: hit(0.9), limits: { value: { low: 0, high: 0.5 }, steps: null, error: null }, ...changes,
  };
  return craftax.readWorld((name) => traits[name]);
}

test("bits come back in their order, also where they do not fill a byte", () => {
  assert.deepEqual([...decodeBits(bits(DONE))], DONE.flat());
  assert.deepEqual([...decodeBits(bits([[1, 0, 1]]))], [1, 0, 1]);
  assert.throws(() => decodeBits({ ...bits(DONE), shape: [4, 5] }), /2 bytes for 20 bits/);
});

test("what is reached is achieved now and was not before", () => {
  const data = world();
  assert.deepEqual(data.goalsOn, [[], [], [0], [1, 3]]);
  assert.deepEqual(data.achieved, [false, false, true, false]);
  assert.deepEqual(data.segments, [{ goal: 0, from: 0, to: 2, achieved: true }, { goal: 2, from: 3, to: 3, achieved: false }]);
});

test("needs are bars, the rest is carried", () => {
  const data = world();
  assert.deepEqual(data.needs, [{ name: "health", index: 0, full: 12 }, { name: "energy", index: 1, full: 9 }]);
  assert.deepEqual([0, 1, 3].map((t) => craftax.goodsAt(data, t)), [[], [["wood", 1]], [["wood", 2]]]);
  assert.deepEqual([0, 2, 3].map((t) => craftax.lightAt(data, t)), [1, 1 / 3, 0]);
  assert.deepEqual([1, 2].map((t) => craftax.isAsleep(data, t)), [false, true]);
  const bare = world({ world_names: { block: ["GRASS"], thing: ["none"], stat: ["a", "b", "c", "d", "e"] } });
  assert.deepEqual([craftax.lightAt(bare, 3), craftax.isAsleep(bare, 3), bare.needs.length], [1, false, 0]);
});

test("cells are told as seen from the player", () => {
  const data = world();
  assert.deepEqual(craftax.cellOf(data, 0, 0, 0), { block: "GRASS", thing: "zombie", down: 0, right: -1 });
  assert.equal(craftax.cellWords(data, 0, [0, 0]), "1 left: grass with zombie");
  assert.equal(craftax.cellWords(data, 2, [0, 2]), "1 right: stone with zombie");
  assert.equal(craftax.cellWords(data, 0, [0, 1]), "the player, on crafting table");
});

test("the goals that move most, in a window that the start cuts off", () => {
  const data = world();
  assert.deepEqual(craftax.moversOf(data, 2, 1, 3), { then: 1, goals: [3, 0, 1] });
  assert.deepEqual(craftax.moversOf(data, 2, 10, 2), { then: 0, goals: [3, 0] });
  assert.deepEqual(craftax.moversOf(data, 0, 10, 3), { then: 0, goals: [3, 1, 0] }); // the highest
  assert.deepEqual(craftax.moversOf(data, 3, 1, 9), { then: 2, goals: [0, 3] }); // what stands still is left out
});

test("colours end where the legend ends", () => {
  assert.deepEqual([...shadesByTime(world(), "value")].slice(0, 4), [51, 255, 0, 255]);
});

test("the axis of a curve ends with a round number", () => {
  const data = world();
  assert.deepEqual([0, 1, 2, 3].map((goal) => craftax.curveTop(data, goal)), [1, 0.5, 0.01, 1]);
  assert.ok(curveHeight(0, 1) > curveHeight(0.5, 1) && curveHeight(1, 1) === curveHeight(2, 1));
  assert.deepEqual(craftax.spellsOf((t) => [1, 1, 0, 1][t], 4), [[0, 1], [3, 3]]);
});

test("one sentence for each time, and what the pointer reads", () => {
  const data = world();
  assert.equal(craftax.momentWords(data, 0, 1), "step 0 of 3: commanded wood_1, chooses left; STONE_left: 0.500, about 7.6 steps");
  assert.equal(craftax.momentWords(data, 2, 0), "step 2 of 3: wood_1 reached, chooses noop for bow; wood_1: 0.900, about 2 steps");
  assert.equal(craftax.momentWords(data, 3, 2),
    "step 3 of 3: commanded bow, the walk ends before it is reached; also reached STONE_left and 1 more; bow: 0.000");
  const words = (hover) => craftax.worldWords(data, { frame: 1, goal: 0 }, hover);
  assert.equal(words({ time: 2, goal: 0 }), "step 2, wood_1: 0.900, about 2 steps, best action noop, achieved, chosen");
  assert.equal(words({ goal: 3 }), "step 1, cow_up: 0.900, about 2 steps, best action noop");
  assert.equal(words({ cell: [0, 1] }), "the player, on crafting table with cow");
  assert.equal(words(null), craftax.momentWords(data, 1, 0));
});

test("the table twin", () => {
  const [headings, rows] = craftax.worldRows(world());
  assert.deepEqual(rows[3], ["3", "", "bow", "0.000", "", "STONE_left cow_up", "health 12, energy 2, wood 2"]);
  assert.deepEqual(rows[2].slice(0, 6), ["2", "noop", "wood_1", "0.900", "yes", ""]);
  assert.ok(rows.every((row) => row.length === headings.length));
});

test("names become two letters, things become kinds", () => {
  assert.deepEqual(["zombie", "gnome_warrior", "LADDER_DOWN", "mob 12", "x"].map(view.initials), ["Zo", "GW", "LD", "M1", "X"]);
  const kinds = ["cow", "zombie", "skeleton", "arrow2", "player_arrow", "fireball2", "player_iceball", "TORCH", "never_seen"];
  assert.deepEqual(kinds.map((name) => view.thingKind(name).kind),
    ["gentle", "fighter", "shooter", "shaft", "shaft", "ball", "ball", "item", "fighter"]);
  assert.deepEqual(["player_arrow", "arrow"].map((name) => view.thingKind(name).own), [true, false]);
});

test("every point of the world is a cell or none", () => {
  const data = { rows: 7, cols: 9 };
  const size = view.worldSize(400, data);
  assert.deepEqual(size, { cell: 44, width: 398, height: 310 });
  assert.deepEqual([[1, 1], [44.9, 1], [45, 1], [396, 308]].map(([x, y]) => view.worldCell(size, data, x, y)), [[0, 0], [0, 0], [0, 1], [6, 8]]);
  assert.deepEqual([[0, 5], [397.5, 5], [5, 309.5]].map(([x, y]) => view.worldCell(size, data, x, y)), [null, null, null]);
  assert.equal(view.worldSize(200, data).cell, 22);
});
