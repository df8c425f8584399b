// A body's walk on a plane, and below it what every goal was worth at every step.
import { element, titleOf } from "../lib/elements.js";
import { shareTraits } from "../lib/frame.js";
import { shadesByTime } from "../walk/by_time.js";
import { viewOf } from "../walk/rollout.js";
import { actionsOf, followCommands, keysOf, timeTable, toolBar, transport } from "../walk/rollout_tools.js";
import { stripRow, walkPlayer, walkStage } from "../walk/walk_player.js";
import { drawMoving } from "./body.js";
import { describeGoal, describePointed, describeStep, fitPlane, nearestGoal, placeUnder, readPlane } from "./plane.js";
import { stepRows } from "./plane.js";
import { planeLegend, planePanel, TILE_NOTE } from "./plane_panel.js";
import { drawGroundMap, firstTimes, paintGoals, planeFigure, tilePaths } from "./plane_view.js";

const PLANE_WIDE = 560; // CSS pixels from which plane and panel stand side by side
const PLANE_SIDE = 270;
const PLANE_TALL = 420; // the height that the plane may take

// What the line below everything says: what the pointer reads, else what happens now. hover: {time, goal} or {goal}.
function planeWords(data, view, hover) {
  if (hover) return describePointed(data, view, hover);
  const own = view.follow ? "" : `; chosen goal ${describeGoal(data, view.frame, view.goal)}`;
  return describeStep(data, view.frame) + own;
}

function watchPoints(canvas, lens, data, act, read, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const found = ({ offsetX, offsetY }) => {
    const place = placeUnder(lens(), offsetX, offsetY);
    return place ? { goal: nearestGoal(data.points, place) } : null;
  };
  listen("pointerdown", (event) => act.pick(found(event)?.goal ?? -1));
  listen("pointermove", (event) => read(found(event)));
  listen("pointerleave", () => read(null));
}

export function buildPlanePlayer({ root, model, signal, sync, say }) {
  const data = readPlane((name) => model.get(name));
  const act = actionsOf(model, data, sync);
  const view = () => viewOf(model, data);
  const player = walkPlayer({ root, model, signal, say }, { data, act, view, words: planeWords });
  const { clock, read, hover } = player;
  const [bar, controls] = [toolBar(model, data, act, false), transport(model, data, act, clock)];
  const panel = planePanel(data, act);
  const stage = planeStageOf({ root, model, data, clock, view, hover, controls });
  const table = timeTable("The actions of a row lead to the row below it, and are chosen for the goal commanded there.", () => stepRows(data));
  root.append(
    ...titleOf(model), bar.node,
    element("div", { class: "leo-plane-body" }, stage.figure.node, element("div", { class: "leo-plane-side" }, stage.colours.node, panel.node)),
    controls.node, controls.scrub, stripRow(stage), table.node);
  watchPoints(stage.figure.probe, stage.lens, data, act, read, signal);
  shareTraits(model, { goal: data.goals, frame: data.times }, signal, sync);
  const keys = keysOf(act, clock).filter(([key]) => key !== "x");
  const handles = player.start({ stage, controls, parts: [bar, panel], table, keys, traits: ["goal", "follow", "sort", "scale"] });
  followCommands(model, data, sync, signal);
  return handles;
}

// The canvases, and what each draw needs.
function planeStageOf({ root, model, data, clock, view, hover, controls }) {
  const firsts = firstTimes(data);
  const made = {}; // the colours of all pairs, for each scale that was asked for
  let [lens, tiles] = [null, null];
  const fit = (room) => {
    root.classList.toggle("leo-narrow", room < PLANE_WIDE);
    lens = fitPlane(data.extent, room < PLANE_WIDE ? room : room - PLANE_SIDE - 28, PLANE_TALL);
    tiles = tilePaths(lens, data);
  };
  const stage = walkStage({ root, model, data, controls, fit });
  Object.assign(stage, { figure: planeFigure(), lens: () => lens });
  stage.figure.name.hidden = true;
  const paintNow = (now) => (context) => paintGoals(context, { lens, data, tiles, firsts, theme: stage.theme }, now);
  stage.draw = (now) => {
    if (stage.changed("map", now.scale, now.frame, stage.screen())) drawGroundMap(stage.figure.map, lens, data, stage.theme, paintNow(now));
    if (stage.changed("values", now.scale, now.sort, stage.screen())) {
      stage.drawStrip(now, (made[now.scale] ??= shadesByTime(data, now.scale)));
      stage.colours.show(planeLegend(data, now.scale, TILE_NOTE));
    }
    stage.move();
  };
  stage.move = () => {
    if (!stage.strip()) return;
    const now = view();
    drawMoving(stage.figure.probe, lens, data, { ...now, hover: hover() }, clock.at, stage.theme);
    stage.drawHead(now, clock.at, hover());
  };
  return stage;
}
