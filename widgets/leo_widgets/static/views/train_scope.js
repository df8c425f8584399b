// TrainScope: curves of a training run and the chosen goal's map at any moment of it. Scrubbing never asks the kernel.
import { element, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { mount, on, shareTraits } from "../lib/frame.js";
import { themeOf } from "../lib/theme.js";
import { fitGrid, neighbour, DIRECTIONS } from "../map/grid.js";
import { curvePanels, timeline } from "../training/curves.js";
import { mapPanel, momentOf, pairAt, scalesAllowed, watchMap, worldOf } from "../training/moment.js";
import { countShort, countWords, describeTraining, placeOfNumber, readRecord, snapshotRows } from "../training/training.js";
import { controls, isActive, isResting, player, talker } from "../training/training_tools.js";

const ROOMY = 700; // CSS pixels from which map and curves stand side by side
const SLIM = 560; // CSS pixels below which everything stands in one column
const MAP = 410; // CSS pixels of the map, at most
const PLAY = 140; // milliseconds from one snapshot to the next
const SHOWN = ["goal", "state_index", "snapshot", "scale", "log_scale", "show_table"];

// What is shown now: the run, the world once it is known, and where the pointer is.
function presentOf(model) {
  const now = {
    live: Boolean(model.widget_manager), // a notebook's model; an exported page has nobody to ask
    record: readRecord(model.get("record")), world: null, hover: null, playing: false, touched: false, wanted: "",
    place: () => placeOfNumber(now.record.numbers, model.get("snapshot")),
    following: () => model.get("snapshot") < 0,
    moment: () => momentOf(model, now.world, now.record, now.place()) ?? { ...now.world, limits: now.record.limits },
    state() {
      const found = now.hover ? now.world.stateAt[now.hover[0] * now.world.grid.cols + now.hover[1]] : -1;
      return found >= 0 ? found : model.get("state_index");
    },
  };
  return now;
}

// ---------------------------------------------------------------- what keys, buttons and pointer may do

function actionsOf(model, sync, now) {
  const act = {
    scale: (scale) => sync({ scale }),
    log: () => sync({ log_scale: !model.get("log_scale") }),
    table: () => sync({ show_table: !model.get("show_table") }),
    newest: () => act.choose(-1),
    // place of a snapshot; the last one and -1 follow the training
    choose(place) {
      const played = now.playing;
      now.playing = false;
      act.goTo(place);
      if (played) now.play(); // shows that it has ended
    },
    goTo: (place) => sync({ snapshot: place < 0 || place >= now.record.count - 1 ? -1 : now.record.numbers[place] }),
    step: (by) => act.choose(Math.max(0, now.place() + by)),
    play() {
      now.playing = !now.playing && now.record.count > 1;
      if (now.playing && now.place() === now.record.count - 1) act.goTo(0);
      now.play();
    },
    pause() {
      now.ask(isResting(now.record) ? "resume" : "pause");
    },
    stop: () => now.ask("stop"),
    turn(by) {
      const count = model.get("goal_names").length;
      if (count) sync({ goal: (model.get("goal") + by + count) % count });
    },
    nextScale() {
      const allowed = scalesAllowed(now.record.limits);
      if (allowed.length) sync({ scale: allowed[(allowed.indexOf(model.get("scale")) + 1) % allowed.length] });
    },
    move(direction) {
      if (!now.world) return;
      const { grid, stateAt, statePositions } = now.world;
      const cell = neighbour(grid, stateAt, statePositions[now.state()], DIRECTIONS[direction]);
      now.touched = true;
      now.hover = null;
      if (cell) sync({ state_index: stateAt[cell[0] * grid.cols + cell[1]] });
      else now.read();
    },
    aim(cell) {
      const goal = cell && now.world ? now.world.goalAt[cell[0] * now.world.grid.cols + cell[1]] : -1;
      if (goal >= 0) sync({ goal });
    },
  };
  return act;
}

function keysOf(act, now) {
  return [
    [[",", "."], "one snapshot back, on", ({ key }) => act.step(key === "," ? -1 : 1)],
    ["Home", "the first snapshot", () => act.choose(0)],
    ["End", "the newest snapshot, and stay with it", () => act.newest()],
    [" ", "play the training again, or stop playing", () => act.play()],
    ["p", "pause or resume the training", () => act.pause()],
    ["S", "stop the training (with Shift)", () => act.stop()],
    [["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], "read the next cell", ({ key }) => act.move(key.slice(5).toLowerCase())],
    ["Enter", "make that cell the goal", () => now.world && act.aim(now.world.statePositions[now.state()])],
    [["[", "]"], "previous, next goal", ({ key }) => act.turn(key === "[" ? -1 : 1)],
    ["v", "value, steps, error", () => act.nextScale()],
    ["l", "losses and errors on a logarithmic scale", () => act.log()],
    ["t", "table", () => act.table()],
  ];
}

// ---------------------------------------------------------------- what is drawn

// The parts of the widget, and functions that bring each up to date.
function painter({ root, model, signal, say }, now, act) {
  const pressed = (key) => root.dispatchEvent(new KeyboardEvent("keydown", { key }));
  const talk = talker(say, signal);
  const tools = controls(act);
  const play = player(act, timeline({ choose: act.choose, pressed, signal }));
  const map = mapPanel(act);
  const curves = curvePanels({ choose: act.choose, read: () => paint.curves(), signal });
  const log = toggle("Log scale", "losses and errors on a logarithmic scale (l)", act.log);
  const when = element("div");
  const failure = element("p", { class: "leo-failure", hidden: "" });
  const table = tableTwin(signal);
  root.append(
    ...titleOf(model), tools.node, failure, play.node,
    element("div", { class: "leo-scope-body" }, map.node,
      element("div", { class: "leo-curves-part" }, element("div", { class: "leo-part-bar" }, when, log.node), curves.node)),
    table.node);
  const view = () => ({
    scale: model.get("scale"), goal: model.get("goal"), state: now.state(), when: now.place() < 0 ? "" : ` at ${countShort(now.record.env_steps[now.place()])} steps`,
  });
  const paint = {
    map, tools() {
      tools.show(now.record, now.live, model.get("show_table"));
      failure.hidden = !now.record.error;
      failure.textContent = now.record.error;
      play.show(now.record, now.place(), now.following(), now.playing, now.live);
    },
    world: () => now.world && map.show(now.moment(), view(), themeOf(root)),
    reading: () => map.showReading(now.moment(), view()),
    curves() {
      log.show(model.get("log_scale"));
      curves.show(now.record, now.place(), { log: model.get("log_scale"), goals: model.get("goal_names").length });
      const over = `over ${countWords(now.record.end)} environment steps`;
      when.textContent = !now.record.count ? "waiting for the first snapshot"
        : curves.hover === null ? over : `at ${countWords(now.record.env_steps[curves.hover])} steps`;
    },
    table: () => table.show(model.get("show_table"), () => tableOfRun(now)),
    line: (hurry) => talk(lineOf(now, model.get("goal")), hurry),
  };
  return paint;
}

const tableOfRun = (now) => textTable("one row for each snapshot", ...snapshotRows(now.record), now.place());

// The live line: the training, and the pair that is read once the reader has turned to the map.
function lineOf(now, goal) {
  const line = describeTraining(now.record, now.place(), now.following());
  const data = now.world && (now.hover || now.touched) ? now.moment() : {};
  if (!data.best) return line;
  const { pair, action, amounts } = pairAt(data, now.state(), goal);
  return `${line}; ${pair}: ${[action, ...amounts].join(", ")}`;
}

// ---------------------------------------------------------------- the widget

// What now asks of the kernel, and how it plays the kept snapshots one after the other.
function askAndPlay(model, now, act, draw, signal) {
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  now.ask = (what) => {
    if (!isActive(now.record, now.live)) return;
    model.send({ ask: what });
    now.record.asked = now.wanted = what === "resume" ? "" : what;
    draw();
  };
  now.play = () => {
    clearTimeout(timer);
    draw();
    if (now.playing) timer = setTimeout(next, PLAY);
  };
  function next() {
    if (!now.playing) return;
    const place = now.place() + 1;
    now.playing = place < now.record.count - 1;
    act.goTo(place);
    now.play();
  }
}

function build(context) {
  const { root, model, signal, sync } = context;
  const now = presentOf(model);
  const act = actionsOf(model, sync, now);
  const paint = painter(context, now, act);
  let width = 0;

  // the first values bring the map; before, there is nothing to place
  function meet() {
    if (now.world || !model.get("goal_names").length) return;
    now.world = worldOf(model);
    shareTraits(model, { goal: model.get("goal_names").length, state_index: model.get("state_names").length }, signal, sync);
    if (now.world) watchMap(paint.map.probe, act, now, signal);
    fit();
  }
  function fit() {
    const room = width - 34;
    root.classList.toggle("leo-narrow", room < ROOMY);
    root.classList.toggle("leo-slim", room < SLIM);
    root.classList.toggle("leo-no-map", !now.world);
    if (!now.world) return;
    const size = fitGrid(now.world.grid, Math.min(MAP, room), MAP);
    paint.map.node.style.width = room < ROOMY ? "" : `${size.width}px`;
  }
  function draw() {
    if (!width) return;
    meet();
    for (const part of ["tools", "world", "curves", "table"]) paint[part]();
    paint.line(!now.following() || now.playing || now.record.status !== "running");
  }
  now.read = () => {
    paint.reading();
    paint.line(true);
  };
  askAndPlay(model, now, act, draw, signal);
  on(model, "change:record", () => {
    now.record = readRecord(model.get("record"));
    if (now.record.status !== "running") now.wanted = "";
    now.record.asked ||= now.wanted; // the kernel may not have heard yet
    draw();
  }, signal);
  for (const name of SHOWN) on(model, `change:${name}`, draw, signal);
  const resize = (to) => {
    width = to;
    fit();
    draw();
  };
  return { keys: keysOf(act, now), redraw: draw, resize };
}

export default {
  render: (context) => mount(context, {
    label: `Training. ${context.model.get("title")} Comma and full stop step through the snapshots, question mark for help.`,
    className: "leo-train-scope",
  }, build),
};
