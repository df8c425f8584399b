// How a plane is drawn: ground and walls, fields and tiles of values, arrows, goals, and a body with its way so far.
import { valueAt } from "../lib/arrays.js";
import { element, sizeCanvas } from "../lib/elements.js";
import { lutOf, pixelsOf, shadeOf, EMPTY } from "../map/values.js";
import { valueOf } from "../walk/by_time.js";
import { middleOfCell, onCanvas, thinned, ticksOf, tilesOf, wayAt } from "./plane.js";

const ARROWS = 18; // CSS pixels between two arrows of a field, about
const LEAST_TILE = 12; // CSS pixels of a tile from which each has its arrow
export const DARK = "#14181d";
export const LIGHT = "#ffffff";

// A map with its name above: {node, name, map, probe}. What moves is drawn on the probe.
export function planeFigure() {
  const [map, probe] = ["leo-map", "leo-probe"].map((name) => element("canvas", { class: name }));
  const name = element("div", { class: "leo-plane-name" });
  return { node: element("figure", { class: "leo-plane-figure" }, name, element("div", { class: "leo-stage" }, map, probe)), name, map, probe };
}

// ---------------------------------------------------------------- what stands still

// The whole ground. paint(context) draws the values, between the floor and the walls.
export function drawGroundMap(canvas, lens, data, theme, paint) {
  const context = sizeCanvas(canvas, lens.width, lens.height);
  context.fillStyle = theme.bg;
  context.fillRect(0, 0, lens.width, lens.height);
  context.fillStyle = theme.empty;
  context.fillRect(lens.left, lens.top, lens.across, lens.down);
  context.save();
  context.beginPath();
  context.rect(lens.left, lens.top, lens.across, lens.down);
  context.clip();
  paint(context);
  context.restore();
  drawScales(context, lens, data, theme);
  return context;
}

function drawScales(context, lens, data, theme) {
  const [x0, y0, x1, y1] = lens.extent;
  const [right, bottom] = [lens.left + lens.across, lens.top + lens.down];
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(lens.left - 0.5, lens.top - 0.5, lens.across + 1, lens.down + 1);
  context.font = "10px system-ui, sans-serif";
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "center";
  const room = right - context.measureText(data.unit).width - 4; // the unit stands at the end
  for (const [x, text] of ticksOf(x0, x1, lens.scale, 44)) {
    const [at] = onCanvas(lens, [x, 0]);
    context.fillRect(Math.round(at), bottom + 1, 1, 3);
    if (at + context.measureText(text).width / 2 < room) context.fillText(text, at, bottom + 12);
  }
  context.textAlign = "right";
  context.fillText(data.unit, right + 4, bottom + 12);
  for (const [y, text] of ticksOf(y0, y1, lens.scale, 30)) {
    const [, at] = onCanvas(lens, [0, y]);
    context.fillRect(lens.left - 4, Math.round(at), 3, 1);
    context.fillText(text, lens.left - 7, Math.max(7, at));
  }
}

// Hatched, as one region.
export function drawPlaneWalls(context, lens, { walls }, theme) {
  if (!walls.length) return;
  context.save();
  context.beginPath();
  for (const [x0, y0, x1, y1] of walls) {
    const [[left, top], [right, bottom]] = [onCanvas(lens, [x0, y1]), onCanvas(lens, [x1, y0])];
    context.rect(left, top, right - left, bottom - top);
  }
  context.fillStyle = theme.wall;
  context.fill();
  context.clip();
  context.beginPath();
  for (let at = 0; at < lens.across + lens.down; at += 6) {
    context.moveTo(lens.left + at, lens.top);
    context.lineTo(lens.left, lens.top + at);
  }
  context.strokeStyle = theme.hatch;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

// Places 0..255 of all places of a field on the colours of a scale, for one goal. exact: the exact values.
export function fieldShades(data, field, { scale, goal }, exact) {
  const source = exact ? field.exact.v : field.v;
  return Uint16Array.from(field.cells, (_, place) => {
    const index = place * data.goals + goal;
    const found = shadeOf(data, scale, valueAt(source, index), field.exact ? valueAt(field.exact.v, index) : NaN, goal);
    return Number.isNaN(found) ? EMPTY : found;
  });
}

// One pixel for each place, stretched over the ground: cells without a place keep the floor's colour.
export function drawFieldColours(context, lens, field, shades, scale, theme) {
  const image = new ImageData(field.cols, field.rows);
  const pixels = new Uint32Array(image.data.buffer);
  const key = `${scale} ${theme.bg} ${theme.empty}`;
  const lut = (field.luts ??= {})[key] ??= pixelsOf(scale, theme);
  field.at.forEach((place, i) => place >= 0 && (pixels[i] = lut[shades[place]]));
  field.canvas ??= Object.assign(document.createElement("canvas"), { width: field.cols, height: field.rows });
  field.canvas.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(field.canvas, lens.left, lens.top, lens.across, lens.down);
}

// Where the best first actions lead, thinned to about one in ARROWS pixels.
export function drawFieldArrows(context, lens, data, field, goal, ways, shades, scale) {
  const apart = Math.max(1, Math.round((ARROWS * field.cols) / lens.across), Math.round((ARROWS * field.rows) / lens.down));
  const middle = Math.floor(apart / 2);
  const arrows = [];
  field.cells.forEach((cell, place) => {
    if (cell[0] % apart !== middle || cell[1] % apart !== middle) return;
    const at = onCanvas(lens, middleOfCell(field, data.extent, cell));
    arrows.push([at, wayAt(ways, place * data.goals + goal), isLightOn(scale, shades[place])]);
  });
  drawArrows(context, arrows, Math.min(20, (apart * lens.across) / field.cols));
}

const isLightOn = (scale, place) => place === EMPTY || lutOf(scale).isLight[place];

// Arrows around their places, [[place in pixels, [dx, dy], dark ink]], all of one ink in one fill.
function drawArrows(context, arrows, size) {
  for (const dark of [true, false]) {
    context.beginPath();
    arrows.forEach(([at, way, isDark]) => isDark === dark && traceWay(context, at, way, size));
    context.fillStyle = dark ? DARK : LIGHT;
    context.fill();
  }
}

function traceWay(context, [x, y], [dx, dy], size) {
  const length = Math.hypot(dx, dy);
  if (length < 0.06) return;
  const [along, across] = [[dx / length, -dy / length], [dy / length, dx / length]];
  const reach = size * 0.45 * Math.max(0.4, Math.min(1, length));
  const [thick, head] = [Math.max(0.55, size * 0.03), Math.max(2.2, size * 0.16)];
  const corners = [[-1, thick], [0.25, thick], [0.25, head], [1, 0], [0.25, -head], [0.25, -thick], [-1, -thick]];
  corners.forEach(([forward, aside], i) => {
    const to = [0, 1].map((k) => [x, y][k] + along[k] * forward * reach + across[k] * aside);
    if (i) context.lineTo(...to);
    else context.moveTo(...to);
  });
  context.closePath();
}

// The goals as small dots; those reached so far, as far as `last`, are filled. last: -1 for none.
export function drawLattice(context, lens, data, firsts, last) {
  const size = Math.max(1.3, Math.min(2.1, 0.07 * data.spacing * lens.scale));
  for (const reached of [false, true]) {
    context.beginPath();
    data.points.forEach((point, goal) => {
      if ((firsts?.[goal] <= last) !== reached) return;
      const [x, y] = onCanvas(lens, point);
      context.moveTo(x + size, y);
      context.arc(x, y, size, 0, 2 * Math.PI);
    });
    context.fillStyle = reached ? DARK : LIGHT;
    context.fill();
    context.strokeStyle = reached ? LIGHT : DARK;
    context.lineWidth = reached ? 1.2 : 0.7;
    context.stroke();
  }
}

// ---------------------------------------------------------------- goals as the body values them

// The tiles on a canvas, as paths, with their middles and those that have an arrow.
export function tilePaths(lens, data) {
  const size = data.spacing * lens.scale;
  const paths = tilesOf(data.points, data.spacing).map((corners) => {
    const path = new Path2D();
    corners.map((corner) => onCanvas(lens, corner)).forEach((at, i) => (i ? path.lineTo(...at) : path.moveTo(...at)));
    path.closePath();
    return path;
  });
  const middles = data.points.map((point) => onCanvas(lens, point));
  return { paths, middles, size, arrows: thinned(middles, Math.min(size * 0.9, LEAST_TILE)) };
}

// Every goal's tile coloured by its value at a time, with the arrow of the best action.
function drawTiles(context, tiles, data, { scale, frame }, theme) {
  const lut = lutOf(scale);
  const shades = data.points.map((_, goal) => shadeOf(data, scale, valueOf(data, frame, goal), NaN, goal));
  tiles.paths.forEach((path, goal) => {
    context.fillStyle = lut.css[shades[goal]];
    context.fill(path);
  });
  if (tiles.size >= 6) {
    context.beginPath();
    context.strokeStyle = theme.bg;
    context.lineWidth = 1;
    tiles.paths.forEach((path) => context.stroke(path));
  }
  return shades;
}

function drawTileArrows(context, tiles, data, { frame }, shades) {
  const arrows = tiles.arrows.map((goal) =>
    [tiles.middles[goal], wayAt(data.ways, frame * data.goals + goal), isLightOn("value", shades[goal])]);
  drawArrows(context, arrows, Math.min(26, Math.max(tiles.size * 0.8, LEAST_TILE)));
}

// A notch in the corner of each goal that was reached so far.
function drawReached(context, tiles, firsts, last) {
  const half = Math.min(tiles.size / 2 - 1, 16);
  const notch = Math.max(3, half * 0.5);
  context.beginPath();
  firsts.forEach((first, goal) => {
    if (first > last) return;
    const [x, y] = tiles.middles[goal];
    context.moveTo(x + half - notch, y - half);
    context.lineTo(x + half, y - half);
    context.lineTo(x + half, y - half + notch);
    context.closePath();
  });
  context.lineJoin = "round";
  context.strokeStyle = LIGHT;
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = DARK;
  context.fill();
}

// All goals' tiles at a time, with walls, arrows and notches: what stands below the body.
export function paintGoals(context, { lens, data, tiles, firsts, theme }, now) {
  const shades = drawTiles(context, tiles, data, now, theme);
  drawPlaneWalls(context, lens, data, theme);
  drawTileArrows(context, tiles, data, now, shades);
  drawReached(context, tiles, firsts, now.frame);
}

// The first time at which each goal is reached; Infinity for never.
export function firstTimes(data) {
  const firsts = data.points.map(() => Infinity);
  data.goalsOn.forEach((goals, t) => goals.forEach((goal) => (firsts[goal] = Math.min(firsts[goal], t))));
  return firsts;
}
