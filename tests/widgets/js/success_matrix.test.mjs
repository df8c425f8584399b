// SuccessMatrix's pure functions: the greedy walk, which pairs are shown, where they stand, what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf } from "../../../widgets/leo_widgets/static/map/grid.js";
import * as view from "../../../widgets/leo_widgets/static/map/matrix_view.js";
import * as outcomes from "../../../widgets/leo_widgets/static/map/outcomes.js";
import { hit } from "./scales.mjs";

// r0c0 r0c1 r0c2 / r1c0 wall r1c2; left, right, up, down. Everything by hand for four goals: the first three cells, and r1c0.
const ROWS = ["...", ".#."];
const CELLS = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 2]];
const GOALS = [[0, 0], [0, 1], [0, 2], [1, 0]];
const [L, R, U, D] = [0, 1, 2, 3];
const name = ([r, c]) => `r${r}c${c}`;

// Greedy actions [S][G]. To r1c0, r0c1 goes right and r0c2 left, which is a loop, and r1c2 pushes down against the edge.
const BEST = [[L, R, R, D], [L, R, R, R], [L, L, R, L], [U, U, U, D], [U, U, U, D]];
const SUCCESS = [[NaN, 1, 1, 1], [1, NaN, 1, 0], [1, 1, NaN, 0], [1, 1, 1, NaN], [1, 1, 1, 0]];
const LENGTH = [[NaN, 1, 2, 1], [1, NaN, 1, NaN], [2, 1, NaN, NaN], [1, 2, 3, NaN], [5, 2, 1, NaN]];
const OPTIMUM = [[NaN, 1, 2, 1], [1, NaN, 1, 2], [2, 1, NaN, 3], [1, 2, 3, NaN], [3, 2, 1, 4]];

function pack(rows, high, ...more) {
  const codes = rows.flat().map((x) => (Number.isNaN(x) ? 65535 : Math.round((x / high) * 65534)));
  return { data: new DataView(Uint16Array.from(codes).buffer), shape: [5, 4, ...more], low: 0, high };
}
const small = (rows) => ({ data: new DataView(Uint8Array.from(rows.flat(), Number).buffer), shape: [5, 4] });

const ACTIONS = ["left", "right", "up", "down"];
function world({ best = BEST, success = SUCCESS, length = LENGTH, rules = {}, next = [], rows = ROWS, actions = ACTIONS } = {}) {
  const range = { low: 0, high: 1, below: false, above: false };
  const traits = {
    v: pack(SUCCESS.map((row) => row.map(() => 0.5)), 1, 1), best: small(best), pairs: small(success.map((row) => row.map((x) => !Number.isNaN(x)))),
    success: pack(success, 1), length: pack(length, 8), optimum: pack(OPTIMUM, 8), gamma: 0.99, value_scale: hit(0.99), rows, next_states: next,
    orders: { position: [[0, 1, 2, 3, 4], [0, 1, 2, 3]], success: [[1, 2, 4, 0, 3], [3, 0, 1, 2]] },
    rules: { max_steps: 50, fails_below: 0.99, luck: false, worst: 2, beyond: false, ...rules },
    state_names: CELLS.map(name), goal_names: GOALS.map((cell) => `position/${name(cell)}`), action_names: actions,
    state_positions: CELLS, goal_positions: GOALS, limits: { value: range, steps: range, error: null },
  };
  return outcomes.readOutcomes((trait) => traits[trait], gridOf(rows, CELLS, GOALS));
}
const words = (data, start, goal) => outcomes.describePair(data, start, goal, outcomes.walkOf(data, start, goal), false);

// ---------------------------------------------------------------- the walk

test("the walk follows the best actions by the rules of the map", () => {
  const data = world();
  assert.deepEqual(outcomes.walkOf(data, 0, 2), { states: [0, 1, 2], end: "arrives", from: -1 });
  assert.deepEqual(outcomes.walkOf(data, 3, 2), { states: [3, 0, 1, 2], end: "arrives", from: -1 });
  assert.deepEqual(outcomes.walkOf(data, 1, 3), { states: [1, 2, 1], end: "loops", from: 0 });
  assert.deepEqual(outcomes.walkOf(data, 4, 3), { states: [4, 4], end: "loops", from: 0 }); // against the edge
});

test("the walk follows the transitions where they are told", () => {
  const next = [[0, 4, 0, 3], [0, 2, 1, 1], [1, 2, 2, 4], [3, 3, 0, 3], [4, 4, 2, 4]]; // right of r0c0 leads to r1c2
  assert.deepEqual(outcomes.walkOf(world({ next }), 0, 2).states, [0, 4, 2]);
});

test("the time can be over, and a teleporter with two exits ends what is known", () => {
  assert.deepEqual(outcomes.walkOf(world({ rules: { max_steps: 2 } }), 3, 2), { states: [3, 0, 1], end: "late", from: -1 });
  const pads = world({ rows: ["aA.", ".#a"] });
  assert.deepEqual(outcomes.walkOf(pads, 0, 2), { states: [0], end: "chance", from: -1 });
  assert.equal(outcomes.walkWords(pads, outcomes.walkOf(pads, 0, 2), 2), "comes after 0 steps to r0c0, where chance decides");
  const jumps = world({ actions: ["a", "b", "c", "d"] });
  assert.match(outcomes.walkWords(jumps, outcomes.walkOf(jumps, 0, 2), 2), /^is not known: .* give transitions$/);
});

// ---------------------------------------------------------------- which pairs

test("failures are pairs that count and stay below the bound", () => {
  const data = world();
  const fails = (start, goal, of = data) => outcomes.outcomeOf(of, start, goal).fails;
  assert.deepEqual([fails(1, 3), fails(0, 0), fails(0, 1)], [true, false, false]);
  const rates = SUCCESS.map((row) => row.map((x) => x && 0.7));
  assert.deepEqual([fails(0, 1, world({ success: rates })), fails(0, 1, world({ success: rates, rules: { fails_below: 0.6 } }))], [true, false]);
  assert.deepEqual(outcomes.totalsOf(data), { pairs: 16, fails: 3, mean: 13 / 16 });
  assert.equal(outcomes.totalsOf(world({ success: rates, rules: { fails_below: 0.6 } })).fails, 3);
});

test("the filter keeps starts and goals that have a failure, in their order", () => {
  const data = world();
  assert.deepEqual(outcomes.shownPairs(data, "position", false), { starts: [0, 1, 2, 3, 4], goals: [0, 1, 2, 3] });
  assert.deepEqual(outcomes.shownPairs(data, "position", true), { starts: [1, 2, 4], goals: [3] });
  assert.deepEqual(outcomes.shownPairs(data, "success", true), { starts: [1, 2, 4], goals: [3] });
  const all = world({ success: SUCCESS.map((row) => row.map((x) => (Number.isNaN(x) ? x : 1))) });
  assert.deepEqual(outcomes.shownPairs(all, "position", true), { starts: [], goals: [] });
});

test("the worst come first", () => {
  const found = outcomes.worstFirst(world(), false);
  assert.deepEqual([found.length, found.slice(0, 5)], [16, [[1, 3], [2, 3], [4, 3], [4, 0], [0, 1]]]);
  assert.deepEqual(outcomes.worstFirst(world(), true), [[1, 3], [2, 3], [4, 3]]);
  const [headings, rows, current] = outcomes.outcomeRows(world(), found, 4, { start: 4, goal: 0 });
  assert.deepEqual(headings, ["start", "goal", "success", "steps", "optimum", "extra steps"]);
  assert.deepEqual([rows.length, rows[0], rows[3], current], [4, ["r0c1", "r1c0", "0 %", "never", "2", ""], ["r1c2", "r0c0", "100 %", "5", "3", "2"], 3]);
});

// ---------------------------------------------------------------- words

test("what became of a pair in one sentence", () => {
  const data = world();
  assert.equal(words(data, 0, 2), "from r0c0 to r0c2: reached in 2 steps, the optimum");
  assert.equal(words(data, 0, 1), "from r0c0 to r0c1: reached in 1 step, the optimum");
  assert.equal(words(data, 1, 3), "from r0c1 to r1c0: fails; the optimum is 2 steps; the walk goes round in a loop of 2 steps from r0c1");
  assert.equal(words(data, 4, 3), "from r1c2 to r1c0: fails; the optimum is 4 steps; the walk stops in r1c2, where it pushes down against a wall");
  assert.equal(words(data, 0, 0), "from r0c0 to r0c0: the start is the goal, so this pair does not count");
  const chosen = outcomes.describePair(data, 0, 2, outcomes.walkOf(data, 0, 2), true);
  assert.equal(chosen, "from r0c0 to r0c2, chosen: reached in 2 steps, the optimum");
});

test("an evaluation that the walk contradicts is said to be so", () => {
  assert.match(words(world(), 4, 0), /^from r1c2 to r0c0: reached in 5 steps, 2 more than the optimum of 3$/);
  const best = BEST.map((row) => [...row]);
  best[0][2] = U;
  assert.match(words(world({ best }), 0, 2), /stops in r0c0, .*; the evaluation says otherwise: .* transitions$/);
});

test("where chance has a part, rates and the likeliest walk are told", () => {
  const success = SUCCESS.map((row) => row.map((x) => x && 0.996));
  const length = LENGTH.map((row) => row.map((x) => x + 0.4));
  const data = world({ success, length, rules: { luck: true } });
  assert.equal(words(data, 0, 2), "from r0c0 to r0c2: reached in over 99 % of tries, then in 2.4 steps, 0.4 more than the optimum of 2; the likeliest walk arrives after 2 steps");
  assert.match(words(data, 1, 3), /reached in 0 % of tries: a failure; the likeliest walk goes round in a loop/);
});

test("shares are never rounded to all or nothing", () => {
  assert.deepEqual([1, 0.9999, 0.996, 0.87, 0.004, 0].map((x) => outcomes.percentOf(x)), ["100 %", "over 99 %", "over 99 %", "87 %", "below 1 %", "0 %"]);
  assert.deepEqual([0.9967, 0.99999, 0.0001].map((x) => outcomes.percentOf(x, 1)), ["99.7 %", "over 99.9 %", "below 0.1 %"]);
  assert.equal(outcomes.totalWords(world(), { pairs: 26732, fails: 89, mean: 0.9967 }), "89 of 26,732 pairs fail, mean success 99.7 %");
  assert.equal(outcomes.totalWords(world(), { pairs: 0, fails: 0, mean: NaN }), "no pair counts");
});

// ---------------------------------------------------------------- the picture

test("every point of the matrix belongs to one pair", () => {
  const shown = outcomes.shownPairs(world(), "success", false);
  for (const [width, height] of [[560, 580], [120, 580], [75, 60]]) {
    const matrix = view.matrixOf(shown, width, height);
    assert.ok(matrix.width <= width && matrix.height <= height && matrix.cell > 0);
    const middle = (row, col) => [matrix.left + (col + 0.5) * matrix.cell, matrix.top + (row + 0.5) * matrix.cell];
    assert.deepEqual(view.pairAtPoint(matrix, ...middle(0, 0)), { start: 1, goal: 3 });
    assert.deepEqual(view.pairAtPoint(matrix, ...middle(4, 3)), { start: 3, goal: 2 });
    for (const [row, col] of [[-1, 0], [0, -1], [5, 0], [0, 4]]) assert.equal(view.pairAtPoint(matrix, ...middle(row, col)), null);
  }
});

test("arrows stay within what is shown, and begin at its edge where the pair is hidden", () => {
  const shown = { starts: [1, 2, 4], goals: [3, 0] };
  assert.deepEqual(view.nextPair(shown, { start: 2, goal: 3 }, [1, 0]), { start: 4, goal: 3 });
  assert.deepEqual(view.nextPair(shown, { start: 4, goal: 0 }, [1, 1]), { start: 4, goal: 0 });
  assert.deepEqual(view.nextPair(shown, { start: 0, goal: 2 }, [0, 1]), { start: 1, goal: 3 });
  assert.equal(view.nextPair({ starts: [], goals: [] }, { start: 0, goal: 0 }, [1, 0]).start, undefined);
});

test("colours: near is bright, failures are vermillion, rates lie between, what does not count is clear", () => {
  const at = (ink, start, goal) => [...ink.slice(4 * (start * 4 + goal), 4 * (start * 4 + goal) + 4)];
  const ink = view.inkOf(world());
  assert.deepEqual([at(ink, 0, 1), at(ink, 1, 3), at(ink, 0, 0)], [[254, 232, 56, 255], [213, 94, 0, 255], [0, 0, 0, 0]]);
  assert.deepEqual(at(ink, 4, 0), [0, 34, 78, 255]); // two steps over the optimum
  const half = view.inkOf(world({ success: SUCCESS.map((row) => row.map((x) => x && 0.5)) }));
  at(half, 0, 1).forEach((x, k) => assert.ok(Math.abs(x - [233.5, 163, 28, 255][k]) <= 1, `${x}`));
});
