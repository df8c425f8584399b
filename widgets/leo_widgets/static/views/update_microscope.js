// UpdateMicroscope: one transition, and what it teaches about every goal. Learning and unlearning happen here.
import { element, legend, segmented, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits, speakLive } from "../lib/frame.js";
import { diverging } from "../lib/shades.js";
import { themeOf } from "../lib/theme.js";
import { playButtons, playKeys, playsOnce, scrubber } from "../lib/transport.js";
import { formatNumber, formatSigned } from "../lib/words.js";
import { cellAt, fitGrid, gridOf, neighbour, DIRECTIONS } from "../map/grid.js";
import { after, mapStage, turned } from "../map/two_way.js";
import { barAt, barsOf, drawBarFrame, drawBars, drawChanges, drawGoalFrame } from "../map/update_view.js";
import { describeUpdate, formatSetting, formulaOf, pairOf, readUpdates, replay, scaleOf } from "../map/updates.js";
import { stepWords, updateRows, LEARNER_NAMES, LEARNERS } from "../map/updates.js";

const WIDE = 660; // CSS pixels from which the map and the numbers stand side by side
const SIDE = 330;
const TALL = 400; // the height that the map may take
const SPEED = 3; // transitions per second
const MODES = [
  ["single", "Single goal", "update the commanded goal alone (m)"],
  ["her", "HER", "update the commanded goal and a few that were achieved at this step or later (m)"],
  ["all", "LEO", "update every goal (m)"],
];
const SORTS = [
  ["change", "Change", "the largest change first (o)"],
  ["target", "Target", "the largest target first (o)"],
  ["name", "List", "as in the list of goals (o)"],
];

// ---------------------------------------------------------------- what is selected

// The settings of the model, within their bounds: an address may ask for anything.
function settingsOf(model) {
  const within = (name, low) => Math.max(low, Math.min(1, model.get(name)));
  const [step, mode, sort] = ["step", "mode", "sort"].map((name) => model.get(name));
  return { step, mode, sort, alpha: within("alpha", 1e-4), gamma: within("gamma", 0) };
}

// The records of all learners for the present settings; learnt anew only where these change.
function notebookOf(data) {
  let [key, notes] = ["", null];
  return ({ alpha, gamma }) => {
    if (key === (key = `${alpha} ${gamma}`)) return notes;
    const records = Object.fromEntries(LEARNERS.map((mode) => [mode, replay(data, mode, { alpha, gamma })]));
    return (notes = { records, scale: scaleOf(records.all) });
  };
}

function actionsOf(model, data, sync, now) {
  const turn = (name, options) => sync({ [name]: after(options.map(([value]) => value), model.get(name)) });
  // chosen by a key: from now on it is read, wherever the pointer rests
  const choose = (goal) => {
    now.hover = -1;
    sync({ goal });
    now.read();
  };
  const go = (step) => sync({ step: Math.max(0, Math.min(data.last, step)) });
  return {
    go,
    step: (by) => go(model.get("step") + by),
    mode: (mode) => sync({ mode }),
    nextMode: () => turn("mode", MODES),
    sort: (sort) => sync({ sort }),
    nextSort: () => turn("sort", SORTS),
    pick: (goal) => goal >= 0 && sync({ goal }),
    commanded: () => choose(data.seen.goal[model.get("step")]),
    turn: (by) => choose(turned(model.get("goal"), by, data.goals)),
    set: (name, value) => sync({ [name]: value }),
    table: () => sync({ show_table: !model.get("show_table") }),
    // the goal in the next cell; the pointer's, if there is one, is where the move starts
    move(direction) {
      const from = data.goalPositions[now.goal()];
      const cell = neighbour(data.grid, data.goalAt, from, DIRECTIONS[direction]) ?? from;
      choose(data.goalAt[cell[0] * data.grid.cols + cell[1]]);
    },
  };
}

function keysOf(act, clock) {
  const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  return [
    ...playKeys(act, clock, "transition"),
    [arrows, "read the goal in the next cell", ({ key }) => act.move(key.slice(5).toLowerCase())],
    [["[", "]"], "previous, next goal", ({ key }) => act.turn(key === "[" ? -1 : 1)],
    ["c", "read the commanded goal", () => act.commanded()],
    ["m", "learner: single goal, HER, LEO", () => act.nextMode()],
    ["o", "order of the bars: change, target, list", () => act.nextSort()],
    ["t", "table", () => act.table()],
  ];
}

// ---------------------------------------------------------------- the parts

// A slider with its name and number. Returns {node, show(value)}.
function setting(name, sign, hint, low, step, set) {
  const number = element("output", {});
  const input = element("input", { type: "range", min: low, max: 1, step, "aria-label": hint, oninput: () => set(name, Number(input.value)) });
  const node = element("label", { class: "leo-setting", title: hint }, element("i", {}, sign), input, number);
  const show = (value) => {
    number.textContent = formatSetting(value);
    if (Number(input.value) !== value) input.value = value;
  };
  return { node, show };
}

function toolBars(model, act, clock) {
  const learner = segmented("learner", MODES, act.mode);
  const table = toggle("Table", "the same numbers as a table (t)", act.table);
  const play = playButtons(act, clock, "transition");
  const scrub = scrubber(act.go, "transition");
  const settings = {
    alpha: setting("alpha", "α", "step size alpha", 0.05, 0.05, act.set),
    gamma: setting("gamma", "γ", "discount gamma", 0, 0.01, act.set),
  };
  const nodes = [
    element("div", { class: "leo-bar" }, learner.node, element("span", { class: "leo-space" }), table.node, helpButton()),
    element("div", { class: "leo-bar leo-micro-play" }, ...play.nodes, ...Object.values(settings).map(({ node }) => node)),
    scrub.node,
  ];
  const show = (view, last) => {
    learner.show(view.mode);
    table.show(model.get("show_table"));
    [play, scrub].forEach((part) => part.show(view.step, last));
    Object.entries(settings).forEach(([name, { show: put }]) => put(view[name]));
  };
  return { nodes, show };
}

// The formulas, with the numbers of one goal in them.
function formulaPanel(data) {
  const head = element("div", { class: "leo-pair" });
  const lines = Object.fromEntries(["target", "error", "update"].map((name) => [name, element("dd", {})]));
  const term = (text) => element("dt", {}, text);
  const node = element("div", { class: "leo-formula", "aria-hidden": "true" }, head, element("dl", {},
    term("target  y = r + γ (1 − done) max Q(s′, a′)"), lines.target,
    term("error  y − Q(s, a)"), lines.error,
    term("update  Q(s, a) ← Q(s, a) + α · error"), lines.update));
  const show = (record, view, goal) => {
    const pair = pairOf(data, record, view.step, goal);
    head.replaceChildren("goal ", element("b", {}, data.short[goal]), pair.commanded ? " (commanded)" : "",
      pair.r ? ", achieved by this step" : pair.done ? ", the world ended" : "");
    Object.entries(formulaOf(pair, view)).forEach(([name, text]) => (lines[name].textContent = text));
    node.classList.toggle("leo-untouched", !pair.updated);
  };
  return { node, show };
}

// How many goals learnt something, for each learner: at this transition, and up to it.
function lessonsPanel(data, choose) {
  const rows = LEARNERS.map((mode) => {
    const [now, total] = [0, 1].map(() => element("td", {}));
    const name = element("th", { scope: "row" }, LEARNER_NAMES[mode]);
    return { mode, now, total, node: element("tr", { onclick: () => choose(mode) }, name, now, total) };
  });
  const head = ["goals that learnt something", "now", "so far"].map((text) => element("th", { scope: "col" }, text));
  const node = element("table", { class: "leo-numbers leo-lessons" }, element("tr", {}, ...head), ...rows.map((row) => row.node));
  const show = (records, view) => rows.forEach(({ mode, now, total, node: row }) => {
    now.textContent = `${records[mode].counts[view.step]} of ${data.goals}`;
    total.textContent = records[mode].totals[view.step].toLocaleString("en");
    row.classList.toggle("leo-own", mode === view.mode);
  });
  return { node, show };
}

const changeLegend = ({ size, beyond }) => ({
  title: "change of Q(s, a) for each goal", lut: diverging,
  ticks: [[0, (beyond ? "≤ " : "") + formatSigned(-size)], [0.5, formatNumber(0, 0)], [1, (beyond ? "≥ " : "") + formatSigned(size)]],
  note: "dot: not updated · ring: commanded goal · line: from s to s′",
});

// The goal in the cell under the pointer; -1 where there is none.
function goalUnder({ grid, goalAt }, { offsetX, offsetY }) {
  const cell = cellAt(grid, offsetX, offsetY);
  return cell ? goalAt[cell[0] * grid.cols + cell[1]] : -1;
}

// The pointer reads goals, on the map or in the bars; a press chooses one.
function watchGoals(canvas, goalAt, act, now, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const read = (goal) => {
    if (goal === now.hover) return;
    now.hover = goal;
    now.read();
  };
  listen("pointermove", (event) => read(goalAt(event)));
  listen("pointerdown", (event) => act.pick(goalAt(event)));
  listen("pointerleave", () => read(-1));
}

// ---------------------------------------------------------------- the widget

function pageOf(model, { tools, stage, step, formula, lessons, colours, sort, bars, table }) {
  return [
    ...titleOf(model), ...tools.nodes,
    element("div", { class: "leo-micro-body" }, stage.node,
      element("div", { class: "leo-micro-side" }, step, formula.node, lessons.node, colours.node)),
    element("div", { class: "leo-micro-bars" }, element("span", {}, "change of every goal, sorted by"), sort.node),
    bars.node, table.node,
  ];
}

const partsOf = (model, data, act, clock, signal) => ({
  stage: mapStage(), bars: mapStage(), tools: toolBars(model, act, clock), colours: legend(), formula: formulaPanel(data),
  lessons: lessonsPanel(data, act.mode), sort: segmented("order of the bars", SORTS, act.sort), step: element("p", { class: "leo-micro-step" }),
  table: tableTwin(signal),
});

// The settings, the records of all learners for them, and the scale of the changes.
function presentOf(model, data, notes) {
  const settings = settingsOf(model);
  const { records, scale } = notes(settings);
  return { view: { ...settings, goal: model.get("goal"), digits: scale.digits }, records, scale };
}

// What an update looks like, on the map, as bars and in numbers.
function showUpdate({ stage, bars, colours, lessons, sort, step, tools }, data, places, { view, records, scale }, theme) {
  const shown = { ...view, record: records[view.mode], scale };
  drawChanges(stage.map, data, shown, theme);
  drawBars(bars.map, data, places, shown, theme);
  step.replaceChildren(`transition ${view.step}: `, element("b", {}, stepWords(data, view.step)));
  colours.show(changeLegend(scale));
  sort.show(view.sort);
  lessons.show(records, view);
  tools.show(view, data.last);
}

function fitWidth(root, grid, width) {
  root.classList.toggle("leo-narrow", width < WIDE);
  fitGrid(grid, width < WIDE ? width : width - SIDE - 28, TALL);
  return width;
}

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readUpdates((name) => model.get(name), grid);
  const notes = notebookOf(data);
  const now = { hover: -1, bars: null, goal: () => (now.hover >= 0 ? now.hover : model.get("goal")), read };
  const act = actionsOf(model, data, sync, now);
  const clock = playsOnce({
    root, signal, last: () => data.last, frame: () => model.get("step"), speed: () => SPEED, go: act.go, draw() {}, tell,
  });
  const parts = partsOf(model, data, act, clock, signal);
  const { stage, bars, tools, formula } = parts;
  root.append(...pageOf(model, parts));
  let width = 0;
  const present = () => presentOf(model, data, notes);
  function tell() {
    speakLive(root, !clock.playing);
    tools.show(settingsOf(model), data.last);
  }
  // what follows the pointer
  function read() {
    if (!width) return;
    const goal = now.goal();
    const { view, records } = present();
    drawGoalFrame(stage.probe, data, goal);
    drawBarFrame(bars.probe, data, now.bars, goal, themeOf(root));
    formula.show(records[view.mode], view, goal);
    say(describeUpdate(data, records, view, goal));
  }
  function draw() {
    if (!width) return;
    const shown = present();
    now.bars = barsOf(data, { ...shown.view, record: shown.records[shown.view.mode], scale: shown.scale }, width);
    showUpdate(parts, data, now.bars, shown, themeOf(root));
    read();
    drawTable();
  }
  const drawTable = () => parts.table.show(model.get("show_table"), () => tableOf(data, present(), now.bars.order, model.get("goal")));
  watchGoals(stage.probe, (event) => goalUnder(data, event), act, now, signal);
  watchGoals(bars.probe, ({ offsetX }) => barAt(now.bars, offsetX), act, now, signal);
  shareTraits(model, { goal: data.goals }, signal, sync);
  on(model, "change:goal", () => (read(), drawTable()), signal);
  on(model, "change:step", clock.moved, signal);
  for (const name of ["step", "mode", "alpha", "gamma", "sort", "show_table"]) on(model, `change:${name}`, draw, signal);
  const resize = (to) => {
    width = fitWidth(root, grid, to - 34);
    draw();
  };
  return { keys: keysOf(act, clock), redraw: draw, resize };
}

function tableOf(data, { view, records }, order, goal) {
  const caption = `transition ${view.step}, ${stepWords(data, view.step)}, learner: ${LEARNER_NAMES[view.mode]}`;
  return textTable(caption, ...updateRows(data, records[view.mode], view, order), order.indexOf(goal));
}

export default {
  render: (context) => mount(context, {
    label: `One transition, and its update of every goal. ${context.model.get("title")} Comma and full stop step, question mark for help.`,
    className: "leo-update-microscope",
  }, build),
};
