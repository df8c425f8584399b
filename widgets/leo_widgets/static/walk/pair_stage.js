// The map of a SuccessMatrix: the values of one goal, and over them the walk of the pair that is read.
import { element, sizeCanvas } from "../lib/elements.js";
import { cividis } from "../lib/shades.js";
import { fitGrid } from "../map/grid.js";
import { drawAgent, drawArrow, drawPath, drawRing } from "../map/marks.js";
import { shadesOf, EMPTY, HERE } from "../map/values.js";
import { placeAt } from "./rollout.js";
import { drawCells } from "./walk_map.js";

const MAP = 330; // CSS pixels that the map may take in height

// The map: values of one goal with the best actions, the whole way, and the agent on it. Cells are drawn again only for
// another goal, size or theme.
export function pairStage(data) {
  const [cells, over] = ["leo-map", "leo-walk"].map((name) => element("canvas", { class: name }));
  const node = element("div", { class: "leo-stage" }, cells, over);
  const shades = shadesOf(data, { scale: "value", array: data.q });
  let [size, drawn] = [null, ""];
  const fit = (width) => (size = fitGrid(data.grid, width, MAP));
  function show(pair, walk, at, theme) {
    const key = `${pair.goal} ${data.grid.cell} ${globalThis.devicePixelRatio} ${theme.bg} ${theme.fg}`;
    if (drawn !== key) {
      drawn = key;
      drawCells(cells, data, { shades, goal: pair.goal, scale: "value" }, theme);
      drawActions(cells.getContext("2d"), data, shades, pair.goal);
    }
    const context = sizeCanvas(over, size.width, size.height);
    const way = walk.states.map((state) => data.statePositions[state]);
    if (way.length > 1 && walk.from !== way.length - 2) drawPath(context, data.grid, way, walk.end === "arrives");
    else if (way.length > 2) drawPath(context, data.grid, way.slice(0, -1), false);
    drawRing(context, data.grid, data.goalPositions[pair.goal], theme);
    drawAgent(context, data.grid, ...placeAt({ ...data, states: walk.states, last: way.length - 1 }, at), theme, { clear: false });
  }
  return { node, fit, show };
}

function drawActions(context, data, shades, goal) {
  if (data.grid.cell < 14) return;
  data.statePositions.forEach(([row, col], state) => {
    const place = shades[state * data.goals + goal];
    const move = data.moves[data.best[state * data.goals + goal]];
    if (place === HERE || place === EMPTY || !move) return;
    drawArrow(context, data.grid, row, col, move, cividis.isLight[place] ? "#14181d" : "#ffffff");
  });
}
