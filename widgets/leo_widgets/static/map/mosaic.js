// A small map for each goal: which goals are shown, where their tiles stand, what they say. Geometry, words, drawing.
import { decode, valueAt } from "../lib/arrays.js";
import { fitted, sizeCanvas } from "../lib/elements.js";
import { formatNumber, shortName } from "../lib/words.js";
import { amountOf, isHere, pixelsOf, read, readValues } from "./values.js";

const GAP = 10; // CSS pixels between tiles
const EDGE = 6; // around all of them, for frames
const LINE = 14; // height of a line below a tile
const TALL = 620; // what all tiles together may take while they can shrink
const WIDTHS = [60, 150]; // of a tile: at least where tiles are many, at most where they are few
const CELL = 18; // of a tile: at most
const WALL = 258; // places in the palette after those of shadesOf
const OTHER = 259;

// The traits of a mosaic: the values [S, G, 1], and what is known of each goal. get(name) reads a trait.
export function readMosaic(get, grid) {
  const data = readValues((name) => get(name === "q" ? "v" : name), grid);
  const success = get("success").data ? decode(get("success")) : null;
  return { ...data, short: data.goalNames.map(shortName), success, scores: get("scores"), orders: get("orders") };
}

// ---------------------------------------------------------------- which goals

// The goals that a filter lets through, in the order of a sort.
export function shownGoals(data, sort, prefix) {
  const start = prefix.trim().toLowerCase();
  const fits = (name) => name.toLowerCase().startsWith(start);
  return data.orders[sort].filter((goal) => fits(data.goalNames[goal]) || fits(data.short[goal]));
}

// The picked goals of the model: at most `most`, each once, as an address may ask for anything.
export const pickedOf = (model) => [...new Set(model.get("selection"))].slice(0, model.get("most"));

// The picks with a goal added at their end, or taken away. null: no more can be picked.
export function repicked(picked, goal, most) {
  if (picked.includes(goal)) return picked.filter((other) => other !== goal);
  return picked.length < most ? [...picked, goal] : null;
}

// Whether some start fails to reach the goal.
export const isFailing = ({ scores }, goal) => isPart(scores.success?.[goal] ?? 1);
const isPart = (share) => share < 1 - 1e-6;

// ---------------------------------------------------------------- where

// Tiles as large as `room` CSS pixels of width allow: {cell, columns, tile: [width, height], step: [x, y], lines, width, height}.
// lines: of text below a tile; two where a name and a number do not fit side by side.
export function layoutOf(grid, room, count, hasScore) {
  const least = Math.min(CELL, Math.max(2, Math.ceil(WIDTHS[0] / grid.cols)));
  const most = Math.max(least, Math.min(CELL, Math.floor(WIDTHS[1] / grid.cols)));
  let layout;
  for (let cell = most; cell >= least; cell--) {
    layout = layoutWith(grid, cell, room, count, hasScore);
    if (layout.height <= TALL) break;
  }
  return layout;
}

function layoutWith(grid, cell, room, count, hasScore) {
  const tile = [grid.cols * cell, grid.rows * cell];
  const lines = hasScore && tile[0] < 84 ? 2 : 1;
  const step = [Math.max(tile[0], 36) + GAP, tile[1] + lines * LINE + GAP];
  const columns = Math.max(1, Math.floor((room - 2 * EDGE + GAP) / step[0]));
  const rows = Math.max(1, Math.ceil(count / columns));
  const width = 2 * EDGE + Math.max(columns * step[0] - GAP, tile[0]);
  return { cell, columns, tile, step, lines, width, height: 2 * EDGE + rows * step[1] - GAP };
}

// The upper left corner of a place in CSS pixels.
export const placeCorner = ({ columns, step }, place) =>
  [EDGE + (place % columns) * step[0], EDGE + Math.floor(place / columns) * step[1]];

// What lies under a point: {place, cell}, cell being [row, col], or null on the text below a tile. null: nothing.
export function tileAt(layout, grid, count, x, y) {
  const { columns, step, tile, cell, lines } = layout;
  const [across, down] = [Math.floor((x - EDGE) / step[0]), Math.floor((y - EDGE) / step[1])];
  const place = down * columns + across;
  if (across < 0 || down < 0 || across >= columns || place >= count) return null;
  const [left, top] = placeCorner(layout, place);
  if (x - left >= Math.max(tile[0], step[0] - GAP) || y - top >= tile[1] + lines * LINE) return null;
  const [row, col] = [Math.floor((y - top) / cell), Math.floor((x - left) / cell)];
  return { place, cell: row < grid.rows && col < grid.cols ? [row, col] : null };
}

// The place next to one in a direction; the same one at the edges.
export function nextPlace({ columns }, count, place, direction) {
  const next = place + { left: -1, right: 1, up: -columns, down: columns }[direction];
  return next < 0 || next >= count ? place : next;
}

// ---------------------------------------------------------------- drawing

// All tiles in one small canvas, a pixel for each cell, made anew only when values, scale or theme change.
export function atlasOf(data, shades, scale, theme) {
  const { rows, cols } = data.grid;
  const across = Math.ceil(Math.sqrt(data.goals));
  const image = new ImageData(across * cols, Math.ceil(data.goals / across) * rows);
  const pixels = new Uint32Array(image.data.buffer);
  const palette = pixelsOf(scale, theme, theme.wall, theme.empty);
  const places = cellPlaces(data);
  for (let goal = 0; goal < data.goals; goal++) {
    const start = Math.floor(goal / across) * rows * image.width + (goal % across) * cols;
    places.forEach((state, at) => {
      const place = state < 0 ? -state : shades[state * data.goals + goal];
      pixels[start + Math.floor(at / cols) * image.width + (at % cols)] = palette[place];
    });
  }
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, across };
}

// For each cell of the map its state, or minus the place of its colour.
function cellPlaces({ grid, stateAt }) {
  return Array.from(stateAt, (state, at) => {
    if (state >= 0) return state;
    const char = grid.chars?.[Math.floor(at / grid.cols)][at % grid.cols] ?? "#";
    return char === "#" ? -WALL : -OTHER;
  });
}

// Every tile with its name and score. now: {goals, layout, sort}
export function drawTiles(canvas, data, atlas, now, theme) {
  const { layout } = now;
  const context = sizeCanvas(canvas, layout.width, layout.height);
  context.fillStyle = theme.bg;
  context.fillRect(0, 0, layout.width, layout.height);
  const tiles = now.goals.map((goal, place) => [goal, ...placeCorner(layout, place)]);
  drawMaps(context, data, atlas, layout, tiles);
  drawGoals(context, data, layout, tiles, theme);
  const failing = tiles.filter(([goal]) => isFailing(data, goal));
  frameTiles(context, layout, tiles.filter(([goal]) => !isFailing(data, goal)), theme.line, 1);
  frameTiles(context, layout, failing, theme.accent, 2.5);
  drawLabels(context, data, now, theme);
}

function drawMaps(context, { grid }, atlas, { tile }, tiles) {
  context.imageSmoothingEnabled = false;
  for (const [goal, x, y] of tiles) {
    const from = [(goal % atlas.across) * grid.cols, Math.floor(goal / atlas.across) * grid.rows];
    context.drawImage(atlas.canvas, ...from, grid.cols, grid.rows, x, y, ...tile);
  }
}

// The goal on its own map: a square with a rim. One path for all, as everywhere here: there may be hundreds.
function drawGoals(context, data, { cell }, tiles, theme) {
  const inset = Math.max(1, Math.round(cell * 0.15));
  for (const [colour, by] of [[theme.bg, 0], [theme.accent, inset]]) {
    context.beginPath();
    for (const [goal, x, y] of tiles) {
      const [row, col] = data.goalPositions[goal];
      context.rect(x + col * cell - 1 + by, y + row * cell - 1 + by, cell + 2 - 2 * by, cell + 2 - 2 * by);
    }
    context.fillStyle = colour;
    context.fill();
  }
}

function frameTiles(context, { tile }, tiles, colour, width) {
  context.beginPath();
  for (const [, x, y] of tiles) context.rect(x - width / 2, y - width / 2, tile[0] + width, tile[1] + width);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function drawLabels(context, data, { goals, layout, sort }, theme) {
  labelFont(context, layout);
  const [width, room] = [layout.tile[0], layout.step[0] - GAP + 4];
  goals.forEach((goal, place) => {
    const [x, y] = placeCorner(layout, place);
    const middle = y + layout.tile[1] + LINE / 2 + 3;
    const score = sort === "name" ? "" : scoreWord(data, sort, goal);
    const own = layout.lines === 1 && score ? context.measureText(score).width + 6 : 0;
    context.textAlign = "left";
    context.fillStyle = theme.fg;
    context.fillText(fitted(context, data.short[goal], room - own), x, middle);
    context.fillStyle = theme.muted;
    if (layout.lines === 2) return context.fillText(score, x, middle + LINE - 2);
    context.textAlign = "right";
    context.fillText(score, x + width, middle);
  });
}

// What changes with the pointer: the chosen goal, the picked ones with their numbers, the tile and cell that are read.
//   now: {goals, layout, goal, picked, reading: {goal, cell or null}}
export function drawMarksOver(canvas, data, now, theme) {
  const { layout } = now;
  const context = sizeCanvas(canvas, layout.width, layout.height);
  const corner = (goal) => (now.goals.includes(goal) ? placeCorner(layout, now.goals.indexOf(goal)) : null);
  if (corner(now.goal)) fillName(context, data, now, corner(now.goal), theme);
  now.picked.forEach((goal, i) => corner(goal) && drawBadge(context, corner(goal), layout, i + 1, theme));
  const at = corner(now.reading.goal);
  if (!at) return;
  outline(context, at, layout.tile, 4, [[theme.fg, 2]]);
  if (!now.reading.cell) return;
  const [row, col] = now.reading.cell;
  outline(context, [at[0] + col * layout.cell, at[1] + row * layout.cell], [layout.cell, layout.cell], 1, [["#ffffff", 3.5], ["#111418", 1.5]]);
}

// The name of the chosen goal in reverse. Frames are for what is read and for what fails.
function fillName(context, data, { layout, goal }, [x, y], theme) {
  labelFont(context, layout);
  const name = fitted(context, data.short[goal], layout.step[0] - GAP + 4);
  const top = y + layout.tile[1] + 3;
  context.fillStyle = theme.fg;
  context.beginPath();
  context.roundRect(x - 3, top, context.measureText(name).width + 6, LINE, 3);
  context.fill();
  context.textAlign = "left";
  context.fillStyle = theme.bg;
  context.fillText(name, x, top + LINE / 2);
}

function labelFont(context, layout) {
  context.font = `${layout.tile[0] < 84 ? 10 : 11}px system-ui, sans-serif`;
  context.textBaseline = "middle";
}

function outline(context, [x, y], [width, height], out, strokes) {
  context.lineJoin = "round";
  for (const [colour, line] of strokes) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x - out, y - out, width + 2 * out, height + 2 * out);
  }
}

// The number of a picked goal in a disc at the upper right corner.
function drawBadge(context, [x, y], { tile }, number, theme) {
  const [cx, cy] = [x + tile[0] - 3, y + 3];
  context.beginPath();
  context.arc(cx, cy, 8, 0, 2 * Math.PI);
  context.fillStyle = theme.fg;
  context.fill();
  context.strokeStyle = theme.bg;
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = theme.bg;
  context.font = "600 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), cx, cy + 0.5);
}

// ---------------------------------------------------------------- words

// A share that is not whole is never written as 100 %.
const percent = (share) => `${Math.min(Math.round(100 * share), isPart(share) ? 99 : 100)} %`;

// A goal's score below its tile.
export function scoreWord(data, sort, goal) {
  const score = data.scores[sort]?.[goal] ?? null;
  if (score === null) return "–";
  return sort === "success" ? percent(score) : formatNumber(score);
}

// What is known of a goal: ["mean value 0.912", "mean error 0.013", "success 87 %"].
export function scoreWords(data, goal) {
  const names = { value: "mean value", error: "mean error", success: "success" };
  return Object.keys(names).filter((name) => data.scores[name]).map((name) => {
    const word = scoreWord(data, name, goal);
    return `${names[name]} ${word === "–" ? "unknown" : word}`;
  });
}

// One sentence about a goal and a state, for the live line. view: {array}; marks: ["chosen", "picked"], as it is
export function describeTile(data, view, goal, state, marks = []) {
  const [row, col] = data.statePositions[state];
  const from = `from row ${row} column ${col}`;
  const scores = `goal ${[data.short[goal], ...marks].join(", ")}: ${scoreWords(data, goal).join(", ")}`;
  if (isHere(data, state, goal)) return `${scores}; ${from}: the state is the goal`;
  const value = data.valueScale.convertible ? `${formatNumber(read(data, view.array, state, goal).value)}, ` : "";
  const rate = data.success ? valueAt(data.success, state * data.goals + goal) : NaN;
  const success = Number.isNaN(rate) ? "" : `, success ${percent(rate)}`;
  return `${scores}; ${from}: ${value}${amountOf(data, view.array, state, goal)}${success}`;
}

export function countWord(data, goals, sort) {
  const order = {
    name: "by name", value: "largest mean value first", error: "largest mean error first", success: "lowest success first",
  }[sort];
  const all = data.goals;
  return `${goals.length === all ? `${all} goals` : `${goals.length} of ${all} goals`}, ${order}`;
}

// The rows of the table twin: [headings, rows], one row for each goal that is shown.
export function mosaicRows(data, goals, picked) {
  const names = { value: "mean value", error: "mean error", success: "success" };
  const known = Object.keys(names).filter((name) => data.scores[name]);
  const headings = ["goal", ...known.map((name) => names[name]), "picked"];
  const rows = goals.map((goal) => [data.goalNames[goal], ...known.map((name) => scoreWord(data, name, goal)),
    picked.includes(goal) ? String(1 + picked.indexOf(goal)) : ""]);
  return [headings, rows];
}
