// CraftaxTrace: a recorded walk through Craftax, and what every goal was worth at every step. All is answered here.
import { element, toggle } from "../lib/elements.js";
import { helpButton, mount, shareTraits } from "../lib/frame.js";
import { legendOf } from "../map/values.js";
import { shadesByTime } from "../walk/by_time.js";
import { readWorld, worldRows, worldWords } from "../walk/craftax.js";
import { moversPanel, worldPanel } from "../walk/craftax_panel.js";
import { commandEnd, cycled, moved, timeTable, transport, walkKeys } from "../walk/rollout_tools.js";
import { timeAt } from "../walk/strip.js";
import { drawCurve } from "../walk/value_curve.js";
import { stripRow, walkPlayer, walkStage } from "../walk/walk_player.js";
import { drawWorld, worldCell, worldSize } from "../walk/world_view.js";

const THREE = 800; // CSS pixels from which world, panel and bars stand side by side
const TWO = 480; // from which world and panel do
const WORLD_ROOM = 400; // what the world may take of the width, and never more than the share of it that follows
const WORLD_SHARE = 0.6;
const PACES = [1, 2, 4, 8, 16, 32];
const WORLD_SORTS = [
  ["moves", "Moves", "the value that moves most over the walk first (s)"],
  ["peak", "Peak", "by the step at which the value is largest (s)"],
  ["group", "Group", "group by group, as in the list of goals (s)"],
  ["success", "Success", "by the step at which the goal was first reached (s)"],
];

// ---------------------------------------------------------------- what can be done

// What keys, buttons and pointer may do. Each writes traits; the change handlers draw.
function worldActions(model, data, sync) {
  const frame = () => model.get("frame");
  const go = (to) => sync({ frame: Math.max(0, Math.min(data.last, to)) });
  return {
    go,
    step: (by) => go(frame() + by),
    jump: (by) => go(commandEnd(data, frame(), by)),
    pick: (goal) => goal >= 0 && sync({ goal }),
    commanded: () => sync({ goal: data.commanded[frame()] }),
    row: (by) => sync({ goal: moved(model.get("orders")[model.get("sort")], model.get("goal"), by) }),
    goal: (by) => sync({ goal: (model.get("goal") + by + data.goals) % data.goals }),
    speed: (by) => sync({ speed: moved(PACES, model.get("speed"), by) }),
    sort: (sort) => sync({ sort }),
    nextSort: () => sync({ sort: cycled(WORLD_SORTS.map(([name]) => name), model.get("sort")) }),
    table: () => sync({ show_table: !model.get("show_table") }),
  };
}

const worldKeys = (act, clock) => [
  ...walkKeys(act, clock),
  ["c", "choose the commanded goal", () => act.commanded()],
  ["s", "order of the rows: moves, peak, group, success", () => act.nextSort()],
  ["t", "table", () => act.table()],
];

// ---------------------------------------------------------------- the pointer

function watchWorld(canvas, size, data, read, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  listen("pointermove", ({ offsetX, offsetY }) => {
    const cell = worldCell(size(), data, offsetX, offsetY);
    read(cell && { cell });
  });
  listen("pointerleave", () => read(null));
}

// A press on the curve jumps to that time, and moving on scrubs.
function watchCurve(canvas, strip, goal, act, read, clock, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const time = ({ offsetX }) => timeAt(strip(), offsetX);
  const let_go = () => (clock.held = false);
  listen("pointerdown", (event) => {
    clock.held = true;
    canvas.setPointerCapture(event.pointerId);
    act.go(time(event));
  });
  listen("pointermove", (event) => {
    if (clock.held) act.go(time(event));
    read({ time: time(event), goal: goal() });
  });
  listen("pointerup", let_go);
  listen("pointercancel", let_go);
  listen("pointerleave", () => read(null));
}

// ---------------------------------------------------------------- the widget

function build({ root, model, signal, sync, say }) {
  const data = readWorld((name) => model.get(name));
  const act = worldActions(model, data, sync);
  const view = () => ({ frame: model.get("frame"), goal: model.get("goal"), speed: model.get("speed"), sort: model.get("sort"), scale: "value" });
  const player = walkPlayer({ root, model, signal, say }, { data, act, view, words: worldWords });
  const { clock, read, hover } = player;
  const controls = transport(model, data, act, clock, WORLD_SORTS);
  const panel = worldPanel(data, act);
  const movers = moversPanel(data, { ...act, hover: (goal) => read(goal < 0 ? null : { goal }) }, model.get("window"));
  const stage = worldStage({ root, model, data, clock, view, hover, controls });
  const table = timeTable("An action leads to the row below it, and is chosen for the goal commanded there.", () => worldRows(data));
  const button = toggle("Table", "the same numbers as a table (t)", act.table);
  const twin = { node: button.node, show: () => button.show(model.get("show_table")) };
  root.append(...worldPage(model, { twin, stage, panel, movers, controls, table }));
  watchCurve(stage.curve, stage.strip, () => model.get("goal"), act, read, clock, signal);
  watchWorld(stage.world, stage.size, data, read, signal);
  shareTraits(model, { goal: data.goals, frame: data.times }, signal, sync);
  return player.start({ stage, controls, parts: [panel, movers, twin], table, keys: worldKeys(act, clock), traits: ["goal", "sort"] });
}

function worldPage(model, { twin, stage, panel, movers, controls, table }) {
  const title = model.get("title");
  const sample = (name, text) => element("span", {}, element("i", { class: name }), text);
  return [
    element("div", { class: "leo-bar" }, ...(title ? [element("h3", { class: "leo-title leo-world-title" }, title)] : []),
      element("span", { class: "leo-space" }), twin.node, helpButton()),
    element("div", { class: "leo-world-body" }, stage.world, panel.node, movers.node),
    controls.node, controls.scrub, stage.curve,
    stripRow(stage),
    element("div", { class: "leo-world-legend" }, stage.colours.node, element("div", { class: "leo-world-samples" },
      sample("leo-sample-commanded", "commanded"), sample("leo-sample-reached", "commanded and reached"), sample("leo-sample-passed", "reached unasked"))),
    table.node,
  ];
}

// The canvases, and what each draw needs.
function worldStage({ root, model, data, clock, view, hover, controls }) {
  const canvas = (name) => element("canvas", { class: name });
  const shades = shadesByTime(data, "value");
  let size = null;
  const fit = (room) => {
    root.classList.toggle("leo-narrow", room < TWO);
    root.classList.toggle("leo-world-two", room < THREE);
    size = worldSize(room < TWO ? room : Math.min(WORLD_ROOM, WORLD_SHARE * room), data);
  };
  const stage = walkStage({ root, model, data, controls, fit });
  Object.assign(stage, { world: canvas("leo-world-view"), curve: canvas("leo-world-curve"), size: () => size });
  stage.draw = (now) => {
    if (stage.changed("values", now.sort, stage.screen())) {
      stage.drawStrip(now, shades);
      stage.colours.show({ ...legendOf(data, "value", false, false), note: "" });
    }
    stage.move();
  };
  stage.move = () => {
    const strip = stage.strip();
    if (!strip) return;
    const [now, pointed] = [view(), hover()];
    if (stage.changed("world", now.frame, pointed?.cell, stage.screen())) drawWorld(stage.world, size, data, { ...now, hover: pointed?.cell }, stage.theme);
    drawCurve(stage.curve, strip, data, { goal: now.goal, at: clock.at, hover: pointed?.time ?? null }, stage.theme);
    stage.drawHead(now, clock.at, pointed);
  };
  return stage;
}

export default {
  render: (context) => mount(context, {
    label: `Player of one walk in Craftax, with every goal's value at every step. ${context.model.get("title")} Space plays, question mark for help.`,
    className: "leo-craftax-trace",
  }, build),
};
