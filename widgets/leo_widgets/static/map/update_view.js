// How one update looks: the changes of all goals on the map and as bars, and the step that made them.
import { fitted, sizeCanvas } from "../lib/elements.js";
import { diverging } from "../lib/shades.js";
import { formatSigned } from "../lib/words.js";
import { drawBackground, drawSigns } from "./background.js";
import { cornerOf, gridContext } from "./grid.js";
import { drawAgent, drawArrow, drawFrame, drawRing, fillCell } from "./marks.js";
import { orderOf, pairOf, shadeOfChange, LEAST } from "./updates.js";

const HEIGHT = 112; // CSS pixels of the bars
const LEFT = 64; // room for the numbers beside them
const BELOW = 30; // room for marks and a name
const ABOVE = 8;
const FONT = "11px system-ui, sans-serif";

// ---------------------------------------------------------------- the map

// Every goal's cell in the colour of its change, and the step. now: {record, step, scale}
export function drawChanges(canvas, data, now, theme) {
  const { grid } = data;
  const context = gridContext(canvas, grid);
  drawBackground(context, grid, theme);
  data.goalPositions.forEach(([row, col], goal) => {
    const place = shadeOfChange(pairOf(data, now.record, now.step, goal), now.scale.size);
    if (place >= 0) fillCell(context, grid, row, col, diverging.css[place]);
    else drawUntouched(context, grid, row, col, theme);
  });
  drawSigns(context, grid);
  const { state, action, next_state: next, goal } = data.seen;
  drawRing(context, grid, data.goalPositions[goal[now.step]], theme);
  const [from, to] = [state[now.step], next[now.step]];
  const move = data.moves[action[now.step]];
  if (from !== to) drawStep(context, grid, data.statePositions[from], data.statePositions[to]);
  drawAgent(context, grid, ...data.statePositions[to], theme, { clear: false });
  if (from === to && move) drawArrow(context, grid, ...data.statePositions[to], move, "#ffffff"); // against a wall
}

// A goal that the learner leaves alone: no colour, which could be read as a change of 0, but a dot.
function drawUntouched(context, grid, row, col, theme) {
  fillCell(context, grid, row, col, theme.bg);
  const [x, y] = cornerOf(grid, row, col).map((at) => at + (grid.cell - 1) / 2);
  const size = Math.max(2, Math.round(grid.cell * 0.12));
  context.fillStyle = theme.hatch;
  context.fillRect(x - size / 2, y - size / 2, size, size);
}

// A line from the old state, an open circle, to the new one.
function drawStep(context, grid, from, to) {
  const [start, end] = [from, to].map(([row, col]) => cornerOf(grid, row, col).map((x) => x + (grid.cell - 1) / 2));
  for (const [colour, width] of [["#ffffff", 5], ["#111418", 2.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(...start, grid.cell * 0.18, 0, 2 * Math.PI);
    context.moveTo(...start);
    context.lineTo(...end);
    context.stroke();
  }
}

export function drawGoalFrame(canvas, data, goal) {
  drawFrame(gridContext(canvas, data.grid), data.grid, ...data.goalPositions[goal]);
}

// ---------------------------------------------------------------- the bars

// Where the bars stand: {order, left, column, width, height, base, unit}. unit: CSS pixels of the largest change.
export function barsOf(data, now, width) {
  const order = orderOf(data, now.record, now.step, now.sort);
  const column = Math.min(40, (width - LEFT - 4) / order.length);
  const both = now.scale.negative;
  const unit = both ? HEIGHT / 2 : HEIGHT;
  return { order, left: LEFT, column, width, height: ABOVE + HEIGHT + BELOW, base: ABOVE + unit, unit, both };
}

// The goal under a point; -1 beside the bars.
export function barAt(bars, x) {
  const place = Math.floor((x - bars.left) / bars.column);
  return place >= 0 && place < bars.order.length ? bars.order[place] : -1;
}

// now: {record, step, scale, theme...}
export function drawBars(canvas, data, bars, now, theme) {
  const context = sizeCanvas(canvas, bars.width, bars.height);
  const right = bars.left + bars.column * bars.order.length;
  drawAxis(context, bars, now.scale, right, theme);
  const gap = bars.column >= 4 ? 1 : 0;
  bars.order.forEach((goal, place) => {
    const pair = pairOf(data, now.record, now.step, goal);
    if (!pair.updated) return;
    const part = Math.max(-1, Math.min(1, pair.change / now.scale.size));
    const size = Math.abs(part) * bars.unit;
    // a sure colour by sign: the pale middle of the map's colours would not show as a bar
    context.fillStyle = Math.abs(pair.change) < LEAST ? theme.hatch : part < 0 ? "#3b7fc4" : "#d0701f";
    const x = bars.left + place * bars.column;
    context.fillRect(x, part < 0 ? bars.base : bars.base - size, Math.max(0.75, bars.column - gap), size);
    if (size < 1) context.fillRect(x, bars.base - 0.5, Math.max(0.75, bars.column - gap), 1.5);
  });
  const commanded = data.seen.goal[now.step];
  drawMark(context, bars, bars.order.indexOf(commanded), theme.accent);
}

function drawAxis(context, bars, { size, beyond }, right, theme) {
  context.font = FONT;
  context.textAlign = "right";
  context.textBaseline = "middle";
  const ends = [[bars.base - bars.unit, (beyond ? "≥ " : "") + formatSigned(size)], [bars.base, "0"]];
  if (bars.both) ends.push([bars.base + bars.unit, (beyond ? "≤ " : "") + formatSigned(-size)]);
  for (const [y, text] of ends) {
    context.fillStyle = theme.muted;
    context.fillText(text, bars.left - 6, y);
    context.fillStyle = theme.line;
    context.fillRect(bars.left, Math.round(y), right - bars.left, 1);
  }
}

// A small triangle below a bar.
function drawMark(context, bars, place, colour) {
  const [x, y] = [bars.left + (place + 0.5) * bars.column, ABOVE + HEIGHT + 3];
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + 5, y + 8);
  context.lineTo(x - 5, y + 8);
  context.fill();
}

// The bar that is read, with its name.
export function drawBarFrame(canvas, data, bars, goal, theme) {
  const context = sizeCanvas(canvas, bars.width, bars.height);
  const place = bars.order.indexOf(goal);
  const width = Math.max(3, bars.column);
  const x = bars.left + (place + 0.5) * bars.column;
  context.strokeStyle = theme.fg;
  context.lineWidth = 1.5;
  context.strokeRect(x - width / 2 - 1, ABOVE - 4, width + 1, HEIGHT + 8);
  context.font = `600 ${FONT}`;
  context.textBaseline = "bottom";
  const name = fitted(context, data.short[goal], 200);
  const half = context.measureText(name).width / 2;
  context.textAlign = "center";
  context.fillStyle = theme.fg;
  context.fillText(name, Math.max(half, Math.min(bars.width - half, x)), bars.height - 1);
}
