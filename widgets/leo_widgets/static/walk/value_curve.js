// The curve of one goal's value over a whole walk, on the same axis of time as the strip.
import { fitted, sizeCanvas } from "../lib/elements.js";
import { formatNumber } from "../lib/words.js";
import { isDone, valueOf } from "./by_time.js";
import { curveLow, curveTop, spellsOf } from "./craftax.js";
import { edgeOf } from "./strip.js";

const TALL_CURVE = 112; // CSS pixels
const CURVE = { top: 16, bottom: 10 }; // room above for what was achieved, below for the base line
const CURVE_FONT = "11px system-ui, sans-serif";

const middleAt = (strip, t) => edgeOf(strip, t) + strip.column / 2;

// Height of a value in CSS pixels from the top.
export const curveHeight = (value, top, low = 0) =>
  TALL_CURVE - CURVE.bottom - (TALL_CURVE - CURVE.top - CURVE.bottom) * Math.max(0, Math.min(1, (value - low) / (top - low)));

// view: {goal, at: time between two frames, hover: time or null}
export function drawCurve(canvas, strip, data, { goal, at, hover }, theme) {
  const context = sizeCanvas(canvas, strip.width, TALL_CURVE);
  const [low, top] = [curveLow(data), curveTop(data, goal)];
  const height = (value) => curveHeight(value, top, low);
  const base = height(low);
  context.font = CURVE_FONT;
  drawStretches(context, strip, data, goal, theme);
  context.fillStyle = theme.line;
  context.fillRect(strip.left, base, strip.right - strip.left, 1);
  context.fillRect(strip.left, height(top), strip.right - strip.left, 1);
  drawAxisWords(context, strip, data.short[goal], [low, top], height, theme);
  drawLine(context, strip, data, goal, height, theme);
  drawCursor(context, strip, data, goal, height, at, theme);
  if (hover !== null) drawPoint(context, middleAt(strip, hover), height(valueOf(data, hover, goal)), theme.bg, theme.fg);
}

// Behind the curve the times at which the goal was commanded; above it those at which it was achieved.
function drawStretches(context, strip, data, goal, theme) {
  context.fillStyle = theme.accent;
  for (const [from, to] of spellsOf((t) => data.commanded[t] === goal, data.times)) {
    context.globalAlpha = 0.2;
    context.fillRect(edgeOf(strip, from), CURVE.top - 4, edgeOf(strip, to + 1) - edgeOf(strip, from), TALL_CURVE - CURVE.top - CURVE.bottom + 4);
    context.globalAlpha = 1;
  }
  context.fillStyle = theme.fg;
  for (const [from, to] of spellsOf((t) => isDone(data, t, goal), data.times)) {
    const width = Math.max(3, edgeOf(strip, to + 1) - edgeOf(strip, from));
    context.fillRect(edgeOf(strip, from), 4, width, 4);
    if (!from) continue; // achieved from the start: nothing was reached
    context.beginPath();
    context.arc(middleAt(strip, from), 6, 4.5, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawAxisWords(context, strip, name, [low, top], height, theme) {
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  const digits = top < 0.05 ? 3 : 2;
  context.fillText(formatNumber(top, digits), strip.left - 12, height(top));
  context.fillText(formatNumber(low, 0), strip.left - 12, height(low) - 1);
  context.fillStyle = theme.fg;
  context.font = `600 ${CURVE_FONT}`;
  context.fillText(fitted(context, name, strip.left - 16), strip.left - 12, (height(top) + height(low)) / 2);
}

function drawLine(context, strip, data, goal, height, theme) {
  context.strokeStyle = theme.fg;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.beginPath();
  for (let t = 0; t < data.times; t++) {
    const point = [middleAt(strip, t), height(valueOf(data, t, goal))];
    if (t) context.lineTo(...point);
    else context.moveTo(...point);
  }
  context.stroke();
}

function drawCursor(context, strip, data, goal, height, at, theme) {
  const before = Math.floor(at);
  const part = at - before;
  const value = (1 - part) * valueOf(data, before, goal) + part * valueOf(data, Math.min(before + 1, data.last), goal);
  const x = middleAt(strip, at);
  context.strokeStyle = theme.fg;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, CURVE.top - 4);
  context.lineTo(x, TALL_CURVE);
  context.stroke();
  drawPoint(context, x, height(value), theme.accent, theme.bg);
}

function drawPoint(context, x, y, colour, rim) {
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = rim;
  context.lineWidth = 2;
  context.stroke();
}
