// GoalMap: one map of all states for a goal, or of all goals for a state. Every answer to the pointer is made here.
import { element, helpButton, legend, mount, on, segmented, shareTraits } from "./common.js";
import { textTable, themeOf, toggle } from "./common.js";
import { cellAt, drawAgent, drawBackground, drawFrame, drawGoal, drawPath, drawSigns } from "./grid.js";
import { fitGrid, gridContext, gridOf, neighbour, DIRECTIONS } from "./grid.js";
import { readingPanel } from "./reading.js";
import { describe, drawPair, greedyPath, isCut, isHere, legendOf, readValues, tableRows } from "./values.js";

const WIDE = 700; // CSS pixels from which map and reading stand side by side
const SIDE = 272;
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

// ---------------------------------------------------------------- the map

function drawMap(stage, data, view, theme) {
  const context = gridContext(stage.map, data.grid);
  const background = backgroundOf(stage, data.grid, theme);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(background, 0, 0);
  context.restore();
  const byState = view.direction === "goal";
  (byState ? data.statePositions : data.goalPositions).forEach((cell, i) => {
    const [state, goal] = byState ? [i, view.pinned] : [view.pinned, i];
    if (!isHere(data, state, goal)) drawPair(context, data, theme, view, cell, state, goal);
  });
  const [row, col] = byState ? data.goalPositions[view.pinned] : data.statePositions[view.pinned];
  (byState ? drawGoal : drawAgent)(context, data.grid, row, col, theme);
  drawSigns(context, data.grid);
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

// The cell that is read, and the way that the best actions take.
function drawProbe(stage, data, view) {
  const context = gridContext(stage.probe, data.grid);
  if (!isHere(data, view.state, view.goal) && !isCut(data, view.state, view.goal)) {
    const { cells, end } = greedyPath(data, view.array, view.state, view.goal);
    if (cells.length > 1) drawPath(context, data.grid, cells, end === "arrives");
  }
  const [row, col] = view.direction === "goal" ? data.statePositions[view.state] : data.goalPositions[view.goal];
  drawFrame(context, data.grid, row, col);
}

// ---------------------------------------------------------------- the tools above the map

function toolBar(model, data, act) {
  const scales = scalesOf(data.limits);
  const missing = SCALES.map(([name]) => name).filter((name) => !scales.includes(name));
  const why = { steps: "steps need hit values", error: "the error needs exact values: GoalMap(values, truth=...)" };
  const direction = segmented("what the map shows", [
    ["goal", "All states, one goal", "how each state rates the chosen goal (f)"],
    ["state", "One state, all goals", "how the chosen state rates each goal (f)"],
  ], act.direct);
  const scale = segmented("scale", SCALES.map(([name, text, hint]) =>
    [name, text, missing.includes(name) ? why[name] : `${hint} (v)`]), (name) => act.scale(name));
  const truthHint = data.truth ? "show the exact values instead (x)" : "no exact values were given";
  const truth = toggle("Exact", truthHint, act.truth);
  const table = toggle("Table", "the same numbers as a table (t)", act.table);
  const node = element("div", { class: "leo-bar" }, direction.node, scale.node, truth.node,
    element("span", { class: "leo-space" }), table.node, helpButton());
  const show = () => {
    direction.show(model.get("direction"));
    scale.show(model.get("scale"), missing);
    const compares = model.get("scale") === "error"; // so there is nothing to switch
    truth.show(model.get("show_truth") && !compares, !data.truth || compares);
    table.show(model.get("show_table"));
  };
  return { node, show };
}

// What keys, buttons and pointer may do. Each writes traits; the change handlers draw.
function actionsOf(model, data, sync, probe) {
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
    truth: () => data.truth && model.get("scale") !== "error" && sync({ show_truth: !model.get("show_truth") }),
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

function keysOf(model, data, act) {
  const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  const flip = () => act.direct(model.get("direction") === "goal" ? "state" : "goal");
  return [
    [arrows, "read the next cell", ({ key }) => act.move(key.slice(5).toLowerCase())],
    [["Enter", " "], "make that cell the goal (or the state)", () => act.choose()],
    [["[", "]"], "previous, next goal (or state)", ({ key }) => act.turn(key === "[" ? -1 : 1)],
    ["f", "flip: all states for a goal, all goals for a state", flip],
    ["v", "value, steps, error", () => act.scale(after(scalesOf(data.limits), model.get("scale")))],
    ["x", "exact values or estimate", () => act.truth()],
    ["t", "table", () => act.table()],
  ];
}

// ---------------------------------------------------------------- the widget

function watchPointer(canvas, data, model, act, probe, signal) {
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

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readValues((name) => model.get(name), grid);
  const stage = { map: element("canvas", { class: "leo-map" }), probe: element("canvas", { class: "leo-probe" }) };
  const probe = { hover: null, draw: drawReading };
  const act = actionsOf(model, data, sync, probe);
  const [bar, colours, panel] = [toolBar(model, data, act), legend(), readingPanel(data)];
  const scroll = element("div", { class: "leo-scroll", hidden: "" });
  const title = model.get("title");
  root.append(
    ...(title ? [element("h3", { class: "leo-title" }, title)] : []), bar.node,
    element("div", { class: "leo-map-body" },
      element("div", { class: "leo-stage" }, stage.map, stage.probe),
      element("div", { class: "leo-side" }, colours.node, panel.node)),
    scroll);

  const view = () => viewOf(model, data, probe.hover);
  function drawReading() {
    if (!grid.cell) return;
    drawProbe(stage, data, view());
    panel.show(view());
    say(describe(data, view(), view().state, view().goal));
  }
  function draw() {
    if (!grid.cell) return;
    const now = view();
    drawMap(stage, data, now, themeOf(root));
    colours.show(legendOf(data, now.scale, now.exact));
    bar.show();
    drawReading();
    drawTable();
  }
  let timer = 0;
  function drawTable() {
    scroll.hidden = !model.get("show_table");
    clearTimeout(timer); // many rows: wait until a drag rests
    if (!scroll.hidden) timer = setTimeout(() => fillTable(scroll, data, view()), 80);
  }
  signal.addEventListener("abort", () => clearTimeout(timer));
  watchPointer(stage.probe, data, model, act, probe, signal);
  shareTraits(model, { goal: data.goalNames.length, state_index: data.stateNames.length }, signal, sync);
  for (const name of ["goal", "state_index", "direction", "scale", "show_truth", "show_table"]) {
    on(model, `change:${name}`, draw, signal);
  }
  const resize = (width) => {
    const room = width - 34;
    fitGrid(grid, room >= WIDE ? room - SIDE - 28 : room);
    root.classList.toggle("leo-narrow", room < WIDE);
    draw();
  };
  return { keys: keysOf(model, data, act), redraw: draw, resize };
}

function fillTable(scroll, data, view) {
  const [headings, rows, current] = tableRows(data, view, view.state, view.goal);
  const caption = view.direction === "goal"
    ? `all states, goal ${data.goalNames[view.goal]}` : `all goals, from state ${data.stateNames[view.state]}`;
  scroll.replaceChildren(textTable(caption, headings, rows, current));
}

export default {
  render: (context) => mount(context, {
    label: `Map of all goals' values. ${context.model.get("title")} Arrow keys read cells, question mark for help.`,
    className: "leo-goal-map",
  }, build),
};
