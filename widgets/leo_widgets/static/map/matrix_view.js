// How a matrix of starts x goals looks: its geometry, its cells in one small picture, and what follows the pointer.
import { OKABE_ITO } from "../lib/colours.js";
import { fitted, sizeCanvas } from "../lib/elements.js";
import { channelsOf, cividis } from "../lib/shades.js";
import { outcomeOf, shadeOfExtra } from "./outcomes.js";

const ROOM = { left: 52, top: 34, right: 8, bottom: 4 }; // CSS pixels around the cells, for names
const CELL = [2, 22]; // of a pair: at least, where that is possible, and at most
const CROSSES = 6; // CSS pixels of a cell from which failures are crossed
const FONT = "11px system-ui, sans-serif";
const FAILURE = OKABE_ITO[6]; // the same in light and dark: beside yellow, a brighter one would be lost

// ---------------------------------------------------------------- geometry

// A matrix in a place of this width and height: {cell, left, top, width, height, starts, goals}.
export function matrixOf(shown, width, height) {
  const [across, down] = [shown.goals.length, shown.starts.length].map((count) => Math.max(1, count));
  const room = Math.min((width - ROOM.left - ROOM.right) / across, (height - ROOM.top - ROOM.bottom) / down);
  // whole pixels where they are many: else columns would differ in width by a half
  const cell = Math.min(CELL[1], room >= 4 ? Math.floor(room) : room >= CELL[0] + 0.5 ? Math.floor(2 * room) / 2 : room);
  return {
    ...shown, cell, left: ROOM.left, top: ROOM.top, width: ROOM.left + across * cell + ROOM.right,
    height: ROOM.top + down * cell + ROOM.bottom,
  };
}

// The pair under a point: {start, goal}, or null.
export function pairAtPoint({ cell, left, top, starts, goals }, x, y) {
  const [col, row] = [Math.floor((x - left) / cell), Math.floor((y - top) / cell)];
  return row >= 0 && col >= 0 && row < starts.length && col < goals.length ? { start: starts[row], goal: goals[col] } : null;
}

// The next shown pair in a direction; the nearest end where there is none.
export function nextPair({ starts, goals }, { start, goal }, [down, right]) {
  const moved = (list, item, by) => list[Math.max(0, Math.min(list.length - 1, list.indexOf(item) + by))];
  return { start: moved(starts, start, down), goal: moved(goals, goal, right) };
}

// Every how many rows or columns there is room for a name.
const every = (cell, room) => Math.max(1, Math.ceil(room / cell));

// ---------------------------------------------------------------- the cells

// One pixel for each pair of the whole table, [S, G] as RGBA: the extra steps' colour, and the more of the
// failure's, the less often the goal is reached. Pairs that do not count are clear.
export function inkOf(data) {
  const pixels = new Uint8ClampedArray(4 * data.states * data.goals);
  const failure = channelsOf(FAILURE);
  const colours = cividis.css.map((css) => css.match(/\d+/g).map(Number));
  for (let start = 0, i = 0; start < data.states; start++) {
    for (let goal = 0; goal < data.goals; goal++, i += 4) {
      const { counts, success, extra } = outcomeOf(data, start, goal);
      if (!counts) continue;
      const part = success > 0 ? success : 0;
      const colour = part ? colours[shadeOfExtra(data, extra)] : failure;
      for (let k = 0; k < 3; k++) pixels[i + k] = Math.round(part * colour[k] + (1 - part) * failure[k]);
      pixels[i + 3] = 255;
    }
  }
  return pixels;
}

// The shown pairs as one small picture. blank: a colour for those that do not fail, or null
function pictureOf(data, matrix, ink, blank) {
  const { starts, goals } = matrix;
  const image = new ImageData(goals.length, starts.length);
  starts.forEach((start, row) => goals.forEach((goal, col) => {
    const [from, to] = [4 * (start * data.goals + goal), 4 * (row * goals.length + col)];
    image.data.set(ink.subarray(from, from + 4), to);
    if (blank && data.counts[from / 4] && !outcomeOf(data, start, goal).fails) image.data.set(blank, to);
  }));
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// now: {ink, onlyFailures}
export function drawMatrix(canvas, data, matrix, now, theme) {
  const context = sizeCanvas(canvas, matrix.width, matrix.height);
  context.fillStyle = theme.bg;
  context.fillRect(0, 0, matrix.width, matrix.height);
  drawTitles(context, matrix, theme);
  if (!matrix.starts.length) return;
  const [width, height] = [matrix.goals.length * matrix.cell, matrix.starts.length * matrix.cell];
  drawHatch(context, matrix, width, height, theme);
  const blank = now.onlyFailures ? [...channelsOf(theme.bg), 255] : null;
  context.imageSmoothingEnabled = false;
  context.drawImage(pictureOf(data, matrix, now.ink, blank), matrix.left, matrix.top, width, height);
  if (matrix.cell >= 6) drawLines(context, matrix, width, height, theme);
  if (matrix.cell >= CROSSES) drawCrosses(context, data, matrix);
  drawNames(context, data, matrix, theme);
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(matrix.left - 0.5, matrix.top - 0.5, width + 1, height + 1);
}

function drawTitles(context, matrix, theme) {
  context.font = `600 ${FONT}`;
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText("goal →", matrix.left, 8);
  context.textAlign = "right";
  context.fillText("start ↓", matrix.left - 8, 8);
}

// Behind all cells: it shows through where a pair does not count.
function drawHatch(context, { left, top }, width, height, theme) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.fillStyle = theme.wall;
  context.fill();
  context.clip();
  context.beginPath();
  for (let at = 0; at < width + height; at += 6) {
    context.moveTo(left + at, top);
    context.lineTo(left, top + at);
  }
  context.strokeStyle = theme.hatch;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

function drawLines(context, { left, top, cell, starts, goals }, width, height, theme) {
  context.fillStyle = theme.bg;
  for (let row = 1; row < starts.length; row++) context.fillRect(left, top + row * cell - 1, width, 1);
  for (let col = 1; col < goals.length; col++) context.fillRect(left + col * cell - 1, top, 1, height);
}

// A cross in every failure: its colour alone would not do for every eye. All in one stroke.
function drawCrosses(context, data, { left, top, cell, starts, goals }) {
  context.save();
  context.beginPath();
  const [near, far] = [cell * 0.26, cell * 0.74 - 1];
  starts.forEach((start, row) => goals.forEach((goal, col) => {
    if (!outcomeOf(data, start, goal).fails) return;
    const [x, y] = [left + col * cell, top + row * cell];
    context.moveTo(x + near, y + near);
    context.lineTo(x + far, y + far);
    context.moveTo(x + far, y + near);
    context.lineTo(x + near, y + far);
  }));
  context.strokeStyle = "#14181d";
  context.lineWidth = Math.max(1, cell * 0.09);
  context.lineCap = "round";
  context.stroke();
  context.restore();
}

function drawNames(context, data, { left, top, cell, starts, goals }, theme) {
  context.font = FONT;
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const rows = every(cell, 15);
  starts.forEach((start, row) => {
    if (row % rows === 0) context.fillText(fitted(context, data.short.state[start], left - 10), left - 6, top + (row + 0.5) * cell);
  });
  context.textAlign = "center";
  const columns = every(cell, 50);
  goals.forEach((goal, col) => {
    if (col % columns === 0) context.fillText(fitted(context, data.short.goal[goal], 48), left + (col + 0.5) * cell, top - 10);
  });
}

// ---------------------------------------------------------------- what follows the pointer

// The chosen pair in a frame, and the row and the column of the pair that is read. Either may be null.
export function drawCursor(canvas, data, matrix, chosen, reading, theme) {
  const context = sizeCanvas(canvas, matrix.width, matrix.height);
  if (reading && chosen && reading.start === chosen.start && reading.goal === chosen.goal) chosen = null;
  if (placeOfPair(matrix, chosen)) frameCell(context, matrix, placeOfPair(matrix, chosen), 3);
  const at = placeOfPair(matrix, reading);
  if (!at) return;
  drawCrosshair(context, matrix, at, theme);
  frameCell(context, matrix, at, 5);
  nameTags(context, data, matrix, reading, at, theme);
}

function placeOfPair({ left, top, cell, starts, goals }, pair) {
  const [row, col] = pair ? [starts.indexOf(pair.start), goals.indexOf(pair.goal)] : [-1, -1];
  return row < 0 || col < 0 ? null : [left + col * cell, top + row * cell];
}

function frameCell(context, { cell }, [x, y], least) {
  const size = Math.max(least + 2, cell);
  const by = (size - cell) / 2;
  for (const [colour, width] of [["#ffffff", 4], ["#111418", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x - by - 0.5, y - by - 0.5, size, size);
  }
}

function drawCrosshair(context, matrix, [x, y], theme) {
  const middle = [x, y].map((at) => at + matrix.cell / 2);
  context.fillStyle = theme.fg;
  context.globalAlpha = 0.75;
  context.fillRect(matrix.left - 4, middle[1] - 0.5, middle[0] - matrix.left, 1);
  context.fillRect(middle[0] - 0.5, matrix.top - 4, 1, middle[1] - matrix.top);
  context.globalAlpha = 1;
}

// The names of the row and the column, over those that stand there.
function nameTags(context, data, matrix, { start, goal }, [x, y], theme) {
  context.font = `600 ${FONT}`;
  context.textBaseline = "middle";
  const [startName, goalName] = [fitted(context, data.short.state[start], matrix.left - 8), fitted(context, data.short.goal[goal], 120)];
  const half = context.measureText(goalName).width / 2 + 4;
  const middle = Math.max(matrix.left + half - 8, Math.min(matrix.width - half, x + matrix.cell / 2));
  const at = y + matrix.cell / 2;
  context.fillStyle = theme.bg;
  context.fillRect(0, at - 8, matrix.left - 2, 16);
  context.fillRect(middle - half, matrix.top - 18, 2 * half, 16);
  context.fillStyle = theme.fg;
  context.textAlign = "right";
  context.fillText(startName, matrix.left - 6, at);
  context.textAlign = "center";
  context.fillText(goalName, middle, matrix.top - 10);
}
