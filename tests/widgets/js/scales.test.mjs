import assert from "node:assert/strict";
import { test } from "node:test";
import { argmax, argmin } from "../../../widgets/leo_widgets/static/lib/arrays.js";
import { isNever, stepsOf } from "../../../widgets/leo_widgets/static/lib/scales.js";
import { groupOf, shortName } from "../../../widgets/leo_widgets/static/lib/words.js";
import { hit, plain } from "./scales.mjs";

const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-9, `${found} is not ${wanted}`);
const LN2 = Math.log(2);

// a deterministic world with gamma 0.5: a goal that is 1, 2, 3 steps away, or out of reach; as in tests/widgets/test_scales.py
const CASES = {
  hit: [hit(0.5), [1, 0.5, 0.25, 0]],
  occupancy: [{ ...hit(0.5), name: "occupancy", offset: [LN2] }, [0.5, 0.25, 0.125, 0]], // M(g, g) is 0.5
  log_ratio: [{ ...hit(0.5), name: "log_ratio", offset: [LN2], never: -9 }, [-LN2, -2 * LN2, -3 * LN2, -9]], // p is 1
  distance: [{ ...hit(0.5), name: "distance", larger_is_better: false, never: 9 }, [LN2, 2 * LN2, 3 * LN2, 9]],
  neg_steps: [{ ...hit(0.5), name: "neg_steps", never: -2 }, [-1, -1.5, -1.75, -2]],
};

for (const [name, [scale, values]] of Object.entries(CASES)) {
  test(`one, two, three steps and no way: ${name}`, () => {
    values.slice(0, 3).forEach((value, i) => near(stepsOf(scale, value, 0), i + 1));
    assert.equal(stepsOf(scale, values[3], 0), Infinity);
    assert.deepEqual(values.map((value) => isNever(scale, value)), [false, false, false, true]);
    assert.ok(Number.isNaN(stepsOf(scale, NaN, 0)));
  });
}

test("each goal has its own offset", () => {
  const scale = { ...hit(0.5), name: "occupancy", offset: [0, LN2] };
  assert.deepEqual([0, 1].map((goal) => Math.round(stepsOf(scale, 0.25, goal))), [3, 2]);
});

test("values that stand for no steps", () => {
  assert.ok(Number.isNaN(stepsOf(plain(), 0.5, 0)));
  assert.equal(isNever(plain(), 0), false);
});

test("the best is the largest or the smallest code, the first of equals, and never a missing one", () => {
  const codes = Uint16Array.of(7, 65535, 3, 9, 3, 9);
  assert.equal(argmax(codes, 0, 6), 3);
  assert.equal(argmin(codes, 0, 6), 2);
  assert.equal(argmin(Uint16Array.of(65535, 65535), 0, 2), 0);
});

// the same cases as in tests/widgets/test_scales.py
test("groups and short names", () => {
  const cases = [["a/b/c", "a", "b/c"], ["a/b", "a", "b"], ["a", "a", "a"], ["/b", "", "b"], ["a/", "a", "a/"], ["", "", ""]];
  for (const [name, group, short] of cases) assert.deepEqual([groupOf(name), shortName(name)], [group, short]);
});
