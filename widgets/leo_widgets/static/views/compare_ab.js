// CompareAB: two value tables of one world on two maps with one cursor, and their difference on a third.
import { element, legend, segmented, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits } from "../lib/frame.js";
import { reducedMotion, themeOf } from "../lib/theme.js";
import { shortName } from "../lib/words.js";
import { cellOfDifference, compareRows, describeBoth, differenceLegend, differingCells } from "../map/compare.js";
import { drawBothActions, inOrder, numbersOf, readSides, summaryOf, summaryWords } from "../map/compare.js";
import { fitGrid, gridOf } from "../map/grid.js";
import { drawNotches } from "../map/marks.js";
import { captionOf, drawMap, drawProbe, mapStage, pairActions, pairKeys, viewButtons, viewOf } from "../map/two_way.js";
import { watchPairs } from "../map/two_way.js";
import { drawPair, exactWords, isHere, legendOf } from "../map/values.js";

const GAP = 18; // CSS pixels between maps
const LEAST = 190; // CSS pixels of a map with its legend, and of a cell, where maps stand side by side
const CELL = 14;
const WEDGES_FROM = 20; // CSS pixels of a cell from which each action has its colour: maps are small, and redrawn in a drag
const BLINK = 900; // milliseconds that each of two blinking maps is shown
const SHOWN = ["goal", "state_index", "direction", "scale", "show_table", "swapped"];

// How many of `count` maps stand in one row of this width: as many as leave room for arrows and for a legend.
export function columnsFor(width, cols, count) {
  for (let columns = count; columns > 1; columns--) {
    const room = (width - GAP * (columns - 1)) / columns;
    if (room >= LEAST && (room - 21) / cols >= CELL) return columns;
  }
  return 1;
}

// ---------------------------------------------------------------- the parts

// A map with its name above it, and below it what its colours mean.
function figurePart(...head) {
  const [name, note, colours, stage] = [element("b"), element("p", { class: "leo-figure-note" }), legend(), mapStage()];
  const caption = element("div", { class: "leo-figure-name" }, name, ...head);
  const node = element("figure", { class: "leo-figure" }, caption, stage.node, note, colours.node);
  return { node, name, note, colours, stage };
}

function toolBar(model, data, act) {
  const view = viewButtons(model, data.limits, act, "CompareAB(a, b, truth=...)");
  const swap = toggle("Swap", "exchange left and right (s)", act.swap);
  const blink = toggle("Blink", "one map that shows both by turns (b)", act.blink);
  const table = toggle("Table", "the same numbers as a table (t)", act.table);
  const node = element("div", { class: "leo-bar" }, ...view.nodes, swap.node, blink.node,
    element("span", { class: "leo-space" }), table.node, helpButton());
  const show = () => {
    view.show();
    swap.show(model.get("swapped"));
    blink.show(model.get("blink"));
    table.show(model.get("show_table"));
  };
  return { node, show };
}

// The pair that is read, in numbers of both sides.
function numbersPanel() {
  const pair = element("div", { class: "leo-pair" });
  const table = element("table", { class: "leo-numbers" });
  const exact = element("p", { class: "leo-path" });
  const node = element("div", { class: "leo-both", "aria-hidden": "true" }, pair, table, exact);
  const cells = (tag, texts, first) => element("tr", {}, element("th", { scope: first }, texts[0]),
    ...texts.slice(1).map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text)));
  const show = (sides, { state, goal }) => {
    const { data } = sides[0];
    const bold = (name) => element("b", {}, shortName(name));
    pair.replaceChildren(bold(data.stateNames[state]), " to ", bold(data.goalNames[goal]));
    const here = isHere(data, state, goal);
    const head = ["", ...sides.map(({ name }) => name), "difference"];
    table.replaceChildren(...(here ? [] : [cells("th", head), ...numbersOf(sides, state, goal).map((row) => cells("td", row, "row"))]));
    exact.textContent = here ? "the state is the goal" : exactWords(data, state, goal);
  };
  return { node, show };
}

// ---------------------------------------------------------------- two maps in one place

// What the place of the left map shows while it blinks: 0, the left side, or 1. It changes by itself, until the reader
// chooses a side or asks for less motion. flip() shows the other one.
function blinker(model, signal, draw) {
  let timer = 0;
  const now = { place: 0, runs: false };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    now.runs = false;
  };
  const show = (place) => {
    now.place = place;
    draw();
  };
  const run = () => {
    stop();
    now.runs = true;
    timer = setInterval(() => show(1 - now.place), BLINK);
  };
  signal.addEventListener("abort", stop);
  return Object.assign(now, {
    choose: (place) => (stop(), show(place)),
    flip: () => now.choose(1 - now.place),
    play: () => (now.runs ? stop() : run(), draw()),
    // begin or end, as the trait says
    follow() {
      stop();
      now.place = 0;
      if (model.get("blink") && !reducedMotion()) run();
    },
  });
}

function blinkButtons(blinks) {
  const sides = segmented("which of the two is shown", [["0", "", "show it, and stay (x)"], ["1", "", "show it, and stay (x)"]],
    (place) => blinks.choose(Number(place)));
  const play = toggle("", "", blinks.play);
  const node = element("span", { class: "leo-blink", hidden: "" }, sides.node, play.node);
  const show = (names, on) => {
    node.hidden = !on;
    [...sides.node.children].forEach((button, i) => (button.textContent = names[i]));
    sides.show(String(blinks.place));
    play.show(blinks.runs);
    play.node.textContent = blinks.runs ? "❚❚" : "▶";
    play.node.title = blinks.runs ? "stop blinking" : "show both by turns";
    play.node.setAttribute("aria-label", play.node.title);
  };
  return { node, show };
}

// ---------------------------------------------------------------- the three maps

// The map of one side, with a notch in every cell where the best actions of the two differ.
function drawSide(figure, side, all, view, theme) {
  const context = drawMap(figure.stage, side.data, { ...view, wedges: WEDGES_FROM }, theme, drawPair);
  drawNotches(context, side.data.grid, differingCells(all, view).map(([cell]) => cell));
  figure.name.textContent = figure.name.title = side.name;
}

// The third map: the left side minus the right one.
function drawDifference(figure, sides, limits, view, theme) {
  const [first, second] = sides;
  const differing = differingCells(sides, view);
  drawBothActions(drawMap(figure.stage, first.data, view, theme, cellOfDifference(sides, limits)), first.data, differing);
  figure.name.textContent = figure.name.title = `${first.name} − ${second.name}`;
  figure.colours.show(differenceLegend(sides, view.scale, limits));
  figure.note.textContent = summaryWords(summaryOf(sides, view), differing.length, view.scale);
}

// The maps of both sides and of their difference. all: both sides in the order of the traits; probe: {hover}.
function threeMaps(root, model, all, probe, signal) {
  const [{ data }] = all;
  const { grid } = data;
  const limits = model.get("differences");
  const blinks = blinker(model, signal, drawBlink);
  const blinking = blinkButtons(blinks);
  const [left, right, third] = [figurePart(blinking.node), figurePart(), figurePart()];
  const sides = () => inOrder(all, model.get("swapped"));
  const places = () => (model.get("blink") ? [left] : [left, right]);
  // what stands in the place of the left map (0) and of the right one (1)
  const sideAt = (place) => sides()[model.get("blink") ? blinks.place : place];
  const viewFor = (side) => viewOf(model, side.data, probe.hover);
  const drawOne = (figure, side) => drawSide(figure, side, all, viewFor(side), themeOf(root));
  // the place that blinks, and nothing else: no reader wants to hear of it
  function drawBlink() {
    if (!grid.cell) return;
    drawOne(left, sideAt(0));
    drawProbe(left.stage, sideAt(0).data, viewFor(sideAt(0)), sideAt(0).data.q);
    blinking.show(sides().map(({ name }) => name), model.get("blink"));
  }
  function draw() {
    const now = viewFor(all[0]);
    places().forEach((figure, i) => drawOne(figure, sideAt(i)));
    drawDifference(third, sides(), limits, now, themeOf(root));
    blinking.show(sides().map(({ name }) => name), model.get("blink"));
    const spec = legendOf(data, now.scale, false, grid.cell >= WEDGES_FROM);
    left.colours.show({ ...spec, note: `${spec.note} · corner: the best actions differ` });
  }
  function drawProbes() {
    const now = viewFor(all[0]);
    places().forEach(({ stage }, i) => drawProbe(stage, sideAt(i).data, now, sideAt(i).data.q));
    drawProbe(third.stage, data, now);
  }
  function fit(room) {
    const blink = model.get("blink");
    const columns = columnsFor(room, grid.cols, blink ? 2 : 3);
    const size = fitGrid(grid, (room - GAP * (columns - 1)) / columns);
    [left, right, third].forEach(({ node }) => (node.style.width = `${size.width}px`));
    right.node.hidden = blink;
    left.node.classList.toggle("leo-blinks", blink);
  }
  return { figures: [left, right, third], blinks, sides, view: () => viewFor(all[0]), draw, drawProbes, fit };
}

// ---------------------------------------------------------------- the widget

function actionsOf(model, data, sync, probe, blinks) {
  return {
    ...pairActions(model, data, sync, probe),
    swap: () => sync({ swapped: !model.get("swapped") }),
    blink: () => sync({ blink: !model.get("blink") }),
    other() {
      if (!model.get("blink")) sync({ blink: true });
      blinks.flip();
    },
  };
}

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const all = readSides((name) => model.get(name), grid);
  const [{ data }] = all;
  const probe = { hover: null, draw: drawReading };
  const maps = threeMaps(root, model, all, probe, signal);
  const act = actionsOf(model, data, sync, probe, maps.blinks);
  const [bar, panel] = [toolBar(model, data, act), numbersPanel()];
  const table = tableTwin(signal);
  root.append(
    ...titleOf(model), bar.node,
    element("div", { class: "leo-figures" }, ...maps.figures.map(({ node }) => node), panel.node), table.node);

  function drawReading() {
    if (!grid.cell) return;
    const now = maps.view();
    maps.drawProbes();
    panel.show(maps.sides(), now);
    say(describeBoth(maps.sides(), now, now.state, now.goal));
  }
  let width = 0;
  function draw() {
    if (!width) return;
    maps.draw();
    bar.show();
    drawReading();
    table.show(model.get("show_table"), () => tableOf(maps.sides(), maps.view()));
  }
  const resize = (to) => {
    width = to;
    root.classList.toggle("leo-narrow", width < 600);
    maps.fit(width - 34);
    draw();
  };
  for (const { stage } of maps.figures) watchPairs(stage.probe, data, model, act, probe, signal);
  shareTraits(model, { goal: data.goalNames.length, state_index: data.stateNames.length }, signal, sync);
  on(model, "change:blink", () => {
    maps.blinks.follow();
    if (width) resize(width);
  }, signal);
  for (const name of SHOWN) on(model, `change:${name}`, draw, signal);
  maps.blinks.follow();
  const own = [
    ["s", "swap left and right", () => act.swap()],
    ["b", "blink: both by turns on one map", () => act.blink()],
    ["x", "the other of the two, on one map", () => act.other()],
  ];
  return { keys: pairKeys(model, data, act, own), redraw: draw, resize };
}

const tableOf = (sides, view) => textTable(captionOf(sides[0].data, view), ...compareRows(sides, view, view.state, view.goal));

export default {
  render: (context) => mount(context, {
    label: `Two maps of values, ${context.model.get("labels").join(" and ")}. ${context.model.get("title")} Arrow keys read cells on both, question mark for help.`,
    className: "leo-compare-ab",
  }, build),
};
