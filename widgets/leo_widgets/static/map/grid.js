// The map of a gridworld on a canvas: geometry, background, and the marks that widgets draw into its cells.
import { OKABE_ITO } from "../lib/colours.js";
import { sizeCanvas } from "../lib/common.js";

const MARGIN = 20; // CSS pixels for the row and column numbers
const ONE_WAY = { "<": [0, -1], ">": [0, 1], "^": [-1, 0], v: [1, 0] };
export const DIRECTIONS = { left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] };

// ---------------------------------------------------------------- geometry

// The map behind positions: {rows, cols, chars, cell}. chars is null without a layout; cell is set by fitGrid.
export function gridOf(layout, ...positions) {
  const all = positions.filter(Boolean).flat();
  const rows = layout ? layout.length : 1 + Math.max(0, ...all.map(([row]) => row));
  const cols = layout ? layout[0].length : 1 + Math.max(0, ...all.map(([, col]) => col));
  return { rows, cols, chars: layout, cell: 0 };
}

// Index of the item on each cell, row-major; -1 where there is none.
export function indexByCell(grid, positions) {
  const index = new Int32Array(grid.rows * grid.cols).fill(-1);
  positions.forEach(([row, col], i) => (index[row * grid.cols + col] = i));
  return index;
}

// Choose the largest whole cell size for a width and a height in CSS pixels; returns the size of the map.
export function fitGrid(grid, width, height = 560) {
  const room = Math.min((width - MARGIN) / grid.cols, (height - MARGIN) / grid.rows);
  grid.cell = Math.max(8, Math.min(64, Math.floor(room)));
  return { width: MARGIN + grid.cols * grid.cell + 1, height: MARGIN + grid.rows * grid.cell + 1 };
}

// The upper left corner of a cell in CSS pixels.
export const cornerOf = (grid, row, col) => [MARGIN + col * grid.cell, MARGIN + row * grid.cell];

// The [row, col] under a point given by offsetX and offsetY of a canvas, or null outside the map.
export function cellAt(grid, x, y) {
  const row = Math.floor((y - MARGIN) / grid.cell);
  const col = Math.floor((x - MARGIN) / grid.cell);
  return row >= 0 && col >= 0 && row < grid.rows && col < grid.cols ? [row, col] : null;
}

// The nearest occupied cell in a direction: straight ahead over walls, else null. index is from indexByCell.
export function neighbour(grid, index, [row, col], [dRow, dCol]) {
  for (let r = row + dRow, c = col + dCol; r >= 0 && c >= 0 && r < grid.rows && c < grid.cols; r += dRow, c += dCol) {
    if (index[r * grid.cols + c] >= 0) return [r, c];
  }
  return null;
}

// Where one move leads by the rules of the map, without slips: [row, col], or null where a teleporter draws its exit.
export function moveFrom(grid, index, [row, col], [dRow, dCol]) {
  const charAt = (r, c) => grid.chars?.[r]?.[c] ?? (index[r * grid.cols + c] >= 0 ? "." : "#");
  const leaving = ONE_WAY[charAt(row, col)];
  if (leaving && (leaving[0] !== dRow || leaving[1] !== dCol)) return [row, col];
  const next = [row + dRow, col + dCol];
  const inside = next[0] >= 0 && next[1] >= 0 && next[0] < grid.rows && next[1] < grid.cols;
  const char = inside ? charAt(...next) : "#";
  const facing = ONE_WAY[char];
  if (char === "#" || (facing && facing[0] === -dRow && facing[1] === -dCol)) return [row, col];
  if (!isPad(char)) return next;
  const exits = [];
  eachCell(grid, (exit, r, c) => exit === char.toLowerCase() && exits.push([r, c]));
  return exits.length === 1 ? exits[0] : null;
}

// Set up a canvas for the map and return its context.
export const gridContext = (canvas, grid) =>
  sizeCanvas(canvas, MARGIN + grid.cols * grid.cell + 1, MARGIN + grid.rows * grid.cell + 1);

// ---------------------------------------------------------------- background

const isPad = (char) => /[A-Z]/.test(char) && char !== "S";
const isExit = (char) => /[a-z]/.test(char) && char !== "v";
const portalColour = (char) => OKABE_ITO[[3, 7, 2, 1][(char.toLowerCase().charCodeAt(0) - 97) % 4]];

function eachCell(grid, draw) {
  for (let row = 0; row < grid.rows; row++) {
    for (let col = 0; col < grid.cols; col++) draw(grid.chars?.[row][col] ?? ".", row, col);
  }
}

// Numbers, walls (hatched as one region), and teleporter pads. Everything below the values.
export function drawBackground(context, grid, theme) {
  context.fillStyle = theme.bg;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  drawNumbers(context, grid, theme);
  drawWalls(context, grid, theme);
  eachCell(grid, (char, row, col) => isPad(char) && drawPad(context, grid, row, col, char, theme));
}

function drawNumbers(context, grid, theme) {
  const step = grid.cell >= 20 ? 1 : grid.cell >= 11 ? 2 : 5;
  context.fillStyle = theme.muted;
  context.font = "10px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "center";
  for (let col = 0; col < grid.cols; col += step) {
    context.fillText(String(col), MARGIN + (col + 0.5) * grid.cell, MARGIN - 9);
  }
  context.textAlign = "right";
  for (let row = 0; row < grid.rows; row += step) {
    context.fillText(String(row), MARGIN - 6, MARGIN + (row + 0.5) * grid.cell + 0.5);
  }
}

function drawWalls(context, grid, theme) {
  const { cell } = grid;
  context.save();
  context.beginPath();
  eachCell(grid, (char, row, col) => char === "#" && context.rect(...cornerOf(grid, row, col), cell, cell));
  context.fillStyle = theme.wall;
  context.fill();
  context.clip();
  context.beginPath();
  const reach = Math.max(grid.rows, grid.cols) * cell * 2;
  for (let at = 0; at < reach; at += 6) {
    context.moveTo(MARGIN + at, MARGIN);
    context.lineTo(MARGIN, MARGIN + at);
  }
  context.strokeStyle = theme.hatch;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

function drawPad(context, grid, row, col, char, theme) {
  const [x, y] = cornerOf(grid, row, col);
  const { cell } = grid;
  context.fillStyle = theme.empty;
  context.fillRect(x, y, cell, cell);
  context.fillStyle = portalColour(char);
  context.beginPath();
  context.arc(x + cell / 2, y + cell / 2, cell * 0.36, 0, 2 * Math.PI);
  context.fill();
  label(context, char, x + cell / 2, y + cell / 2, cell * 0.42, "#ffffff");
}

function label(context, text, x, y, size, colour) {
  if (size < 6) return;
  context.fillStyle = colour;
  context.font = `600 ${Math.round(size)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + size * 0.06);
}

// One-way chevrons, teleporter exits and the start. Everything that lies on top of the values.
export function drawSigns(context, grid) {
  eachCell(grid, (char, row, col) => {
    if (ONE_WAY[char]) drawChevrons(context, grid, row, col, ONE_WAY[char]);
    else if (isExit(char)) drawExit(context, grid, row, col, char);
    else if (char === "S") drawStart(context, grid, row, col);
  });
}

// Two chevrons on the edge by which a one-way cell is left, dark with a light rim, so that they read on every colour.
function drawChevrons(context, grid, row, col, [dRow, dCol]) {
  const { cell } = grid;
  const [x, y] = cornerOf(grid, row, col);
  context.save();
  context.translate(x + cell / 2, y + cell / 2);
  context.rotate(Math.atan2(dRow, dCol));
  context.beginPath();
  for (const at of [0.3, 0.4]) {
    context.moveTo(cell * (at - 0.08), -cell * 0.24);
    context.lineTo(cell * at, 0);
    context.lineTo(cell * (at - 0.08), cell * 0.24);
  }
  rimmed(context, cell * 0.045);
  context.restore();
}

function rimmed(context, width) {
  context.lineJoin = context.lineCap = "round";
  context.strokeStyle = "#ffffff";
  context.lineWidth = Math.max(2.5, width * 2.4);
  context.stroke();
  context.strokeStyle = "#1c2128";
  context.lineWidth = Math.max(1.2, width);
  context.stroke();
}

function drawExit(context, grid, row, col, char) {
  const [x, y] = cornerOf(grid, row, col);
  const size = Math.max(7, grid.cell * 0.32);
  context.fillStyle = portalColour(char);
  context.beginPath();
  context.roundRect(x + 1, y + 1, size, size, 2);
  context.fill();
  label(context, char, x + 1 + size / 2, y + 1 + size / 2, size * 0.85, "#ffffff");
}

function drawStart(context, grid, row, col) {
  const [x, y] = cornerOf(grid, row, col);
  const size = Math.max(7, grid.cell * 0.32);
  context.fillStyle = "#ffffff";
  context.strokeStyle = "#1c2128";
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x + 1.5, y + 1.5, size, size, 2);
  context.fill();
  context.stroke();
  label(context, "S", x + 1.5 + size / 2, y + 1.5 + size / 2, size * 0.8, "#1c2128");
}

// ---------------------------------------------------------------- marks in one cell

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
