// SuccessMatrix: all starts x goals, and on a map beside it the walk of the pair that is read. All of it is answered here.
import { element, legend, segmented, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits, speakLive } from "../lib/frame.js";
import { cividis } from "../lib/shades.js";
import { reducedMotion, themeOf } from "../lib/theme.js";
import { playButtons, playKeys, playsOnce, scrubber } from "../lib/transport.js";
import { gridOf } from "../map/grid.js";
import { drawCursor, drawMatrix, inkOf, matrixOf, nextPair, pairAtPoint } from "../map/matrix_view.js";
import { describePair, outcomeOf, outcomeRows, readOutcomes, shownPairs, totalsOf, totalWords } from "../map/outcomes.js";
import { walkOf, wordsOfPair, worstFirst } from "../map/outcomes.js";
import { legendOf } from "../map/values.js";
import { pairStage } from "../walk/pair_stage.js";

const WIDE = 720; // CSS pixels from which matrix and map stand side by side
const SIDE = 330;
const MATRIX = 580; // what the matrix may take in height
const MOST = 300; // rows of the table
const LONG = 6; // seconds that a walk takes at most
const SORTS = [
  ["position", "List", "as in the list of states and goals (o)"],
  ["success", "Success", "lowest mean success first (o)"],
];
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// ---------------------------------------------------------------- what is selected

function actionsOf(model, data, sync, now) {
  const pick = (pair) => {
    if (!pair || pair.start === undefined) return;
    now.hover = null;
    sync({ state_index: pair.start, goal: pair.goal });
    now.choose();
  };
  const step = (by) => pick(nextPair(now.matrix, now.chosen(), by));
  return {
    pick,
    move: ({ key }) => step(STEPS[key]),
    turn: (by) => step([0, by]),
    // choose a pair and walk
    play(pair) {
      if (!pair) return;
      pick(pair);
      now.walk();
    },
    // the next failure in the reading order of what is shown, round and round
    nextFailure() {
      const { starts, goals } = now.matrix;
      const { start, goal } = now.chosen();
      const first = starts.indexOf(start) * goals.length + goals.indexOf(goal);
      for (let i = 1; i <= starts.length * goals.length; i++) {
        const at = (first + i) % (starts.length * goals.length);
        const pair = { start: starts[Math.floor(at / goals.length)], goal: goals[at % goals.length] };
        if (outcomeOf(data, pair.start, pair.goal).fails) return pick(pair);
      }
      return undefined;
    },
    sort: (sort) => sync({ sort }),
    nextSort: () => sync({ sort: model.get("sort") === "position" ? "success" : "position" }),
    filter: () => sync({ only_failures: !model.get("only_failures") }),
    table: () => sync({ show_table: !model.get("show_table") }),
  };
}

function keysOf(act, now, clock, frames) {
  return [
    [Object.keys(STEPS), "choose the next pair", act.move],
    ["Enter", "walk from the start to the goal", () => act.play(now.chosen())],
    ...playKeys(frames, clock, "step"),
    [["[", "]"], "previous, next goal", ({ key }) => act.turn(key === "[" ? -1 : 1)],
    ["n", "next failure", () => act.nextFailure()],
    ["f", "failures only", () => act.filter()],
    ["o", "order: list, success", () => act.nextSort()],
    ["t", "table", () => act.table()],
  ];
}

// ---------------------------------------------------------------- the parts

function toolBar(model, data, act) {
  const sort = segmented("order of starts and goals", SORTS, act.sort);
  const { fails } = totalsOf(data);
  const filter = toggle("Failures only", fails ? "hide all pairs that do not fail (f)" : "no pair fails", act.filter);
  const next = element("button", { type: "button", class: "leo-toggle", title: "choose the next failure (n)", onclick: act.nextFailure }, "Next failure");
  next.disabled = !fails;
  const table = toggle("Table", "one row for each pair, the worst first (t)", act.table);
  const node = element("div", { class: "leo-bar" }, element("span", { class: "leo-matrix-sort" }, "sort", sort.node), filter.node, next,
    element("span", { class: "leo-space" }), table.node, helpButton());
  const show = () => {
    sort.show(model.get("sort"));
    filter.show(model.get("only_failures"), !fails);
    table.show(model.get("show_table"));
  };
  return { node, show };
}

// What the colours mean, in numbers and samples.
function matrixLegend(data) {
  const colours = legend();
  const { worst, luck } = data.rules;
  const sample = (name, text) => element("span", {}, element("i", { class: name }), text);
  const node = element("div", { class: "leo-matrix-legend" }, colours.node, element("div", { class: "leo-samples" },
    sample("leo-failed", luck ? "never reached" : "fails"), ...(luck ? [sample("leo-partly", "reached at times")] : []),
    sample("leo-uncounted", "does not count")));
  const show = () => colours.show({
    title: `steps over the optimum${luck ? ", in the mean" : ""}`, lut: cividis, reverse: true,
    ticks: [[0, "0"], [0.5, String(worst / 2)], [1, data.rules.beyond ? `≥ ${worst}` : String(worst)]],
  });
  return { node, show };
}

// The pair that is read, in words.
function pairPanel(data) {
  const [pair, words, way] = [element("div", { class: "leo-pair" }), element("p", {}), element("p", { class: "leo-way" })];
  const node = element("div", { class: "leo-matrix-pair", "aria-hidden": "true" }, pair, words, way);
  const show = ({ start, goal }, walk) => {
    const bold = (text) => element("b", {}, text);
    pair.replaceChildren("from ", bold(data.short.state[start]), " to ", bold(data.short.goal[goal]));
    [words.textContent, way.textContent] = wordsOfPair(data, start, goal, walk);
  };
  return { node, show };
}

// ---------------------------------------------------------------- the pointer

function watchMatrix(canvas, act, now, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const found = ({ offsetX, offsetY }) => pairAtPoint(now.matrix, offsetX, offsetY);
  const read = (pair) => {
    if (pair?.start === now.hover?.start && pair?.goal === now.hover?.goal) return;
    now.hover = pair;
    now.read();
  };
  listen("pointermove", (event) => read(found(event)));
  listen("pointerleave", () => read(null));
  listen("click", (event) => act.play(found(event)));
}

// ---------------------------------------------------------------- the widget

// The pair that is read, and its walk. frame: the place of the agent on the walk of the chosen pair.
function presentOf(model, data) {
  const now = { hover: null, matrix: null, frame: 0 };
  let [key, way] = ["", null];
  const walked = ({ start, goal }) => (key === (key = `${start} ${goal}`) ? way : (way = walkOf(data, start, goal)));
  let [own, ownKey] = [null, ""];
  now.chosen = () => ({ start: model.get("state_index"), goal: model.get("goal") });
  // the chosen pair's walk is kept apart: hovering must not cost the player its way
  now.own = () => (ownKey === (ownKey = JSON.stringify(now.chosen())) ? own : (own = walkOf(data, now.chosen().start, now.chosen().goal)));
  now.reading = () => now.hover ?? now.chosen();
  now.way = () => (now.hover ? walked(now.hover) : now.own());
  return now;
}

function pageOf(model, { bar, count, cells, over, colours, panel, stage, play, scrub, values, table }) {
  return [
    ...titleOf(model), bar.node,
    element("div", { class: "leo-matrix-body" },
      element("div", { class: "leo-matrix-main" }, count, element("div", { class: "leo-stage" }, cells, over), colours.node),
      element("div", { class: "leo-matrix-side" }, panel.node, stage.node,
        element("div", { class: "leo-bar leo-matrix-play" }, ...play.nodes), scrub.node, values.node)),
    table.node,
  ];
}

// The frames of the chosen pair's walk: go(frame), step(by), and the clock that plays them. show: {draw(), tell()}
function framesOf(root, signal, now, show) {
  const last = () => now.own().states.length - 1;
  const go = (frame) => {
    now.frame = Math.max(0, Math.min(last(), frame));
    clock.moved();
    show.tell();
  };
  const clock = playsOnce({
    root, signal, last, frame: () => now.frame, speed: () => Math.max(4, last() / LONG), go, draw: show.draw, tell: show.tell,
  });
  return { go, step: (by) => go(now.frame + by), last, clock };
}

// The live line: the pair that is read, and what becomes of its walk.
function lineOf(data, now) {
  if (!now.matrix.starts.length) return "no pair fails";
  const { start, goal } = now.reading();
  const chosen = start === now.chosen().start && goal === now.chosen().goal;
  return describePair(data, start, goal, now.way(), chosen);
}

function chooseAndWalk(now, { clock, go }) {
  now.walk = () => !reducedMotion() && clock.play(true); // who asks for less motion sees the whole way, and may play it
  now.choose = () => {
    clock.play(false);
    go(0);
    now.read();
  };
}

function partsOf(model, data, act, frames, signal) {
  const [cells, over] = ["leo-map", "leo-probe"].map((name) => element("canvas", { class: name }));
  const [count, values] = [element("p", { class: "leo-count" }), legend()];
  count.textContent = totalWords(data, totalsOf(data));
  values.show({ ...legendOf(data, "value", false, false), title: "map: value of the best action", note: "arrow: the best action · × value 0" });
  return {
    bar: toolBar(model, data, act), count, cells, over, colours: matrixLegend(data), panel: pairPanel(data), stage: pairStage(data),
    play: playButtons(frames, frames.clock, "step"), scrub: scrubber(frames.go, "step"), values, table: tableTwin(signal), ink: inkOf(data),
  };
}

// The whole matrix, as wide as the widget allows.
function showMatrix({ bar, cells, colours, ink }, model, data, now, width, theme) {
  const onlyFailures = model.get("only_failures");
  const room = width >= WIDE ? width - SIDE - 28 : width;
  now.matrix = matrixOf(shownPairs(data, model.get("sort"), onlyFailures), room, MATRIX);
  drawMatrix(cells, data, now.matrix, { ink, onlyFailures }, theme);
  bar.show();
  colours.show();
}

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readOutcomes((name) => model.get(name), grid);
  const now = presentOf(model, data);
  const frames = framesOf(root, signal, now, { draw: drawWalk, tell: showPlay });
  const { clock, last } = frames;
  const act = actionsOf(model, data, sync, now);
  const drawTable = () => parts.table.show(model.get("show_table"), () => tableOf(data, model.get("only_failures"), now.chosen()));
  const parts = partsOf(model, data, act, frames, signal);
  const { over, panel, stage, play, scrub } = parts;
  root.append(...pageOf(model, parts));
  let width = 0;
  chooseAndWalk(now, frames);
  function showPlay() {
    speakLive(root, !clock.playing);
    play.show(now.frame, last());
    scrub.show(now.frame, last());
  }
  // while it plays, the map belongs to the chosen pair; else to the pair under the pointer
  function drawWalk() {
    if (!width) return;
    const visits = now.hover && !clock.playing;
    stage.show(visits ? now.hover : now.chosen(), visits ? now.way() : now.own(), visits ? 0 : clock.at, themeOf(root));
  }
  now.read = () => {
    if (!width) return;
    drawCursor(over, data, now.matrix, now.chosen(), now.reading(), themeOf(root));
    panel.show(now.reading(), now.way());
    drawWalk();
    say(lineOf(data, now));
  };
  function draw() {
    if (!width) return;
    showMatrix(parts, model, data, now, width, themeOf(root));
    showPlay();
    now.read();
    drawTable();
  }
  watchMatrix(over, act, now, signal);
  shareTraits(model, { goal: data.goals, state_index: data.states }, signal, sync);
  for (const name of ["goal", "state_index"]) on(model, `change:${name}`, () => (now.choose(), drawTable()), signal);
  for (const name of ["sort", "only_failures", "show_table"]) on(model, `change:${name}`, draw, signal);
  const resize = (to) => {
    width = to - 34;
    root.classList.toggle("leo-narrow", width < WIDE);
    stage.fit(width < WIDE ? width : SIDE);
    draw();
  };
  return { keys: keysOf(act, now, clock, frames), redraw: draw, resize };
}

function tableOf(data, onlyFailures, chosen) {
  const found = worstFirst(data, onlyFailures);
  const kind = onlyFailures ? "pairs that fail" : "pairs that count";
  const cut = found.length > MOST ? `the ${MOST} worst of ${found.length.toLocaleString("en")} ${kind}` : `${found.length} ${kind}, the worst first`;
  return textTable(cut, ...outcomeRows(data, found, MOST, chosen));
}

export default {
  render: (context) => mount(context, {
    label: `Success from every start to every goal. ${context.model.get("title")} Arrow keys choose pairs, Enter walks, question mark for help.`,
    className: "leo-success-matrix",
  }, build),
};
