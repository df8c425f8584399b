// TrainScope's pure functions, against literals.
import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf, pairAt, scalesAllowed } from "../../../widgets/leo_widgets/static/training/moment.js";
import * as run from "../../../widgets/leo_widgets/static/training/training.js";
import { isActive, isResting } from "../../../widgets/leo_widgets/static/training/training_tools.js";
import { hit, plain } from "./scales.mjs";

const floats = (...values) => new DataView(Float32Array.from(values).buffer);

const record = (changes = {}) => run.readRecord({
  status: "finished", asked: "", error: "", total_steps: 1_200_000, limits: {},
  numbers: [0, 2, 4], slots: [0, 2, 1], env_steps: [0, 600_000, 1_200_000], seconds: [0, 5, 10],
  panels: [{ name: "loss", label: "loss", kind: "error" }, { name: "commanded_success", label: "success", kind: "share" }],
  curves: { data: floats(NaN, 0.5, 0.25, NaN, 0.5, 1), shape: [2, 3] }, ...changes,
});

const empty = { numbers: [], slots: [], env_steps: [], seconds: [], curves: { data: floats(), shape: [2, 0] }, total_steps: 0 };

test("float32 reads from wherever the view starts", () => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
  assert.deepEqual([...run.float32(new DataView(bytes.buffer, 1))], [1.5, -2]);
});

test("a record becomes one curve for each panel", () => {
  const { count, panels, end } = record();
  assert.deepEqual([count, end], [3, 1_200_000]);
  assert.deepEqual(panels.map(({ values }) => [...values]), [[NaN, 0.5, 0.25], [NaN, 0.5, 1]]);
  assert.deepEqual([record(empty).count, record(empty).end], [0, 1]);
});

test("the snapshot with a number, or the nearest kept before it", () => {
  assert.deepEqual([-1, 0, 1, 2, 3, 4, 99].map((n) => run.placeOfNumber([0, 2, 4], n)), [2, 0, 0, 1, 1, 2, 2]);
  assert.deepEqual([-1, 0, 5].map((n) => run.placeOfNumber([], n)), [-1, -1, -1]);
  assert.equal(run.placeOfNumber([3, 4], 1), 0);
  assert.deepEqual([0, 299, 301, 2000].map((at) => run.placeOfSteps([0, 600, 1200], at)), [0, 0, 1, 2]);
});

test("steps per second over the last snapshots", () => {
  assert.equal(run.paceOf(record()), 120_000);
  assert.ok(Number.isNaN(run.paceOf(record(empty))));
  const long = { count: 8, env_steps: [0, 1, 2, 3, 4, 5, 6, 16], seconds: [0, 9, 9, 9, 9, 9, 9, 10] };
  assert.equal(run.paceOf(long), 14); // only the last six count
});

test("axes end at round numbers", () => {
  assert.deepEqual([0.9, 1, 1.1, 2.4, 31, 0.0071].map(run.niceAbove), [1, 1, 2, 2.5, 50, 0.01]);
  const axis = (kind, values, log = false, goals = 9) => {
    const { low, high, bottom, top } = run.axisOf({ kind, values: Float32Array.from(values) }, log, goals);
    return [low, high, bottom, top];
  };
  assert.deepEqual(axis("share", [0.4]), [0, 1, "0", "100 %"]);
  assert.deepEqual(axis("count", [4]), [0, 9, "0", "9"]);
  assert.deepEqual(axis("count", [], false, 0), [0, 1, "", ""]);
  assert.deepEqual(axis("error", [NaN, 0.3]), [0, 0.5, "0", "0.5"]);
  assert.deepEqual(axis("error", [NaN]), [0, 1, "", ""]);
  assert.deepEqual(axis("number", [-3, 4]), [-5, 5, "−5", "5"]);
  assert.deepEqual(axis("number", [-3, -1]), [-5, 0, "−5", "0"]);
  assert.deepEqual(axis("error", [0.3, 0.004], true).slice(2), ["0.001", "1"]);
  assert.deepEqual(axis("error", [0, 0], true), [0, 1, "0", "1"]); // nothing positive: no logarithm
  assert.deepEqual(axis("error", [1, 1], true), [1, 10, "1", "10"]);
});

test("heights on a scale", () => {
  const linear = { low: 0, high: 2, log: false };
  assert.deepEqual([0, 1, 2, 3].map((value) => run.heightOn(linear, value)), [0, 0.5, 1, 1]);
  const log = { low: 0.01, high: 1, log: true };
  assert.ok(Math.abs(run.heightOn(log, 0.1) - 0.5) < 1e-12);
  assert.ok([NaN, Infinity, 0].every((value) => Number.isNaN(run.heightOn(log, value))));
});

test("a curve leaves gaps where it is unknown, and a dot where it stands alone", () => {
  const axis = { low: 0, high: 1, log: false };
  assert.equal(run.pathOf([0, 5, 10], [NaN, 0.5, 1], axis, 10), "M500 500h0L1000 0");
  assert.equal(run.pathOf([0, 5, 10], [1, NaN, 0], axis, 10), "M0 0h0M1000 1000h0");
  assert.equal(run.pathOf([], [], axis, 1), "");
});

test("numbers as words", () => {
  assert.deepEqual([0, 0.0214, 0.2, 12.49, 340, 12345, 0.0000213, -0.05, NaN].map(run.shortNumber),
    ["0", "0.0214", "0.2", "12.5", "340", "12345", "0.00002", "−0.05", "unknown"]);
  assert.deepEqual([0, 950, 1000, 600_000, 1_250_000, 3e9].map(run.countWords),
    ["0", "950", "1 thousand", "600 thousand", "1.25 million", "3 billion"]);
  assert.deepEqual([950, 360_000, 1_250_000, 2e9].map(run.countShort), ["950", "360 k", "1.25 M", "2 G"]);
  assert.deepEqual([0.42, 5.4, 9.9, 59.4, 125, 3780].map(run.timeWords), ["0.4 s", "5 s", "10 s", "59 s", "2 min 5 s", "1 h 3 min"]);
  const words = [["share", 0.873], ["share", 0.9964], ["share", 0.99999], ["share", 1], ["count", 12], ["error", 0.5], ["error", NaN]];
  assert.deepEqual(words.map(([kind, value]) => run.metricWords(kind, value)), ["87 %", "99.6 %", "99.9 %", "100 %", "12", "0.5", "–"]);
});

test("what the run is doing", () => {
  assert.equal(run.progressWords(record(), true), "finished · 1.2 million steps in 10 s");
  const half = { numbers: [0, 1], slots: [0, 1], env_steps: [0, 600_000], seconds: [0, 5], curves: { data: floats(NaN, 1, NaN, 1), shape: [2, 2] } };
  const running = record({ ...half, status: "running" });
  assert.equal(run.progressWords(running, true), "600 thousand of 1.2 million steps · 120 thousand per second · about 5 s left");
  assert.equal(run.progressWords({ ...running, asked: "pause" }, true).split(" · ").at(-1), "pausing after this chunk");
  assert.equal(run.progressWords(running, false), "600 thousand of 1.2 million steps in 5 s"); // an export: nothing goes on
  assert.equal(run.progressWords(record({ ...half, status: "stopped" }), true), "stopped · 600 thousand of 1.2 million steps in 5 s");
  assert.equal(run.progressWords(record({ ...empty, status: "running" }), true), "starting …");
  assert.equal(run.progressWords(record({ ...empty, status: "idle" }), true), "no snapshot yet");
  assert.equal(run.progressWords(record({ ...empty, status: "failed" }), true), "failed");
});

test("the live line", () => {
  const panels = [{ name: "loss", label: "loss", kind: "error" }, { name: "value_mae", label: "mean |V − V*|", kind: "error" }];
  const scored = record({ panels, curves: { data: floats(NaN, 0.21, 0.1, 0.9, 0.03, 0.01), shape: [2, 3] } });
  assert.equal(run.describeTraining(scored, 1, false), "600 thousand of 1.2 million steps (snapshot 2 of 3), loss 0.21, mean error 0.03");
  assert.equal(run.describeTraining({ ...scored, status: "running" }, 1, true), "600 thousand of 1.2 million steps, loss 0.21, mean error 0.03");
  assert.equal(run.describeTraining(record(), 2, true), "finished: 1.2 million steps, loss 0.25");
  assert.equal(run.describeTraining(record(), 0, false), "0 of 1.2 million steps (snapshot 1 of 3)");
  assert.equal(run.describeTraining(record({ error: "ValueError: no" }), 2, true), "training failed: ValueError: no");
  assert.equal(run.describeTraining(record(empty), -1, true), "no snapshot yet");
});

test("the table twin", () => {
  const [headings, rows] = run.snapshotRows(record());
  assert.deepEqual(headings, ["steps", "seconds", "loss", "success"]);
  assert.deepEqual(rows[0], ["0", "0.0", "–", "–"]);
  assert.deepEqual(rows[2], ["1,200,000", "10.0", "0.25", "100 %"]);
});

test("what can be asked, and when", () => {
  assert.deepEqual(["idle", "running", "paused", "finished"].map((status) => isActive({ status }, true)), [false, true, true, false]);
  assert.equal(isActive({ status: "running" }, false), false);
  assert.deepEqual([["running", ""], ["running", "pause"], ["paused", ""]].map(([status, asked]) => isResting({ status, asked })), [false, true, true]);
});

const codes = (...values) => ({ data: new DataView(Uint16Array.from(values).buffer), shape: [2, 2, 1], low: 0, high: 1 });
const world = {
  goals: 2, stateNames: ["r0c0", "r0c1"], goalNames: ["position/r0c0", "position/r0c1"], actionNames: ["left", "right"],
  statePositions: [[0, 0], [0, 1]], goalPositions: [[0, 0], [0, 1]], gamma: 0.5, valueScale: hit(0.5), truth: null, actions: 1,
};

test("a moment is the map of its slot, if it has arrived", () => {
  const maps = { map_2: { number: 2, v: codes(1, 2, 3, 4), best: new DataView(Uint8Array.of(0, 1, 0, 0).buffer) }, map_0: {} };
  const model = { get: (name) => maps[name] };
  const data = momentOf(model, world, record(), 1);
  assert.deepEqual([[...data.q.codes], [...data.best]], [[1, 2, 3, 4], [0, 1, 0, 0]]);
  assert.equal(momentOf(model, world, record(), 0), null);
  assert.equal(momentOf(model, world, record(), -1), null);
  assert.equal(momentOf(model, null, record(), 1), null);
});

test("what a pair says", () => {
  const model = { get: () => ({ number: 2, v: codes(0, 32767, 65534, 0), best: new DataView(Uint8Array.of(0, 1, 0, 0).buffer) }) };
  const limits = { value: {}, steps: {}, error: null };
  const data = { ...momentOf(model, world, record(), 1), limits };
  assert.deepEqual(pairAt(data, 0, 1), { pair: "r0c0 to r0c1", action: "go right", amounts: ["about 2 steps", "value 0.500"] });
  assert.equal(pairAt(data, 0, 0).action, "the state is the goal");
  assert.deepEqual(pairAt({ ...data, valueScale: plain(0.5) }, 0, 1).amounts, ["value 0.500"]);
  const exact = { codes: Uint16Array.of(0, 65534, 0, 0), low: 0, unit: 1 / 65534, shape: [2, 2, 1] };
  assert.deepEqual(pairAt({ ...data, truth: exact }, 0, 1).amounts, ["about 2 steps (exact 1)", "value 0.500 (exact 1.000)"]);
  assert.deepEqual(pairAt({ ...data, truth: exact }, 1, 0), { pair: "r0c1 to r0c0", action: "no way leads there", amounts: [] });
  assert.deepEqual(scalesAllowed(limits), ["value", "steps"]);
});
