// One moment of a training run on the map: what every state believes of the chosen goal, and in which direction it goes.
import { decode, valueAt } from "../lib/arrays.js";
import { element, legend, segmented } from "../lib/elements.js";
import { stepsOf } from "../lib/scales.js";
import { formatNumber, formatSteps, shortName } from "../lib/words.js";
import { drawBackground, drawSigns } from "../map/background.js";
import { cellAt, gridContext, gridOf } from "../map/grid.js";
import { drawArrow, drawCross, drawFrame, drawGoal, fillCell } from "../map/marks.js";
import { isCut, isHere, legendOf, lutOf, readValues, scaleNotes, shadeOf } from "../map/values.js";

const VIEWS = [
  ["value", "Value", "value of the best action (v)"],
  ["steps", "Steps", "steps to the goal that the value stands for (v)"],
  ["error", "Error", "value minus exact value (v)"],
];

// ---------------------------------------------------------------- what is shown

// The world of the run as arrays, or null while it is unknown or has no places. Its values are those of no moment yet.
export function worldOf(model) {
  const positions = model.get("state_positions");
  if (!positions.length) return null;
  const shape = [positions.length, model.get("goal_names").length, 1];
  const blank = { data: new DataView(new ArrayBuffer(2 * shape[0] * shape[1])), shape, low: 0, high: 1 };
  const instead = { q: blank, limits: model.get("record").limits };
  return readValues((name) => instead[name] ?? model.get(name), gridOf(model.get("rows"), positions, model.get("goal_positions")));
}

// The values at one moment: the world with them and with `best`, the greedy action of every pair. null: not here.
export function momentOf(model, world, record, place) {
  if (!world || place < 0) return null;
  const map = model.get(`map_${record.slots[place]}`);
  if (map.number !== record.numbers[place]) return null;
  const best = new Uint8Array(map.best.buffer, map.best.byteOffset, map.best.byteLength);
  return { ...world, q: decode(map.v), best, limits: record.limits };
}

// The scales that values and truth allow.
export const scalesAllowed = (limits) => VIEWS.map(([name]) => name).filter((name) => limits[name]);

// What one pair says at a moment, in words: {pair, action, amounts}.
export function pairAt(data, state, goal) {
  const pair = `${data.stateNames[state]} to ${shortName(data.goalNames[goal])}`;
  if (isHere(data, state, goal)) return { pair, action: "the state is the goal", amounts: [] };
  if (data.truth && isCut(data, state, goal)) return { pair, action: "no way leads there", amounts: [] };
  const index = state * data.goals + goal;
  const told = (write) => `${write(valueAt(data.q, index))}${data.truth ? ` (exact ${write(valueAt(data.truth, index)).split(" ")[0]})` : ""}`;
  const stepWords = (value) => `${formatSteps(stepsOf(data.valueScale, value, goal))} steps`;
  const amounts = [...(data.valueScale.convertible ? [`about ${told(stepWords)}`] : []), `value ${told((value) => formatNumber(value))}`];
  return { pair, action: `go ${data.actionNames[data.best[index]]}`, amounts };
}

// ---------------------------------------------------------------- the map

function drawMoment(canvas, data, view, theme) {
  const context = gridContext(canvas, data.grid);
  drawBackground(context, data.grid, theme);
  data.statePositions.forEach(([row, col], state) => {
    if (!data.best) fillCell(context, data.grid, row, col, theme.empty);
    else if (!isHere(data, state, view.goal)) drawBelief(context, data, theme, view, [row, col], state);
  });
  drawGoal(context, data.grid, ...data.goalPositions[view.goal], theme);
  drawSigns(context, data.grid);
}

function drawBelief(context, data, theme, { scale, goal }, [row, col], state) {
  const index = state * data.goals + goal;
  const cut = data.truth && isCut(data, state, goal);
  const exact = data.truth ? valueAt(data.truth, index) : NaN;
  const shade = shadeOf(data, scale, valueAt(data.q, index), exact, goal);
  const lut = lutOf(scale);
  fillCell(context, data.grid, row, col, Number.isNaN(shade) ? theme.empty : lut.css[shade]);
  const ink = Number.isNaN(shade) ? theme.muted : lut.isLight[shade] ? "#14181d" : "#ffffff";
  const move = data.moves[data.best[index]];
  if (cut) drawCross(context, data.grid, row, col, ink);
  else if (move) drawArrow(context, data.grid, row, col, move, ink);
}

export function mapPanel(act) {
  const canvas = element("canvas", { class: "leo-map" });
  const probe = element("canvas", { class: "leo-probe" });
  const caption = element("div", { class: "leo-map-caption" });
  const scales = segmented("what the map shows", VIEWS, act.scale);
  const reading = element("p", { class: "leo-map-reading", "aria-hidden": "true" });
  const colours = legend();
  const node = element("div", { class: "leo-moment" },
    element("div", { class: "leo-part-bar" }, caption, scales.node),
    element("div", { class: "leo-stage" }, canvas, probe),
    element("div", { class: "leo-under-map" }, colours.node, reading));
  // data: a moment, or the world alone; view: {scale, goal, state, when}
  function show(data, view, theme) {
    const missing = VIEWS.map(([name]) => name).filter((name) => !data.limits[name]);
    scales.show(view.scale, missing);
    caption.replaceChildren("goal ", element("b", {}, shortName(data.goalNames[view.goal])), view.when);
    const spec = legendOf(data, view.scale, false);
    const notes = scaleNotes(data, view.scale).filter((note) => data.truth || !note.startsWith("×"));
    notes.splice(view.scale === "error" ? 1 : 0, 0, "arrow: the best action");
    colours.show({ ...spec, note: notes.join(" · ") });
    drawMoment(canvas, data, view, theme);
    showReading(data, view);
  }
  function showReading(data, { state, goal }) {
    drawFrame(gridContext(probe, data.grid), data.grid, ...data.statePositions[state]);
    if (!data.best) return reading.replaceChildren();
    const { pair, action, amounts } = pairAt(data, state, goal);
    reading.replaceChildren(element("b", {}, pair), `: ${action}`, element("br"), amounts.join(" · "));
  }
  return { node, probe, show, showReading };
}

// ---------------------------------------------------------------- the pointer

// The pointer reads cells; a press or a drag chooses the goal. now: {world, hover, read()}.
export function watchMap(canvas, act, now, signal) {
  const cellOf = (event) => cellAt(now.world.grid, event.offsetX, event.offsetY);
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const read = (cell) => {
    if (String(cell) === String(now.hover)) return;
    now.hover = cell;
    now.read();
  };
  listen("pointerdown", (event) => act.aim(cellOf(event)));
  listen("pointermove", (event) => {
    const moved = String(cellOf(event)) !== String(now.hover);
    if (moved && event.buttons && event.pointerType !== "touch") act.aim(cellOf(event));
    read(cellOf(event));
  });
  listen("pointerleave", () => read(null));
}
