// The marks that widgets draw into the cells of a map.
import { cornerOf } from "./grid.js";

// A letter or two around a place; none where it would be too small to read.
export function label(context, text, x, y, size, colour) {
  if (size < 6) return;
  context.fillStyle = colour;
  context.font = `600 ${Math.round(size)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + size * 0.06);
}

// Fill a cell, leaving the hair line that parts it from its neighbours.
export function fillCell(context, grid, row, col, colour) {
  const [x, y] = cornerOf(grid, row, col);
  context.fillStyle = colour;
  context.fillRect(x, y, grid.cell - 1, grid.cell - 1);
}

// Fill the triangle on the side of a cell that an action leads to.
export function drawWedge(context, grid, row, col, [dRow, dCol], colour) {
  const [x, y] = cornerOf(grid, row, col);
  const half = (grid.cell - 1) / 2;
  const [cx, cy] = [x + half, y + half];
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(cx, cy);
  context.lineTo(cx + half * (dCol - dRow), cy + half * (dRow - dCol));
  context.lineTo(cx + half * (dCol + dRow), cy + half * (dRow + dCol));
  context.fill();
}

// An arrow in the middle of a cell: one outline, given along and across its direction in cells.
export function drawArrow(context, grid, row, col, move, colour) {
  const thick = Math.max(0.5 / grid.cell, 0.028);
  context.beginPath();
  traceArrow(context, grid, row, col, move, [[-0.22, thick], [0.05, thick], [0.05, 0.13]], 0.26);
  context.fillStyle = colour;
  context.fill();
}

// The outline of an arrow: one of its sides, [along, across] in cells, its tip, and the other side.
function traceArrow(context, grid, row, col, [dRow, dCol], side, tip) {
  const half = (grid.cell - 1) / 2;
  const [x, y] = cornerOf(grid, row, col).map((at) => at + half);
  const other = side.map(([along, across]) => [along, -across]).reverse();
  [...side, [tip, 0], ...other].forEach(([along, across], i) => {
    const at = [x + grid.cell * (along * dCol - across * dRow), y + grid.cell * (along * dRow + across * dCol)];
    if (i) context.lineTo(...at);
    else context.moveTo(...at);
  });
  context.closePath();
}

// Arrows from the middles of cells outwards, [[cell, move]], with a rim: two in one cell can be told apart. All in one
// stroke, as a stroke for each takes longer than all the rest of a map.
export function drawRays(context, grid, rays, colour, rim) {
  context.beginPath();
  for (const [[row, col], move] of rays) {
    traceArrow(context, grid, row, col, move, [[0.03, 0.05], [0.2, 0.05], [0.2, 0.16]], 0.42);
  }
  rimAndFill(context, colour, rim, Math.max(1.5, grid.cell * 0.06));
}

// A dark notch with a light rim in the upper right corner of each cell.
export function drawNotches(context, grid, cells) {
  const size = Math.max(4, Math.round(grid.cell * 0.28));
  context.beginPath();
  for (const [row, col] of cells) {
    const [x, y] = cornerOf(grid, row, col);
    const right = x + grid.cell - 1;
    context.moveTo(right - size, y);
    context.lineTo(right, y);
    context.lineTo(right, y + size);
    context.closePath();
  }
  rimAndFill(context, "#14181d", "#ffffff", 2);
}

function rimAndFill(context, colour, rim, width) {
  context.lineJoin = "round";
  context.strokeStyle = rim;
  context.lineWidth = width;
  context.stroke();
  context.fillStyle = colour;
  context.fill();
}

// A thin cross: no way leads from here to the goal.
export function drawCross(context, grid, row, col, colour) {
  const [x, y] = cornerOf(grid, row, col);
  const near = grid.cell * 0.32;
  const far = grid.cell - 1 - near;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1, grid.cell * 0.04);
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(x + near, y + near);
  context.lineTo(x + far, y + far);
  context.moveTo(x + far, y + near);
  context.lineTo(x + near, y + far);
  context.stroke();
}

// The goal: a neutral cell with a ring and a G. Small cells keep the ring only.
export function drawGoal(context, grid, row, col, theme) {
  const [x, y] = cornerOf(grid, row, col);
  const middle = (grid.cell - 1) / 2;
  fillCell(context, grid, row, col, theme.bg);
  context.strokeStyle = theme.accent;
  context.lineWidth = Math.max(2, grid.cell * 0.09);
  context.beginPath();
  context.arc(x + middle, y + middle, grid.cell * 0.36, 0, 2 * Math.PI);
  context.stroke();
  if (grid.cell >= 18) label(context, "G", x + middle, y + middle, grid.cell * 0.4, theme.fg);
}

// A ring that shows on every colour.
export function drawRing(context, grid, [row, col], theme) {
  const [x, y] = cornerOf(grid, row, col);
  const middle = (grid.cell - 1) / 2;
  context.beginPath();
  context.arc(x + middle, y + middle, grid.cell * 0.39, 0, 2 * Math.PI);
  for (const [colour, width] of [[theme.bg, Math.max(4, grid.cell * 0.2)], [theme.accent, Math.max(2, grid.cell * 0.09)]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

// The agent or the chosen state: a filled disc, on a neutral cell.
export function drawAgent(context, grid, row, col, theme, { clear = true } = {}) {
  const [x, y] = cornerOf(grid, row, col);
  const middle = (grid.cell - 1) / 2;
  if (clear) fillCell(context, grid, row, col, theme.bg);
  context.beginPath();
  context.arc(x + middle, y + middle, grid.cell * 0.26, 0, 2 * Math.PI);
  context.fillStyle = theme.accent;
  context.fill();
  context.strokeStyle = "#ffffff";
  context.lineWidth = Math.max(1.5, grid.cell * 0.05);
  context.stroke();
}

// The frame around the cell that is being read: dark in light, so that it shows on every colour.
export function drawFrame(context, grid, row, col) {
  const [x, y] = cornerOf(grid, row, col);
  const size = grid.cell - 1;
  context.lineJoin = "round";
  context.strokeStyle = "#ffffff";
  context.lineWidth = 4;
  context.strokeRect(x, y, size, size);
  context.strokeStyle = "#111418";
  context.lineWidth = 2;
  context.strokeRect(x, y, size, size);
}

// A line through the middles of cells, from the edge of the first to the ring of the goal, else to a dot.
export function drawPath(context, grid, cells, arrives) {
  const middles = cells.map(([row, col]) => cornerOf(grid, row, col).map((at) => at + (grid.cell - 1) / 2));
  const towards = (from, to) => from.map((at, k) => at + Math.sign(to[k] - at) * grid.cell * 0.45);
  if (arrives) middles[middles.length - 1] = towards(middles.at(-1), middles.at(-2));
  middles[0] = towards(middles[0], middles[1]);
  const trace = () => {
    context.beginPath();
    middles.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  };
  context.lineJoin = context.lineCap = "round";
  for (const [colour, width] of [["#ffffff", 4.5], ["#111418", 2]]) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = width;
    trace();
    context.stroke();
    if (arrives) continue;
    context.beginPath();
    context.arc(...middles.at(-1), 1.5 + width, 0, 2 * Math.PI);
    context.fill();
  }
}
