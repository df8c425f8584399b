// The pure functions of planes, on a hand-made plane of four goals that is not square, and a walk of three steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { shadesByTime } from "../../../widgets/leo_widgets/static/walk/by_time.js";
import { decodeSigned } from "../../../widgets/leo_widgets/static/lib/arrays.js";
import * as plane from "../../../widgets/leo_widgets/static/plane/plane.js";
import { placeShades, firstTimes } from "../../../widgets/leo_widgets/static/plane/plane_view.js";
import { hit, plain } from "./scales.mjs";

const view = (array) => new DataView(array.buffer);
const floats = (numbers, shape) => ({ data: view(Float32Array.from(numbers.flat(9))), shape });
const signed = (numbers, shape) => ({ data: view(Int8Array.from(numbers.flat(9).map((x) => Math.round(127 * x)))), shape });
const packed = (numbers, shape) => ({ data: view(Uint16Array.from(numbers.flat(9).map((x) => Math.round(65534 * x)))), shape, low: 0, high: 1 });
function bits(numbers, shape) {
  const flat = numbers.flat(9);
  const bytes = new Uint8Array(Math.ceil(flat.length / 8));
  flat.forEach((bit, i) => (bytes[i >> 3] |= bit << (i & 7)));
  return { data: view(bytes), shape };
}

const POINTS = [[0.5, 1.5], [2.5, 1.5], [0.5, 0.5], [2.5, 0.5]]; // a wall stands between left and right, but for the top
const V = [[1, 0.5, 0.9, 0.25], [0.9, 0.5, 1, 0.25], [0.9, 0.9, 0.9, 0.5], [0.8, 1, 0.6, 0.8]];
const WAYS = POINTS.map(([x]) => [x > 1 ? 1 : -1, 0]);
const LIMITS = { value: { low: 0, high: 1 }, steps: { low: 1, high: 10 }, error: { low: -0.5, high: 0.5 } };

const GROUND = {
  plane: { extent: [0, 0, 3, 2], walls: [[1, 0, 2, 1]], points: POINTS, radius: 0.4, unit: "m" },
  goal_names: ["place/a", "place/b", "place/c", "place/d"], gamma: 0.9, value_scale: hit(0.9), limits: LIMITS,
};
const WALK = {
  walk: { commanded: [2, 2, 1, 1], step_seconds: 0.5 }, walk_v: packed(V, [4, 4]), walk_direction: signed(V.map(() => WAYS), [4, 4, 2]),
  achieved: bits([[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 1, 0, 0]], [4, 4]),
  places: floats([[0.5, 1.5], [0.5, 0.75], [0.75, 0.75], [2.5, 1.25]], [4, 2]), desired: floats([[0.5, 0.5], [0.5, 0.5], [2.75, 1.5], [2.75, 1.5]], [4, 2]),
  limbs: floats(V.map((_, t) => [[[0, 0], [t, 0]], [[t, 0], [t, 2 * t]]]), [4, 2, 2, 2]), actions: floats([[0, -1], [0.5, 0], [1, 0.25]], [3, 2]),
  action_names: ["right", "up"],
};
const FIELD = {
  places_on: bits([[1, 1, 1], [1, 0, 1]], [2, 3]), v: packed(Array(5).fill([1, 0.5, 0.25, 0]), [5, 4]), direction: signed(Array(5).fill(WAYS), [5, 4, 2]),
  truth: {}, truth_direction: {}, labels: ["mine", "exact"],
};
const reader = (traits) => (name) => traits[name] ?? {};
const walked = (changes = {}) => plane.readPlane(reader({ ...GROUND, ...WALK, ...changes }));
const planeValues = (changes = {}) => plane.readPlaneValues(reader({ ...FIELD, ...changes }));
const EXACT = { truth: packed(Array(5).fill([1, 0.75, 0.25, 0]), [5, 4]), truth_direction: signed(Array(5).fill(WAYS), [5, 4, 2]) };

// ---------------------------------------------------------------- data

test("one byte for each number, negative ones too", () => {
  assert.deepEqual([...decodeSigned(signed([-1, 0, 0.5, 1], [4]))], [-127, 0, 64, 127]);
});

test("the traits of a walk as a strip reads them", () => {
  const data = walked();
  assert.deepEqual([data.last, data.times, data.goals, data.longest, data.limbCount], [3, 4, 4, 1, 2]);
  assert.deepEqual(data.goalsOn, [[], [2], [], [1]]);
  assert.deepEqual(data.achieved, [false, true, false, true]); // not as long as the body stays
  assert.deepEqual(data.segments, [{ goal: 2, from: 0, to: 1, achieved: true }, { goal: 1, from: 2, to: 3, achieved: true }]);
  assert.deepEqual([0, 1, 2].map((t) => plane.isOffLattice(data, t)), [false, false, true]);
  assert.deepEqual(firstTimes(data), [Infinity, 3, 1, Infinity]);
  assert.deepEqual([...shadesByTime(data, "value")].slice(0, 4), [255, 128, 230, 64]);
  const bare = plane.readPlane(reader(GROUND));
  assert.deepEqual([bare.walks, bare.last, bare.commanded], [false, 0, []]);
});

test("a planeValues knows its walls", () => {
  const { cells, at, exact, rows, cols } = planeValues();
  assert.deepEqual([cells, [...at], exact, rows, cols], [[[0, 0], [0, 1], [0, 2], [1, 0], [1, 2]], [0, 1, 2, 3, -1, 4], null, 2, 3]);
  assert.equal(plane.readPlaneValues(reader({ v: {} })), null);
  const data = walked();
  const shades = (scale, changes) => [...placeShades(data, planeValues(changes), { scale, goal: 1 }, false)];
  assert.deepEqual(shades("value"), Array(5).fill(128));
  assert.deepEqual(shades("error", EXACT), Array(5).fill(64)); // a quarter too low, of a half
});

// ---------------------------------------------------------------- geometry

test("the plane keeps its shape, and points go there and back", () => {
  const lens = plane.fitPlane([0, 0, 3, 2], 348, 1000);
  assert.deepEqual([lens.scale, lens.across, lens.down, lens.width, lens.height], [100, 300, 200, 348, 230]);
  assert.equal(plane.fitPlane([0, 0, 3, 2], 1000, 130).scale, 50);
  assert.deepEqual(plane.onCanvas(lens, [0, 2]), [lens.left, lens.top]); // y is up
  const [x, y] = plane.onCanvas(lens, [1.5, 0.25]);
  assert.deepEqual(plane.placeUnder(lens, x, y), [1.5, 0.25]);
  assert.equal(plane.placeUnder(lens, lens.left - 1, y), null);
  assert.equal(plane.placeUnder(lens, x, lens.top + lens.down + 1), null);
});

test("the place of a planeValues under a point, and its middle", () => {
  const own = planeValues();
  const at = (place) => plane.cellOfPlace(own, [0, 0, 3, 2], place);
  assert.deepEqual([[0.1, 1.9], [2.9, 1.9], [1.5, 0.5], [3, 0], [0, 2]].map(at), [0, 2, -1, 4, 0]);
  assert.deepEqual(plane.middleOfCell(own, [0, 0, 3, 2], [1, 2]), [2.5, 0.5]);
});

test("goals near a point and beside another", () => {
  assert.deepEqual([[0.4, 1.2], [2, 0.9], [1.2, 0.1]].map((place) => plane.nearestGoal(POINTS, place)), [0, 3, 2]);
  const beside = (goal, way) => plane.goalBeside(POINTS, goal, way);
  assert.deepEqual([beside(0, [1, 0]), beside(0, [0, -1]), beside(3, [-1, 0]), beside(3, [0, 1])], [1, 2, 2, 1]);
  assert.deepEqual([beside(0, [-1, 0]), beside(0, [0, 1])], [0, 0]); // the edge
  assert.equal(plane.goalBeside([[0, 0], [1, 0.9], [3, 0]], 0, [1, 0]), 1); // nearer, though aside
  assert.equal(plane.goalBeside([[0, 0], [1, 1.1], [3, 0]], 0, [1, 0]), 2); // too far aside
});

test("spacing: the middle of the nearest neighbours; a single goal has a tenth of the plane", () => {
  assert.equal(plane.spacingOf(POINTS, [0, 0, 3, 2]), 1);
  assert.equal(plane.spacingOf([[0, 0]], [0, 0, 3, 2]), 0.3);
});

test("tiles of a lattice are squares, those of near goals share the room", () => {
  const [square] = plane.tilesOf(POINTS, 1);
  assert.deepEqual(square, [[0, 1], [1, 1], [1, 2], [0, 2]]);
  const [left, right] = plane.tilesOf([[0, 0], [0.5, 0]], 1);
  assert.equal(Math.max(...left.map(([x]) => x)), 0.25);
  assert.equal(Math.min(...right.map(([x]) => x)), 0.25);
  assert.equal(left.length, 4);
});

test("ticks are round, and far enough apart", () => {
  assert.deepEqual(plane.ticksOf(0, 3, 100, 44).map(([, text]) => text), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]);
  assert.deepEqual(plane.ticksOf(-0.21, 0.21, 1000, 44).map(([, text]) => text)[0], "−0.20");
  assert.deepEqual(plane.ticksOf(0, 28, 20, 44).map(([at]) => at), [0, 5, 10, 15, 20, 25]);
});

test("thinned points are apart", () => {
  assert.deepEqual(plane.thinned([[0, 0], [1, 0], [2, 0], [5, 0]], 2), [0, 2, 3]);
});

test("between two frames everything is between two places", () => {
  const data = walked();
  assert.deepEqual(plane.between(data.places, 2, 0.5), [0.5, 1.125]);
  assert.deepEqual(plane.between(data.places, 2, 3), [2.5, 1.25]);
  assert.deepEqual(plane.between(data.limbs, 8, 1.5), [0, 0, 1.5, 0, 1.5, 0, 1.5, 3]);
});

// ---------------------------------------------------------------- words

test("directions in words", () => {
  const words = [[1, 0], [0.5, 0.5], [0, 1], [-1, 0.1], [-0.7, -0.7], [0, -0.2], [0.7, -0.7], [0.03, 0]].map(plane.wayWords);
  assert.deepEqual(words, ["go right", "go up right", "go up", "go left", "go down left", "go down", "go down right", "stay"]);
});

test("one sentence for each time", () => {
  const words = (t) => plane.describeStep(walked(), t);
  assert.equal(words(0), "step 0 of 3 (0.00 s): at x 0.50, y 1.50, going to c, 1.00 m away, 0.900, about 2 steps");
  assert.equal(words(1), "step 1 of 3 (0.50 s): at x 0.50, y 0.75, c reached");
  assert.equal(words(2), "step 2 of 3 (1.00 s): at x 0.75, y 0.75, going to b for x 2.75, y 1.50, 2.14 m away, 0.900, about 2 steps");
  assert.equal(words(3), "step 3 of 3 (1.50 s): at x 2.50, y 1.25, b reached");
  const stays = walked({ walk: { commanded: [2, 2, 2, 3], step_seconds: 0 } });
  assert.equal(plane.describeStep(stays, 2), "step 2 of 3: at x 0.75, y 0.75, within the radius of c");
  assert.equal(plane.describeStep(stays, 3).slice(0, 62), "step 3 of 3: at x 2.50, y 1.25, the walk ends before d for x 2");
  assert.match(plane.describeStep(stays, 3), /; also reached b$/);
});

test("what is said of goals, places and whole fields", () => {
  const data = walked();
  assert.equal(plane.describeGoal(data, 2, 1), "b: 0.900, about 2 steps, 1.90 m away, best go right");
  assert.equal(plane.describeGoal(data, 2, 2), "c: 0.900, about 2 steps, 0.35 m away, best go left, achieved");
  assert.match(plane.describePointed(data, { frame: 2, goal: 1, follow: false }, { goal: 1 }), /^step 2, b: .* best go right, chosen$/);
  assert.match(plane.describePointed(data, { frame: 2, goal: 1, follow: true }, { goal: 1, time: 0 }), /^step 0, b: 0.5.* best go right$/);
  assert.equal(plane.describePlace(data, planeValues(), 4, 1), "from x 2.50, y 0.50 to b: 0.500, about 7.6 steps, go right");
  assert.equal(plane.describePlace(data, planeValues(EXACT), 4, 1), "from x 2.50, y 0.50 to b: 0.500, about 7.6 steps, go right; exact 0.750, about 3.7 steps, go right");
  const other = walked({ value_scale: plain(0.9) });
  assert.equal(plane.describePlace(other, planeValues(), 4, 1), "from x 2.50, y 0.50 to b: 0.500, go right");
  assert.equal(plane.describeValues(data, planeValues(EXACT), 1), "goal b, 2 of 4: mean value 0.500 (exact 0.750) over 5 places");
});

test("the table twins", () => {
  const data = walked();
  const [headings, rows] = plane.placeRows(data, planeValues(EXACT), 1);
  assert.deepEqual(headings, ["x", "y", "value", "steps", "dx", "dy", "exact value", "exact steps", "error"]);
  assert.deepEqual(rows[4], ["2.50", "0.50", "0.500", "7.6", "+1.00", "0.00", "0.750", "3.7", "−0.250"]);
  assert.deepEqual(plane.placeRows(data, planeValues(), 1)[1][0].length, 6);
  const [, goals, current] = plane.goalRows(data, 2, 1);
  assert.deepEqual(goals[2], ["c", "0.35", "0.900", "2", "−1.00", "0.00", "yes", ""]);
  assert.deepEqual([goals[1].at(-1), current], ["yes", 1]);
  const [head, steps] = plane.stepRows(data);
  assert.deepEqual(head.slice(-3), ["also reached", "right", "up"]);
  assert.deepEqual(steps[1], ["1", "0.50", "0.75", "c", "0.25", "1.000", "1", "yes", "", "+0.50", "0.00"]);
  assert.deepEqual(steps[3].slice(-2), ["", ""]);
});
