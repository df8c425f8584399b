// GoalMap: one map of all states for a goal, or of all goals for a state. Every answer to the pointer is made here.
import { element, legend, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits } from "../lib/frame.js";
import { themeOf } from "../lib/theme.js";
import { fitGrid, gridOf } from "../map/grid.js";
import { readingPanel } from "../map/reading.js";
import { captionOf, drawMap, drawProbe, mapStage, pairActions, pairKeys, viewButtons, viewOf } from "../map/two_way.js";
import { watchPairs } from "../map/two_way.js";
import { describe, drawPair, legendOf, readValues, tableRows } from "../map/values.js";

const WIDE = 700; // CSS pixels from which map and reading stand side by side
const SIDE = 272;

// ---------------------------------------------------------------- the tools above the map

function toolBar(model, data, act) {
  const view = viewButtons(model, data.limits, act, "GoalMap(values, truth=...)");
  const truthHint = data.truth ? "show the exact values instead (x)" : "no exact values were given";
  const truth = toggle("Exact", truthHint, act.truth);
  const table = toggle("Table", "the same numbers as a table (t)", act.table);
  const node = element("div", { class: "leo-bar" }, ...view.nodes, truth.node,
    element("span", { class: "leo-space" }), table.node, helpButton());
  const show = () => {
    view.show();
    const compares = model.get("scale") === "error"; // so there is nothing to switch
    truth.show(model.get("show_truth") && !compares, !data.truth || compares);
    table.show(model.get("show_table"));
  };
  return { node, show };
}

function actionsOf(model, data, sync, probe) {
  const truth = () =>
    data.truth && model.get("scale") !== "error" && sync({ show_truth: !model.get("show_truth") });
  return { ...pairActions(model, data, sync, probe), truth };
}

// ---------------------------------------------------------------- the widget

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readValues((name) => model.get(name), grid);
  const stage = mapStage();
  const probe = { hover: null, draw: drawReading };
  const act = actionsOf(model, data, sync, probe);
  const [bar, colours, panel] = [toolBar(model, data, act), legend(), readingPanel(data)];
  const table = tableTwin(signal);
  root.append(
    ...titleOf(model), bar.node,
    element("div", { class: "leo-map-body" },
      stage.node, element("div", { class: "leo-side" }, colours.node, panel.node)),
    table.node);

  const view = () => viewOf(model, data, probe.hover);
  function drawReading() {
    if (!grid.cell) return;
    drawProbe(stage, data, view(), view().array);
    panel.show(view());
    say(describe(data, view(), view().state, view().goal));
  }
  function draw() {
    if (!grid.cell) return;
    const now = view();
    drawMap(stage, data, now, themeOf(root), drawPair);
    colours.show(legendOf(data, now.scale, now.exact));
    bar.show();
    drawReading();
    table.show(model.get("show_table"), () => tableOf(data, view()));
  }
  watchPairs(stage.probe, data, model, act, probe, signal);
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
  const keys = pairKeys(model, data, act, [["x", "exact values or estimate", () => act.truth()]]);
  return { keys, redraw: draw, resize };
}

const tableOf = (data, view) => textTable(captionOf(data, view), ...tableRows(data, view, view.state, view.goal));

export default {
  render: (context) => mount(context, {
    label: `Map of all goals' values. ${context.model.get("title")} Arrow keys read cells, question mark for help.`,
    className: "leo-goal-map",
  }, build),
};
