// PlanePlayer: a body's walk on a plane, and below it what every goal was worth at every step. All is answered here.
import { element, titleOf } from "../lib/elements.js";
import { mount, shareTraits } from "../lib/frame.js";
import { drawMoving } from "../plane/body.js";
import { describeGoal, describePointed, describeStep, fitPlane, nearestGoal, placeUnder } from "../plane/plane.js";
import { readPlane, stepRows } from "../plane/plane.js";
import { planeLegend, planePanel, TILE_NOTE } from "../plane/plane_panel.js";
import { drawGroundMap, firstTimes, paintGoals, planeFigure, tilePaths } from "../plane/plane_view.js";
import { shadesByTime } from "../walk/by_time.js";
import { viewOf } from "../walk/rollout.js";
import { actionsOf, followCommands, keysOf, timeTable, toolBar, transport } from "../walk/rollout_tools.js";
import { stripRow, walkPlayer, walkStage } from "../walk/walk_player.js";

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
  const player = walkPlayer({ root, model, signal, say }, { data, act, view, words: planeWords });
  const { clock, read, hover } = player;
  const [bar, controls] = [toolBar(model, data, act), transport(model, data, act, clock)];
  const panel = planePanel(data, act);
  const stage = stageOf({ root, model, data, clock, view, hover, controls });
  const table = timeTable("The actions of a row lead to the row below it, and are chosen for the goal commanded there.", () => stepRows(data));
  root.append(
    ...titleOf(model), bar.node,
    element("div", { class: "leo-plane-body" }, stage.figure.node, element("div", { class: "leo-plane-side" }, stage.colours.node, panel.node)),
    controls.node, controls.scrub, stripRow(stage), table.node);
  watchGoals(stage.figure.probe, stage.lens, data, act, read, signal);
  shareTraits(model, { goal: data.goals, frame: data.times }, signal, sync);
  const keys = keysOf(act, clock).filter(([key]) => key !== "x");
  const handles = player.start({ stage, controls, parts: [bar, panel], table, keys, traits: ["goal", "follow", "sort", "scale"] });
  followCommands(model, data, sync, signal);
  return handles;
}

// The canvases, and what each draw needs.
function stageOf({ root, model, data, clock, view, hover, controls }) {
  const firsts = firstTimes(data);
  const made = {}; // the colours of all pairs, for each scale that was asked for
  let [lens, tiles] = [null, null];
  const fit = (room) => {
    root.classList.toggle("leo-narrow", room < WIDE);
    lens = fitPlane(data.extent, room < WIDE ? room : room - SIDE - 28, TALL);
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

export default {
  render: (context) => mount(context, {
    label: `Player of a body's walk on a plane, with every goal's value at every step. ${context.model.get("title")} Space plays, question mark for help.`,
    className: "leo-plane-player",
  }, build),
};
