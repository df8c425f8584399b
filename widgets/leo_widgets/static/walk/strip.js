// The strip: one row for each goal, one column for each time, coloured by V(s_t, g). Geometry and drawing.
import { fitted, sizeCanvas } from "../lib/elements.js";
import { groupOf } from "../lib/words.js";
import { pixelsOf } from "../map/values.js";

const GUTTER = [74, 150]; // CSS pixels for the names on the left: at least, at most
export const TOP = 4; // room for the frame of the playhead
const AXIS = 20; // room for the numbers below
export const APART = 13; // CSS pixels between two names at least
export const READABLE = 12; // the height from which a row has its name beside it
const HEIGHT = 380; // what all rows together may take, unless they are very many
const FONT = "11px system-ui, sans-serif";

// ---------------------------------------------------------------- geometry

// Heights of the rows: [height of a commanded goal's row, of another's]. Commanded goals stay readable among many.
export function rowHeights(goals, commanded) {
  const even = Math.floor(HEIGHT / goals);
  if (even >= READABLE || commanded === goals) return [Math.max(1, Math.min(18, even)), Math.max(1, Math.min(18, even))];
  const tall = Math.max(4, Math.min(14, Math.floor(HEIGHT / 2 / commanded)));
  const low = Math.max(1, Math.min(10, Math.floor((HEIGHT - commanded * tall) / (goals - commanded))));
  return [Math.max(tall, low), low];
}

// Width of a column: whole pixels where they are many, else all times share the width evenly.
export function columnWidth(room, times) {
  const even = room / times;
  return even >= 12 ? Math.min(96, Math.floor(even)) : even;
}

// The strip's measures for a width in CSS pixels. order lists the goals from top to bottom.
export function stripOf(data, order, width) {
  const commanded = new Set(data.commanded);
  const [tall, low] = rowHeights(order.length, commanded.size);
  const tops = [TOP];
  order.forEach((goal) => tops.push(tops.at(-1) + (commanded.has(goal) ? tall : low)));
  const rowOf = new Int32Array(order.length);
  order.forEach((goal, row) => (rowOf[goal] = row));
  const left = Math.round(Math.max(GUTTER[0], Math.min(GUTTER[1], width / 4, 20 + 6.5 * data.longest)));
  const column = columnWidth(width - left - 8, data.states.length);
  return {
    order, rowOf, tops, column, left, right: left + column * data.states.length, low,
    bottom: tops.at(-1), width, height: tops.at(-1) + AXIS, times: data.states.length,
    written: [], // middles of the names that stand beside rows, once they are drawn
  };
}

// Left edge of a time, also between two frames; and the time and the goal under a point.
export const edgeOf = (strip, t) => strip.left + t * strip.column;
export const timeAt = (strip, x) => Math.max(0, Math.min(strip.times - 1, Math.floor((x - strip.left) / strip.column)));
export function goalAt(strip, y) {
  if (y < strip.tops[0] || y >= strip.bottom) return -1;
  let [low, high] = [0, strip.order.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (strip.tops[middle] <= y) low = middle;
    else high = middle - 1;
  }
  return strip.order[low];
}

// Times that get a number below: a round distance apart, with at least 44 pixels between two.
export function axisTimes(strip) {
  const round = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((step) => step * strip.column >= 44) ?? strip.times;
  return Array.from({ length: Math.ceil(strip.times / round) }, (_, i) => i * round);
}

// ---------------------------------------------------------------- what stands still

// Values, outlines of the commanded stretches, marks of what was reached, names and numbers.
export function drawStrip(canvas, strip, data, view, theme, groups) {
  const context = sizeCanvas(canvas, strip.width, strip.height);
  context.fillStyle = theme.bg;
  context.fillRect(0, 0, strip.width, strip.height);
  drawValues(context, strip, data, view, theme);
  drawHairlines(context, strip, theme);
  drawNames(context, strip, data, theme);
  if (groups) drawGroups(context, strip, data, theme);
  data.segments.forEach((segment) => drawSegment(context, strip, segment, theme));
  drawMarks(context, strip, data, theme);
  drawAxis(context, strip, theme);
}

// One pixel for each pair, then the rows stretched to their place: fast for a hundred thousand pairs.
function drawValues(context, strip, data, view, theme) {
  const { order, times } = strip;
  const image = new ImageData(times, order.length);
  const pixels = new Uint32Array(image.data.buffer);
  const lut = pixelsOf(view.scale, theme);
  order.forEach((goal, row) => {
    for (let t = 0; t < times; t++) pixels[row * times + t] = lut[view.shades[data.states[t] * data.goals + goal]];
  });
  const small = document.createElement("canvas");
  [small.width, small.height] = [times, order.length];
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = strip.column < 1;
  // rows of one height at once; smoothed ones alone, for they must not run into each other
  for (let row = 0, end; row < order.length; row = end) {
    const height = strip.tops[row + 1] - strip.tops[row];
    end = row + 1;
    while (!context.imageSmoothingEnabled && end < order.length && strip.tops[end + 1] - strip.tops[end] === height) end++;
    context.drawImage(small, 0, row, times, end - row, strip.left, strip.tops[row], strip.right - strip.left, strip.tops[end] - strip.tops[row]);
  }
}

function drawHairlines(context, strip, theme) {
  context.fillStyle = theme.bg;
  if (strip.column >= 6) {
    for (let t = 1; t <= strip.times; t++) context.fillRect(Math.round(edgeOf(strip, t)) - 1, TOP, 1, strip.bottom - TOP);
  }
  strip.order.forEach((_, row) => {
    const height = strip.tops[row + 1] - strip.tops[row];
    if (height >= 6) context.fillRect(strip.left, strip.tops[row + 1] - 1, strip.right - strip.left, 1);
  });
}

// Where one group of goals ends and the next begins: a line, and the name of the group where rows have none.
function drawGroups(context, strip, data, theme) {
  const group = (row) => groupOf(data.goalNames[strip.order[row]]);
  const starts = strip.order.flatMap((_, row) => (row && group(row) === group(row - 1) ? [] : [row]));
  if (starts.length < 2 || starts.length === strip.order.length) return;
  writeNames(context, theme.muted);
  starts.forEach((row, i) => {
    context.fillRect(6, strip.tops[row] - 1, strip.right - 6, row ? 1 : 0);
    const end = (strip.tops[starts[i + 1]] ?? strip.bottom) - 8;
    let y = strip.tops[row] + 8;
    while (y <= end && strip.written.some((other) => Math.abs(other - y) < APART)) y++; // below names of goals
    if (strip.low < READABLE && y <= end) writeName(context, strip, group(row), y);
  });
}

export function writeNames(context, colour, weight = "") {
  context.font = weight + FONT;
  context.fillStyle = colour;
  context.textAlign = "right";
  context.textBaseline = "middle";
}

// A name cut to the width of the gutter, and where it stands.
function writeName(context, strip, name, y) {
  strip.written.push(y);
  context.fillText(fitted(context, name, strip.left - 16), strip.left - 12, y);
}

function drawSegment(context, strip, { goal, from, to }, theme) {
  const row = strip.rowOf[goal];
  const [x, y] = [edgeOf(strip, from), strip.tops[row]];
  const [width, height] = [edgeOf(strip, to + 1) - x - (strip.column >= 6 ? 1 : 0), strip.tops[row + 1] - y - 1];
  context.lineJoin = "miter";
  for (const [colour, size] of [[theme.bg, 4], [theme.accent, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = size;
    context.strokeRect(x, y, width, Math.max(1, height));
  }
}

// A disc where the commanded goal was reached, a dot where another one was passed.
function drawMarks(context, strip, data, theme) {
  for (let t = 1; t < strip.times; t++) {
    for (const goal of data.goalsOn[data.states[t]]) {
      const row = strip.rowOf[goal];
      const height = strip.tops[row + 1] - strip.tops[row];
      const [x, y] = [edgeOf(strip, t) + (strip.column - 1) / 2, strip.tops[row] + (height - 1) / 2];
      const asked = data.achieved[t] && data.commanded[t] === goal;
      const size = Math.min(strip.column, height);
      if (asked) dot(context, x, y, Math.max(3.5, size * 0.34), theme.accent, theme.bg);
      else dot(context, x, y, Math.max(strip.column >= 6 ? 1.5 : 1.1, size * 0.17), theme.muted);
    }
  }
}

function dot(context, x, y, radius, colour, rim) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  if (!rim) return;
  context.strokeStyle = rim;
  context.lineWidth = 1.5;
  context.stroke();
}

function drawNames(context, strip, data, theme) {
  writeNames(context, theme.fg);
  const commanded = new Set(data.commanded);
  strip.order.forEach((goal, row) => {
    const height = strip.tops[row + 1] - strip.tops[row];
    if (height < READABLE) return;
    context.fillStyle = commanded.has(goal) ? theme.fg : theme.muted;
    writeName(context, strip, data.short[goal], strip.tops[row] + height / 2);
  });
}

function drawAxis(context, strip, theme) {
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = theme.muted;
  for (const t of axisTimes(strip)) {
    const x = edgeOf(strip, t) + (strip.column - (strip.column >= 6 ? 1 : 0)) / 2;
    context.fillRect(Math.round(x), strip.bottom + 1, 1, 3);
    const half = context.measureText(String(t)).width / 2;
    context.fillText(String(t), Math.min(x, strip.width - half), strip.bottom + 7);
  }
  context.textAlign = "right";
  context.fillText("step", strip.left - 12, strip.bottom + 7);
}
