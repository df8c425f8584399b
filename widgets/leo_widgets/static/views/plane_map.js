// PlaneMap: the values of all goals over a plane, from everywhere to one, or from a body to all. All is answered here.
import { element, legend, segmented, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits, speakLive } from "../lib/frame.js";
import { playback } from "../lib/playback.js";
import { themeOf } from "../lib/theme.js";
import { drawMoving } from "../plane/body.js";
import { cellOfPlace, describeField, describeGoal, describePlace, describePointed, describeStep } from "../plane/plane.js";
import { fieldRows, fitPlane, goalBeside, goalRows, nearestGoal, placeUnder, readField, readPlane } from "../plane/plane.js";
import { planeLegend, planePanel, TILE_NOTE } from "../plane/plane_panel.js";
import { drawFieldArrows, drawFieldColours, drawGroundMap, drawLattice, drawPlaneWalls } from "../plane/plane_view.js";
import { fieldShades, firstTimes, paintGoals, planeFigure, tilePaths } from "../plane/plane_view.js";
import { actionsOf, cycled, followCommands, goalKeys, paceKeys, transport } from "../walk/rollout_tools.js";

const GAP = 18; // CSS pixels between two maps
const SIDE = 270; // of the panel beside one map
const WIDE = 560; // from which two maps, or a map and its panel, stand side by side
const TALL = 500; // the height that a map may take
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const VIEWS = [
  ["goal", "To one goal", "what every place is worth on the way to the chosen goal (f)"],
  ["body", "From the body to every goal", "what the body thinks of every goal at this step (f)"],
];
const FIELD_SCALES = [
  ["value", "Value", "value of what the policy does (v)"],
  ["steps", "Steps", "steps to the goal that the value stands for (v)"],
  ["error", "Difference", "value minus exact value (v)"],
];
const SHOWN = ["view", "goal", "follow", "scale", "show_table"];

// ---------------------------------------------------------------- what is shown

// The view of the model. hover: {cell, place} on a field, {goal} on tiles, or null.
function viewNow(model, data, field, hover) {
  const [frame, follow, view, wanted] = ["frame", "follow", "view", "scale"].map((name) => model.get(name));
  const scale = view === "body" && wanted === "error" ? "value" : wanted;
  const goal = follow ? data.commanded[frame] : model.get("goal");
  return { frame, follow, view, scale, goal, speed: model.get("speed"), hover, field, error: scale === "error" };
}

function mapWords(data, field, { view, frame, goal, follow, hover }) {
  if (view === "goal" && hover) return describePlace(data, field, hover.place, goal);
  if (view === "body" && hover) return describePointed(data, { frame, goal, follow }, hover);
  if (!data.walks) return describeField(data, field, goal);
  if (follow) return describeStep(data, frame);
  return `${describeStep(data, frame)}; chosen ${view === "goal" ? describeField(data, field, goal) : `goal ${describeGoal(data, frame, goal)}`}`;
}

const scalesOf = (data, field, view) => FIELD_SCALES.map(([name]) => name)
  .filter((name) => data.limits[name] && !(name === "error" && view === "body"));

// ---------------------------------------------------------------- what can be done

function mapActions(model, data, field, sync) {
  const act = actionsOf(model, data, sync);
  const goal = () => viewNow(model, data, field, null).goal;
  return {
    ...act,
    view: (view) => sync({ view }),
    flip: () => field && data.walks && sync({ view: cycled(VIEWS.map(([name]) => name), model.get("view")) }),
    follow: () => data.walks && act.follow(),
    move: (way) => act.pick(goalBeside(data.points, goal(), way)),
    nextScale: () => sync({ scale: cycled(scalesOf(data, field, model.get("view")), viewNow(model, data, field, null).scale) }),
  };
}

function mapTools(model, data, field, act) {
  const view = segmented("what the map shows", VIEWS, act.view);
  const why = { steps: "these values stand for no steps", error: "the difference needs exact values: PlaneMap(values, truth=...), seen from every place" };
  const everywhere = new Set([...scalesOf(data, field, "goal"), ...scalesOf(data, field, "body")]);
  const scale = segmented("scale", FIELD_SCALES.map(([name, text, hint]) => [name, text, everywhere.has(name) ? hint : why[name]]), act.scale);
  const follow = toggle("Follow commanded goal", "read the commanded goal, whichever it is at the time (c)", act.follow);
  const table = toggle("Table", "the same numbers as a table (t)", act.table);
  const node = element("div", { class: "leo-bar" }, ...(field && data.walks ? [view.node] : []), scale.node,
    ...(data.walks ? [follow.node] : []), element("span", { class: "leo-space" }), table.node, helpButton());
  const show = (now) => {
    const allowed = scalesOf(data, field, now.view);
    view.show(now.view);
    scale.show(now.scale, FIELD_SCALES.map(([name]) => name).filter((name) => !allowed.includes(name)));
    follow.show(now.follow);
    table.show(model.get("show_table"));
  };
  return { node, show };
}

function mapKeys(data, field, act, clock) {
  const both = field && data.walks;
  return [
    [Object.keys(WAYS), "choose the next goal in that direction", ({ key }) => act.move(WAYS[key])],
    ...goalKeys(act),
    ...(both ? [["f", "flip: to one goal, from the body to every goal", () => act.flip()]] : []),
    ...(data.walks ? [...paceKeys(act, clock), ["c", "follow the commanded goal, or stay with this one", () => act.follow()]] : []),
    ["v", "value, steps, difference", () => act.nextScale()],
    ["t", "table", () => act.table()],
  ];
}

// The pointer reads places or goals; a press or a drag chooses the nearest goal.
function watchPlane(figure, now, data, field, act, read, signal) {
  const listen = (name, handler) => figure.probe.addEventListener(name, handler, { signal });
  const under = ({ offsetX, offsetY }) => placeUnder(now().lens, offsetX, offsetY);
  let pressed = false;
  const choose = (event) => {
    const place = under(event);
    const goal = place ? nearestGoal(data.points, place) : -1;
    if (goal >= 0 && (goal !== now().goal || now().follow)) act.pick(goal);
  };
  listen("pointerdown", (event) => {
    pressed = event.pointerType !== "touch";
    choose(event);
  });
  listen("pointermove", (event) => {
    const place = under(event);
    if (pressed && event.buttons) choose(event);
    if (!place) return read(null);
    if (now().view === "body") return read({ goal: nearestGoal(data.points, place) });
    const found = cellOfPlace(field, data.extent, place);
    read(found < 0 ? null : { place: found, cell: field.cells[found] });
  });
  listen("pointerup", () => (pressed = false));
  listen("pointerleave", () => {
    pressed = false;
    read(null);
  });
}

// ---------------------------------------------------------------- the maps

// The values of one goal at all places, with arrows, below the walls.
function paintValues(context, { lens, data, field, theme }, now, exact) {
  const shades = fieldShades(data, field, now, exact);
  drawFieldColours(context, lens, field, shades, now.scale, theme);
  if (!now.error) drawFieldArrows(context, lens, data, field, now.goal, exact ? field.exact.ways : field.ways, shades, now.scale);
  drawPlaneWalls(context, lens, data, theme);
}

// One map, or two of one scale side by side: the values and the exact ones.
function mapStage({ root, data, field, view, at }) {
  const stage = { figures: [planeFigure(), planeFigure()], colours: legend() };
  const firsts = data.walks ? firstTimes(data) : null;
  let [theme, lens, tiles, width] = [null, null, null, 0];
  let drawn = "";
  const two = (now) => now.view === "goal" && field.exact && !now.error;
  stage.ready = () => width > 0;
  stage.lens = () => lens;
  stage.restyle = () => (theme = themeOf(root));
  stage.resize = (room) => {
    width = room;
    stage.restyle();
  };
  function fit(now) {
    const side = two(now) ? (width - GAP) / 2 : data.walks || width > WIDE + SIDE ? width - SIDE - 28 : width;
    const found = fitPlane(data.extent, width < WIDE ? width : side, TALL);
    if (found.width === lens?.width && found.height === lens?.height) return;
    lens = found;
    tiles = data.walks ? tilePaths(lens, data) : null;
  }
  const paintField = (now, exact) => (context) => {
    paintValues(context, { lens, data, field, theme }, now, exact);
    drawLattice(context, lens, data, firsts, now.frame);
  };
  const paintTiles = (now) => (context) => paintGoals(context, { lens, data, tiles, firsts, theme }, now);
  stage.draw = (now) => {
    fit(now);
    const [first, second] = stage.figures;
    second.node.hidden = !two(now);
    root.classList.toggle("leo-narrow", width < WIDE);
    root.classList.toggle("leo-plane-two", Boolean(two(now)));
    const reached = firsts?.filter((time) => time <= now.frame).length;
    const key = [now.view, now.scale, now.view === "body" ? now.frame : `${now.goal} ${reached}`, width, globalThis.devicePixelRatio, theme.bg, theme.fg].join(" ");
    if (drawn !== (drawn = key)) {
      drawGroundMap(first.map, lens, data, theme, now.view === "body" ? paintTiles(now) : paintField(now, false));
      if (two(now)) drawGroundMap(second.map, lens, data, theme, paintField(now, true));
      showNames(stage, data, field, now);
    }
    stage.move();
  };
  stage.move = () => {
    if (!lens) return;
    const now = view();
    stage.figures.slice(0, two(now) ? 2 : 1).forEach(({ probe }) => drawMoving(probe, lens, data, now, at(), theme));
  };
  return stage;
}

// What each map shows, in words, and what the colours mean.
function showNames({ figures: [first, second], colours }, data, field, now) {
  const goal = element("b", {}, data.short[now.goal]);
  first.name.replaceChildren(...(now.view === "body" ? ["From the body to every goal"] : now.error
    ? [`${field.labels[0]} − ${field.labels[1]}, to `, goal] : [`${field.labels[0]}, to `, goal]));
  second.name.replaceChildren(...(field?.exact ? [`${field.labels[1]}, to `, goal.cloneNode(true)] : []));
  const note = now.view === "body" ? TILE_NOTE : now.error ? "blue: too low · orange: too high" : "arrow: where the best first action leads";
  colours.show(planeLegend(data, now.scale, note));
}

// ---------------------------------------------------------------- the widget

function build({ root, model, signal, sync, say }) {
  const get = (name) => model.get(name);
  const [data, field] = [readPlane(get), readField(get)];
  const act = mapActions(model, data, field, sync);
  let hover = null;
  const view = () => viewNow(model, data, field, hover);
  const clock = data.walks && clockOf({ root, model, signal }, data, act.go, { draw: () => stage.move(), tell: () => tell() });
  const stage = mapStage({ root, data, field, view, at: () => (clock ? clock.at : 0) });
  const bar = mapTools(model, data, field, act);
  const controls = clock && transport(model, data, act, clock, []);
  const panel = data.walks && planePanel(data, act);
  const table = tableTwin(signal);
  root.append(...mapPage(model, bar, stage, panel, controls), table.node);

  const read = (next) => {
    if (JSON.stringify(next) === JSON.stringify(hover)) return;
    hover = next;
    stage.move();
    say(mapWords(data, field, view()));
  };
  function tell() {
    speakLive(root, !clock.playing);
    controls.show(view());
  }
  function draw() {
    if (!stage.ready()) return;
    const now = view();
    stage.draw(now);
    [bar, controls, panel].forEach((part) => part && part.show(now));
    table.show(model.get("show_table"), () => tableOf(data, field, view()));
    say(mapWords(data, field, now));
  }
  const then = (first) => (...values) => {
    first(...values);
    draw();
  };
  stage.figures.forEach((figure) => watchPlane(figure, () => ({ ...view(), lens: stage.lens() }), data, field, act, read, signal));
  shareTraits(model, { goal: data.goals, ...(data.walks ? { frame: data.times } : {}) }, signal, sync);
  on(model, "change:view", () => (hover = null), signal);
  for (const name of SHOWN) on(model, `change:${name}`, draw, signal);
  if (data.walks) {
    on(model, "change:speed", then(clock.hurry), signal);
    on(model, "change:frame", then(clock.moved), signal);
    followCommands(model, data, sync, signal);
  }
  return { keys: mapKeys(data, field, act, clock), redraw: then(stage.restyle), resize: then((width) => stage.resize(width - 34)) };
}

const clockOf = ({ root, model, signal }, data, go, { draw, tell }) => playback({
  root, signal, last: () => data.last, frame: () => model.get("frame"), speed: () => model.get("speed"), go, draw, tell,
});

function mapPage(model, bar, stage, panel, controls) {
  return [
    ...titleOf(model), bar.node,
    element("div", { class: "leo-plane-body" }, ...stage.figures.map(({ node }) => node),
      element("div", { class: "leo-plane-side" }, stage.colours.node, ...(panel ? [panel.node] : []))),
    ...(controls ? [controls.node, controls.scrub] : []),
  ];
}

function tableOf(data, field, { view, frame, goal }) {
  const rows = view === "goal" ? fieldRows(data, field, goal) : goalRows(data, frame, goal);
  const caption = view === "goal" ? `from every place to goal ${data.goalNames[goal]}` : `from the body to every goal, step ${frame}`;
  return textTable(caption, ...rows);
}

export default {
  render: (context) => mount(context, {
    label: `Map of all goals' values over a plane. ${context.model.get("title")} Arrow keys choose goals, question mark for help.`,
    className: "leo-plane-map",
  }, build),
};
