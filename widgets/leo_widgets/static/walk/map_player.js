// A walk on the map, and below it what every goal was worth at every step.
import { element, titleOf } from "../lib/elements.js";
import { shareTraits } from "../lib/frame.js";
import { cellAt, fitGrid, gridOf } from "../map/grid.js";
import { legendOf, scaleNotes, shadesOf } from "../map/values.js";
import { readRollout, timeRows, viewOf } from "./rollout.js";
import { rolloutPanel } from "./rollout_panel.js";
import { actionsOf, followCommands, keysOf, timeTable, toolBar, transport } from "./rollout_tools.js";
import { drawCells, drawWalk } from "./walk_map.js";
import { playerCanvas, stripRow, walkPlayer, walkStage } from "./walk_player.js";

const MAP_WIDE = 560; // CSS pixels from which map and bars stand side by side
const MAP_SIDE = 270;
const MAP_TALL = 400; // the height that the map may take

// ---------------------------------------------------------------- pointer

function watchCells(canvas, data, act, read, signal) {
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

export function buildMapPlayer({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readRollout((name) => model.get(name), grid);
  const act = actionsOf(model, data, sync);
  const view = () => viewOf(model, data);
  const player = walkPlayer({ root, model, signal, say }, { data, act, view, words: wordsOf });
  const { clock, read, hover } = player;
  const bar = toolBar(model, data, act);
  const controls = transport(model, data, act, clock);
  const panel = rolloutPanel(data, { ...act, hover: (goal) => read(goal < 0 ? null : { goal }) });
  const stage = mapStageOf({ root, model, data, clock, view, hover, controls });
  const caption = "An action leads to the row below it, and is chosen for the goal commanded there.";
  const table = timeTable(caption, () => timeRows(data));
  root.append(...mapPage(model, bar, stage, panel, controls, table));
  watchCells(stage.walk, data, act, read, signal);
  shareTraits(model, { goal: data.goals }, signal, sync);
  const traits = ["goal", "follow", "sort", "scale", "show_truth"];
  const handles = player.start({ stage, controls, parts: [bar, panel], table, keys: keysOf(act, clock), traits });
  followCommands(model, data, sync, signal);
  return handles;
}

function mapPage(model, bar, stage, panel, controls, table) {
  return [
    ...titleOf(model), bar.node,
    element("div", { class: "leo-player-body" },
      element("div", { class: "leo-player-stage" }, stage.cells, stage.walk),
      element("div", { class: "leo-player-side" }, stage.colours.node, panel.node)),
    controls.node, controls.scrub, stripRow(stage), table.node,
  ];
}

// The four canvases, and what each draw needs.
function mapStageOf({ root, model, data, clock, view, hover, controls }) {
  let [shades, size] = [null, null];
  const made = {}; // the colours of all pairs, for each scale that was asked for
  const fit = (room) => {
    const wide = room >= MAP_WIDE;
    root.classList.toggle("leo-narrow", !wide);
    size = fitGrid(data.grid, wide ? room - MAP_SIDE - 28 : room, MAP_TALL);
  };
  const stage = walkStage({ root, model, data, controls, fit });
  Object.assign(stage, { cells: playerCanvas("cells"), walk: playerCanvas("walk") });
  stage.draw = (now) => {
    const colours = `${now.scale} ${now.exact}`;
    if (stage.changed("shades", colours)) {
      shades = made[colours] ??= shadesOf(data, now);
      stage.colours.show({ ...legendOf(data, now.scale, now.exact), note: scaleNotes(data, now.scale).join(" · ") });
    }
    if (stage.changed("cells", colours, now.goal, stage.screen())) drawCells(stage.cells, data, { ...now, shades }, stage.theme);
    if (stage.changed("values", colours, now.sort, stage.screen())) stage.drawStrip(now, shades);
    stage.move();
  };
  stage.move = () => {
    if (!stage.strip()) return;
    const now = view();
    drawWalk(stage.walk, size, data, { ...now, hover: hover()?.goal ?? -1 }, clock.at, stage.theme);
    stage.drawHead(now, clock.at, hover());
  };
  return stage;
}
