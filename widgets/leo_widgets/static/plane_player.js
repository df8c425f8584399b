// PlanePlayer: a body's walk on a plane, and below it what every goal was worth at every step. All is answered here.
import { shadesByTime } from "./by_time.js";
import { legend, mount, on, shareTraits, themeOf, element } from "./common.js";
import { describeGoal, describePointed, describeStep, fitPlane, nearestGoal, placeUnder, readPlane, stepRows } from "./plane.js";
import { planeLegend, planePanel, TILE_NOTE } from "./plane_panel.js";
import { drawGroundMap, drawMoving, drawPlaneWalls, drawReached, drawTileArrows, drawTiles, firstTimes, planeFigure, tilePaths } from "./plane_view.js";
import { playback } from "./playback.js";
import { viewOf } from "./rollout.js";
import { actionsOf, followCommands, keysOf, timeTable, toolBar, transport } from "./rollout_tools.js";
import { drawHead, drawStrip, fitScrub, stripOf, watchStrip } from "./strip.js";

const WIDE = 560; // CSS pixels from which plane and panel stand side by side
const SIDE = 270;
const TALL = 420; // the height that the plane may take

// What the line below everything says: what the pointer reads, else what happens now. hover: {time, goal} or {goal}.
function planeWords(data, view, hover) {
  if (hover) return describePointed(data, view, hover);
  const own = view.follow ? "" : `; chosen goal ${describeGoal(data, view.frame, view.goal)}`;
  return describeStep(data, view.frame) + own;
}

function watchGoals(canvas, lens, data, act, read, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const found = ({ offsetX, offsetY }) => {
    const place = placeUnder(lens(), offsetX, offsetY);
    return place ? { goal: nearestGoal(data.points, place) } : null;
  };
  listen("pointerdown", (event) => act.pick(found(event)?.goal ?? -1));
  listen("pointermove", (event) => read(found(event)));
  listen("pointerleave", () => read(null));
}

function build({ root, model, signal, sync, say }) {
  const data = readPlane((name) => model.get(name));
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
    say(planeWords(data, view(), hover));
  };
  const [bar, controls] = [toolBar(model, data, act), transport(model, data, act, clock)];
  const panel = planePanel(data, act);
  const stage = stageOf({ root, model, data, clock, view, hover: () => hover, controls });
  const table = timeTable("The actions of a row lead to the row below it, and are chosen for the goal commanded there.", () => stepRows(data));
  const title = model.get("title");
  root.append(
    ...(title ? [element("h3", { class: "leo-title" }, title)] : []), bar.node,
    element("div", { class: "leo-plane-body" }, stage.figure.node, element("div", { class: "leo-plane-side" }, stage.colours.node, panel.node)),
    controls.node, controls.scrub,
    element("div", { class: "leo-player-stage leo-player-strip" }, stage.values, stage.head), table.node);

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
    say(planeWords(data, now, hover));
  }
  watchStrip(stage.head, stage.strip, act, read, clock, signal);
  watchGoals(stage.figure.probe, stage.lens, data, act, read, signal);
  shareTraits(model, { goal: data.goals, frame: data.times }, signal, sync);
  for (const name of ["goal", "follow", "sort", "scale", "show_table"]) on(model, `change:${name}`, draw, signal);
  const then = (first) => (...values) => {
    first(...values);
    draw();
  };
  on(model, "change:speed", then(clock.hurry), signal);
  on(model, "change:frame", then(clock.moved), signal);
  followCommands(model, data, sync, signal);
  return { keys: keysOf(act, clock).filter(([key]) => key !== "x"), redraw: then(stage.restyle), resize: then((width) => stage.resize(width - 34)) };
}

// The canvases, and what each draw needs. What stands still is drawn again only where something of it changed.
function stageOf({ root, model, data, clock, view, hover, controls }) {
  const canvas = (name) => element("canvas", { class: `leo-player-${name}` });
  const stage = { figure: planeFigure(), values: canvas("values"), head: canvas("head"), colours: legend() };
  const firsts = firstTimes(data);
  const made = {}; // the colours of all pairs, for each scale that was asked for
  let [theme, strip, lens, tiles, width] = [null, null, null, null, 0];
  const drawn = { values: "", map: "" };
  const changed = (name, ...parts) => drawn[name] !== (drawn[name] = parts.join(" "));
  stage.figure.name.hidden = true;
  stage.ready = () => width > 0;
  stage.strip = () => strip;
  stage.lens = () => lens;
  stage.restyle = () => (theme = themeOf(root));
  stage.resize = (room) => {
    width = room;
    root.classList.toggle("leo-narrow", room < WIDE);
    lens = fitPlane(data.extent, room < WIDE ? room : room - SIDE - 28, TALL);
    tiles = tilePaths(lens, data);
    stage.restyle();
  };
  const paintNow = (now) => (context) => {
    const shades = drawTiles(context, tiles, data, now, theme);
    drawPlaneWalls(context, lens, data, theme);
    drawTileArrows(context, tiles, data, now, shades);
    drawReached(context, tiles, firsts, now.frame);
  };
  stage.draw = (now) => {
    const screen = `${width} ${globalThis.devicePixelRatio} ${theme.bg} ${theme.fg}`;
    if (changed("map", now.scale, now.frame, screen)) drawGroundMap(stage.figure.map, lens, data, theme, paintNow(now));
    if (changed("values", now.scale, now.sort, screen)) {
      const shades = (made[now.scale] ??= shadesByTime(data, now.scale));
      strip = stripOf(data, model.get("orders")[now.sort], width);
      drawStrip(stage.values, strip, data, { ...now, shades }, theme, now.sort === "group");
      fitScrub(controls.scrub, strip);
      stage.colours.show(planeLegend(data, now.scale, TILE_NOTE));
    }
    stage.move();
  };
  stage.move = () => {
    if (!strip) return;
    const [now, pointed] = [view(), hover()];
    drawMoving(stage.figure.probe, lens, data, { ...now, hover: pointed }, clock.at, theme);
    drawHead(stage.head, strip, data, { at: clock.at, goal: now.goal, hover: pointed && { time: now.frame, ...pointed } }, theme);
  };
  return stage;
}

export default {
  render: (context) => mount(context, {
    label: `Player of a body's walk on a plane, with every goal's value at every step. ${context.model.get("title")} Space plays, question mark for help.`,
    className: "leo-plane-player",
  }, build),
};
