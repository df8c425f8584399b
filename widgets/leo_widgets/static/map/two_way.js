// A map of values in both directions, all states for one goal or all goals for one state: drawing, reading, choosing.
import { element, segmented } from "../lib/elements.js";
import { drawBackground, drawSigns } from "./background.js";
import { cellAt, gridContext, neighbour, DIRECTIONS } from "./grid.js";
import { drawAgent, drawFrame, drawGoal, drawPath } from "./marks.js";
import { greedyPath, isCut, isHere } from "./values.js";

const SCALES = [
  ["value", "Value", "value of the best action"],
  ["steps", "Steps", "steps to the goal that the value stands for"],
  ["error", "Error", "value minus exact value"],
];

// The scales that these values allow.
export const scalesOf = (limits) => SCALES.map(([name]) => name).filter((name) => limits[name]);

// The next of a list, round and round.
export const after = (list, item) => list[(list.indexOf(item) + 1) % list.length];

// Index moved by `by` within 0..count-1, round and round.
export const turned = (index, by, count) => (index + by + count) % count;

// ---------------------------------------------------------------- what is selected

// The view of the model: which pair is read, what is pinned, what is shown. hover is a cell [row, col] or null.
export function viewOf(model, data, hover) {
  const direction = model.get("direction");
  let [state, goal] = [model.get("state_index"), model.get("goal")];
  const pinned = direction === "goal" ? goal : state;
  const found = hover ? itemAt(data, direction, hover) : -1;
  if (found >= 0) [state, goal] = direction === "goal" ? [found, goal] : [state, found];
  const scale = model.get("scale");
  const exact = model.get("show_truth") && scale !== "error";
  return { direction, state, goal, pinned, scale, exact, array: exact ? data.truth : data.q };
}

// The index on a cell of what the map is coloured by: states when the goal is pinned, else goals. -1 if there is none.
export function itemAt(data, direction, [row, col]) {
  return (direction === "goal" ? data.stateAt : data.goalAt)[row * data.grid.cols + col];
}

// The pairs of the map, in the order of states or goals: [[cell, state, goal]].
export function pairsOf(data, { direction, pinned }) {
  return direction === "goal"
    ? data.statePositions.map((cell, state) => [cell, state, pinned])
    : data.goalPositions.map((cell, goal) => [cell, pinned, goal]);
}

// What the table twin of such a map is headed with.
export const captionOf = (data, { direction, state, goal }) => (direction === "goal"
  ? `all states, goal ${data.goalNames[goal]}` : `all goals, from state ${data.stateNames[state]}`);

// ---------------------------------------------------------------- the map

// A canvas for the values, and one over it for what the pointer reads.
export function mapStage() {
  const [map, probe] = ["leo-map", "leo-probe"].map((name) => element("canvas", { class: name }));
  return { map, probe, node: element("div", { class: "leo-stage" }, map, probe) };
}

// Draw all cells of a map and return its context.
//   drawCell(context, data, theme, view, cell, state, goal) draws one pair whose state is not the goal itself
export function drawMap(stage, data, view, theme, drawCell) {
  const context = gridContext(stage.map, data.grid);
  const background = backgroundOf(stage, data.grid, theme);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(background, 0, 0);
  context.restore();
  for (const [cell, state, goal] of pairsOf(data, view)) {
    if (!isHere(data, state, goal)) drawCell(context, data, theme, view, cell, state, goal);
  }
  const byState = view.direction === "goal";
  const [row, col] = byState ? data.goalPositions[view.pinned] : data.statePositions[view.pinned];
  (byState ? drawGoal : drawAgent)(context, data.grid, row, col, theme);
  drawSigns(context, data.grid);
  return context;
}

// Walls and numbers change with size and theme only, so they are drawn once for each.
function backgroundOf(stage, grid, theme) {
  const key = `${grid.cell} ${globalThis.devicePixelRatio} ${theme.bg} ${theme.wall}`;
  if (stage.key !== key) {
    stage.background = document.createElement("canvas");
    drawBackground(gridContext(stage.background, grid), grid, theme);
    stage.key = key;
  }
  return stage.background;
}

// The cell that is read, and the way that the best actions of an array take; without an array the cell alone.
export function drawProbe(stage, data, { direction, state, goal }, array) {
  const context = gridContext(stage.probe, data.grid);
  if (array && !isHere(data, state, goal) && !isCut(data, state, goal)) {
    const { cells, end } = greedyPath(data, array, state, goal);
    if (cells.length > 1) drawPath(context, data.grid, cells, end === "arrives");
  }
  const [row, col] = direction === "goal" ? data.statePositions[state] : data.goalPositions[goal];
  drawFrame(context, data.grid, row, col);
}

// ---------------------------------------------------------------- choosing

// The buttons for the scale, with reasons for those that cannot be chosen. who: how exact values are given.
export function scaleButtons(limits, choose, who) {
  const allowed = scalesOf(limits);
  const missing = SCALES.map(([name]) => name).filter((name) => !allowed.includes(name));
  const why = { steps: "these values stand for no steps", error: `the error needs exact values: ${who}` };
  const options = SCALES.map(([name, text, hint]) => [name, text, missing.includes(name) ? why[name] : `${hint} (v)`]);
  const { node, show } = segmented("scale", options, choose);
  return { node, show: (scale) => show(scale, missing) };
}

// The two rows of buttons for direction and scale. Returns {nodes, show()}.
export function viewButtons(model, limits, act, who) {
  const direction = segmented("what the map shows", [
    ["goal", "All states, one goal", "how each state rates the chosen goal (f)"],
    ["state", "One state, all goals", "how the chosen state rates each goal (f)"],
  ], act.direct);
  const scale = scaleButtons(limits, act.scale, who);
  const show = () => {
    direction.show(model.get("direction"));
    scale.show(model.get("scale"));
  };
  return { nodes: [direction.node, scale.node], show };
}

// What keys, buttons and pointer may do. Each writes traits; the change handlers draw. probe: {hover, draw()}.
export function pairActions(model, data, sync, probe) {
  const view = () => viewOf(model, data, probe.hover);
  // pins the goal or the state; false where there is none, or where it is pinned already
  const pin = (index) => {
    const name = model.get("direction") === "goal" ? "goal" : "state_index";
    const isNew = index >= 0 && index !== model.get(name);
    if (isNew) sync({ [name]: index });
    return isNew;
  };
  return {
    pin,
    // the cell under the pointer stays in the reading when the map turns round
    direct(direction) {
      const { state, goal } = view();
      probe.hover = null;
      sync({ state_index: state, goal, direction });
    },
    scale: (scale) => sync({ scale }),
    table: () => sync({ show_table: !model.get("show_table") }),
    turn(by) {
      const byState = model.get("direction") === "goal";
      const count = byState ? data.goalNames.length : data.stateNames.length;
      pin(turned(model.get(byState ? "goal" : "state_index"), by, count));
    },
    // move the cell that is read; the pointer's cell, if there is one, is where the move starts
    move(direction) {
      const { state, goal } = view();
      const byState = model.get("direction") === "goal";
      const from = byState ? data.statePositions[state] : data.goalPositions[goal];
      const cell = neighbour(data.grid, byState ? data.stateAt : data.goalAt, from, DIRECTIONS[direction]) ?? from;
      probe.hover = null;
      sync({ [byState ? "state_index" : "goal"]: itemAt(data, model.get("direction"), cell) });
      probe.draw();
    },
    // make the cell that is read the pinned one, where it is one
    choose() {
      const { direction, state, goal } = view();
      const cell = direction === "goal" ? data.statePositions[state] : data.goalPositions[goal];
      pin((direction === "goal" ? data.goalAt : data.stateAt)[cell[0] * data.grid.cols + cell[1]]);
    },
  };
}

// Keys of such a map; `own` are those of the widget, shown before the table's.
export function pairKeys(model, data, act, own) {
  const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  const flip = () => act.direct(model.get("direction") === "goal" ? "state" : "goal");
  return [
    [arrows, "read the next cell", ({ key }) => act.move(key.slice(5).toLowerCase())],
    [["Enter", " "], "make that cell the goal (or the state)", () => act.choose()],
    [["[", "]"], "previous, next goal (or state)", ({ key }) => act.turn(key === "[" ? -1 : 1)],
    ["f", "flip: all states for a goal, all goals for a state", flip],
    ["v", "value, steps, error", () => act.scale(after(scalesOf(data.limits), model.get("scale")))],
    ...own,
    ["t", "table", () => act.table()],
  ];
}

// The pointer reads cells; a press or a drag pins the goal or the state.
export function watchPairs(canvas, data, model, act, probe, signal) {
  const cellOf = (event) => cellAt(data.grid, event.offsetX, event.offsetY);
  const pinAt = (cell) => {
    const pinnable = model.get("direction") === "goal" ? data.goalAt : data.stateAt;
    return cell && act.pin(pinnable[cell[0] * data.grid.cols + cell[1]]);
  };
  let dragging = false;
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  listen("pointerdown", (event) => {
    dragging = event.pointerType !== "touch";
    pinAt(cellOf(event));
  });
  listen("pointermove", (event) => {
    const cell = cellOf(event);
    if (String(cell) === String(probe.hover)) return;
    probe.hover = cell;
    if (!(dragging && event.buttons && pinAt(cell))) probe.draw(); // a new pin has drawn everything already
  });
  listen("pointerup", () => (dragging = false));
  listen("pointerleave", () => {
    dragging = false;
    probe.hover = null;
    probe.draw();
  });
}
