// RolloutPlayer: a walk on the map, and below it what every goal was worth at every step. All of it is answered here.
import { element, legend, mount, on, shareTraits, themeOf } from "./common.js";
import { cellAt, fitGrid, gridOf } from "./grid.js";
import { playback } from "./playback.js";
import { readRollout, timeRows, viewOf, wordsOf } from "./rollout.js";
import { rolloutPanel } from "./rollout_panel.js";
import { actionsOf, followCommands, keysOf, timeTable, toolBar, transport } from "./rollout_tools.js";
import { drawHead, drawStrip, fitScrub, stripOf, watchStrip } from "./strip.js";
import { legendOf, shadesOf } from "./values.js";
import { drawCells, drawWalk } from "./walk_map.js";

const WIDE = 560; // CSS pixels from which map and bars stand side by side
const SIDE = 270;
const TALL = 400; // the height that the map may take

// ---------------------------------------------------------------- pointer

function watchMap(canvas, data, act, read, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const found = ({ offsetX, offsetY }) => {
    const cell = cellAt(data.grid, offsetX, offsetY);
    const index = cell ? cell[0] * data.grid.cols + cell[1] : -1;
    const [state, goal] = [data.stateAt[index] ?? -1, data.goalAt[index] ?? -1];
    return state < 0 ? null : { state, goal };
  };
  listen("pointerdown", (event) => act.pick(found(event)?.goal ?? -1));
  listen("pointermove", (event) => read(found(event)));
  listen("pointerleave", () => read(null));
}

// ---------------------------------------------------------------- the widget

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readRollout((name) => model.get(name), grid);
  const act = actionsOf(model, data, sync);
  const view = () => viewOf(model, data);
  const clock = playback({
    root, signal, last: () => data.last, frame: () => model.get("frame"), speed: () => model.get("speed"),
    go: act.go, draw: () => stage.move(), tell: () => tell(),
  });
  let hover = null;
  const read = (next) => {
    if (JSON.stringify(next) === JSON.stringify(hover)) return;
    hover = next;
    stage.move();
    say(wordsOf(data, view(), hover));
  };
  const bar = toolBar(model, data, act);
  const controls = transport(model, data, act, clock);
  const panel = rolloutPanel(data, { ...act, hover: (goal) => read(goal < 0 ? null : { goal }) });
  const stage = stageOf({ root, model, data, clock, view, hover: () => hover, controls });
  const caption = "An action leads to the row below it, and is chosen for the goal commanded there.";
  const table = timeTable(caption, () => timeRows(data));
  root.append(...pageOf(model, bar, stage, panel, controls, table));

  function tell() {
    root.querySelector(".leo-status").setAttribute("aria-live", clock.playing ? "off" : "polite"); // no speech at each step
    controls.show(view());
  }
  function draw() {
    if (!stage.ready()) return;
    const now = view();
    stage.draw(now);
    [bar, controls, panel].forEach((part) => part.show(now));
    table.show(model.get("show_table"), now.frame);
    say(wordsOf(data, now, hover));
  }
  watchStrip(stage.head, stage.strip, act, read, clock, signal);
  watchMap(stage.walk, data, act, read, signal);
  shareTraits(model, { goal: data.goals }, signal, sync);
  for (const name of ["goal", "follow", "sort", "scale", "show_truth", "show_table"]) on(model, `change:${name}`, draw, signal);
  const then = (first) => (...values) => {
    first(...values);
    draw();
  };
  on(model, "change:speed", then(clock.hurry), signal);
  on(model, "change:frame", then(clock.moved), signal);
  followCommands(model, data, sync, signal);
  return { keys: keysOf(act, clock), redraw: then(stage.restyle), resize: then((width) => stage.resize(width - 34)) };
}

function pageOf(model, bar, stage, panel, controls, table) {
  const title = model.get("title");
  return [
    ...(title ? [element("h3", { class: "leo-title" }, title)] : []), bar.node,
    element("div", { class: "leo-player-body" },
      element("div", { class: "leo-player-stage" }, stage.cells, stage.walk),
      element("div", { class: "leo-player-side" }, stage.colours.node, panel.node)),
    controls.node, controls.scrub,
    element("div", { class: "leo-player-stage leo-player-strip" }, stage.values, stage.head), table.node,
  ];
}

// The four canvases, and what each draw needs. What stands still is drawn again only where something of it changed.
function stageOf({ root, model, data, clock, view, hover, controls }) {
  const canvas = (name) => element("canvas", { class: `leo-player-${name}` });
  const stage = { cells: canvas("cells"), walk: canvas("walk"), values: canvas("values"), head: canvas("head"), colours: legend() };
  let [theme, shades, strip, size, width] = [null, null, null, null, 0];
  const drawn = { shades: "", cells: "", values: "" };
  const made = {}; // the colours of all pairs, for each scale that was asked for
  const changed = (name, ...parts) => drawn[name] !== (drawn[name] = parts.join(" "));
  stage.ready = () => width > 0;
  stage.strip = () => strip;
  stage.restyle = () => (theme = themeOf(root));
  stage.resize = (room) => {
    width = room;
    const wide = room >= WIDE;
    root.classList.toggle("leo-narrow", !wide);
    size = fitGrid(data.grid, wide ? room - SIDE - 28 : room, TALL);
    stage.restyle();
  };
  stage.draw = (now) => {
    const screen = `${width} ${globalThis.devicePixelRatio} ${theme.bg} ${theme.fg}`;
    if (changed("shades", now.scale, now.exact)) {
      shades = made[drawn.shades] ??= shadesOf(data, now);
      const notes = [now.scale === "error" && "blue: too low · orange: too high", data.limits.steps && "× no way"];
      stage.colours.show({ ...legendOf(data, now.scale, now.exact), note: notes.filter(Boolean).join(" · ") });
    }
    if (changed("cells", drawn.shades, now.goal, screen)) drawCells(stage.cells, data, { ...now, shades }, theme);
    if (changed("values", drawn.shades, now.sort, screen)) {
      strip = stripOf(data, model.get("orders")[now.sort], width);
      drawStrip(stage.values, strip, data, { ...now, shades }, theme, now.sort === "group");
      fitScrub(controls.scrub, strip);
    }
    stage.move();
  };
  stage.move = () => {
    if (!strip) return;
    const [now, pointed] = [view(), hover()];
    drawWalk(stage.walk, size, data, { ...now, hover: pointed?.goal ?? -1 }, clock.at, theme);
    drawHead(stage.head, strip, data, { at: clock.at, goal: now.goal, hover: pointed?.goal >= 0 && { time: now.frame, ...pointed } }, theme);
  };
  return stage;
}

export default {
  render: (context) => mount(context, {
    label: `Player of one walk, with every goal's value at every step. ${context.model.get("title")} Space plays, question mark for help.`,
    className: "leo-rollout-player",
  }, build),
};
