// The map of a walk: cells coloured for one goal, and over it the way so far, the goals and the agent.
import { sizeCanvas } from "../lib/elements.js";
import { drawBackground, drawSigns } from "../map/background.js";
import { cornerOf, gridContext } from "../map/grid.js";
import { drawAgent, drawCross, drawFrame, drawRing, fillCell } from "../map/marks.js";
import { isCut, lutOf, EMPTY, HERE } from "../map/values.js";
import { placeAt, segmentAt } from "./rollout.js";

const TRAIL = 60; // steps of the way that are drawn at most

// The cells. view: {shades, scale, goal, exact}.
export function drawCells(canvas, data, view, theme) {
  const context = gridContext(canvas, data.grid);
  drawBackground(context, data.grid, theme);
  const lut = lutOf(view.scale);
  data.statePositions.forEach(([row, col], state) => {
    const place = view.shades[state * data.goals + view.goal];
    if (place === HERE) return fillCell(context, data.grid, row, col, theme.bg);
    fillCell(context, data.grid, row, col, place === EMPTY ? theme.empty : lut.css[place]);
    const ink = place === EMPTY ? theme.muted : lut.isLight[place] ? "#14181d" : "#ffffff";
    if (place === EMPTY || isCut(data, state, view.goal)) drawCross(context, data.grid, row, col, ink);
  });
  drawSigns(context, data.grid);
}

// All that moves, at a time between two frames. view: {frame, goal, hover: goal or -1}.
export function drawWalk(canvas, size, data, view, at, theme) {
  const context = sizeCanvas(canvas, size.width, size.height);
  const commanded = data.commanded[view.frame];
  drawTrail(context, data, view.frame, at);
  drawRing(context, data.grid, data.goalPositions[commanded], theme);
  for (const goal of new Set([view.goal, view.hover])) {
    if (goal >= 0 && (goal !== commanded || goal === view.hover)) drawFrame(context, data.grid, ...data.goalPositions[goal]);
  }
  drawAgent(context, data.grid, ...placeAt(data, at), theme, { clear: false });
}

// The way since the present command, in pieces where a teleporter interrupts it.
export function trailOf(data, frame, at) {
  const from = Math.max(0, segmentAt(data, frame).from - 1, frame - TRAIL);
  const cells = [];
  for (let t = from; t < Math.min(frame, at); t++) cells.push(data.statePositions[data.states[t]]);
  cells.push(placeAt(data, at));
  const pieces = [];
  cells.forEach(([row, col], i) => {
    const [beforeRow, beforeCol] = cells[i - 1] ?? [];
    if (Math.abs(row - beforeRow) + Math.abs(col - beforeCol) <= 1.001) pieces.at(-1).push([row, col]);
    else pieces.push([[row, col]]);
  });
  return pieces;
}

function drawTrail(context, data, frame, at) {
  const middle = ([row, col]) => cornerOf(data.grid, row, col).map((x) => x + (data.grid.cell - 1) / 2);
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  for (const piece of trailOf(data, frame, at)) {
    piece.forEach((cell, i) => (i ? context.lineTo(...middle(cell)) : context.moveTo(...middle(cell))));
  }
  for (const [colour, width] of [["#ffffff", 4.5], ["#111418", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}
