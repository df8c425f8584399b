// What moves on a plane: the way so far, the goals that are commanded and read, and the body.
import { sizeCanvas } from "../lib/elements.js";
import { between, bodyAt, isOffLattice, onCanvas, desiredAt } from "./plane.js";
import { DARK, LIGHT } from "./plane_view.js";

const BONE = "#3c4650";

// view: {frame, goal, commands: the commanded goal has a ring of its own, hover: {goal, place} or null, planeValues or null}.
export function drawMoving(canvas, lens, data, view, at, theme) {
  const context = sizeCanvas(canvas, lens.width, lens.height);
  if (data.walks) drawTrack(context, lens, data, at);
  const commanded = data.walks ? data.commanded[view.frame] : view.goal;
  if (view.goal !== commanded) drawGoalRing(context, lens, data, view.goal, DARK, LIGHT, 1.8);
  drawGoalRing(context, lens, data, commanded, theme.accent, theme.bg, 2.5);
  if (view.hover?.goal >= 0) drawPointed(context, lens, data, view.hover.goal);
  if (view.hover?.cell) drawCell(context, lens, view.planeValues, view.hover.cell);
  if (!data.walks) return;
  if (isOffLattice(data, view.frame)) drawDesired(context, lens, desiredAt(data, view.frame), theme);
  drawBody(context, lens, data, at, theme);
}

function rims(context, colours) {
  for (const [colour, width] of colours) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

// A goal with its radius to scale.
function drawGoalRing(context, lens, data, goal, colour, rim, width) {
  context.beginPath();
  context.arc(...onCanvas(lens, data.points[goal]), Math.max(5, data.radius * lens.scale), 0, 2 * Math.PI);
  rims(context, [[rim, width + 2], [colour, width]]);
}

function drawPointed(context, lens, data, goal) {
  const half = Math.max(4, Math.min(32, (data.spacing * lens.scale) / 2));
  const [x, y] = onCanvas(lens, data.points[goal]);
  context.lineJoin = "round";
  context.beginPath();
  context.rect(x - half, y - half, 2 * half, 2 * half);
  rims(context, [[LIGHT, 4], [DARK, 2]]);
}

function drawCell(context, lens, planeValues, [row, col]) {
  const [width, height] = [lens.across / planeValues.cols, lens.down / planeValues.rows];
  const [more, tall] = [Math.max(0, (7 - width) / 2), Math.max(0, (7 - height) / 2)]; // small ones stay visible
  context.beginPath();
  context.rect(lens.left + col * width - more, lens.top + row * height - tall, width + 2 * more, height + 2 * tall);
  rims(context, [[LIGHT, 4], [DARK, 2]]);
}

// The way so far.
function drawTrack(context, lens, data, at) {
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  for (let t = 0; t < at; t++) {
    const spot = onCanvas(lens, bodyAt(data, t));
    if (t) context.lineTo(...spot);
    else context.moveTo(...spot);
  }
  context.lineTo(...onCanvas(lens, between(data.places, 2, at)));
  rims(context, [[LIGHT, 4], [DARK, 1.8]]);
}

// The place that was asked for, where it is no goal's.
function drawDesired(context, lens, place, theme) {
  const [x, y] = onCanvas(lens, place);
  context.lineCap = "round";
  context.beginPath();
  for (const [dx, dy] of [[5, 5], [5, -5]]) {
    context.moveTo(x - dx, y - dy);
    context.lineTo(x + dx, y + dy);
  }
  rims(context, [[theme.bg, 5], [theme.accent, 2.5]]);
}

// Limbs with round joints, and the point that goals ask for as a disc.
function drawBody(context, lens, data, at, theme) {
  const ends = between(data.limbs, 4 * data.limbCount, at);
  const limbs = Array.from({ length: data.limbCount }, (_, i) =>
    [onCanvas(lens, ends.slice(4 * i, 4 * i + 2)), onCanvas(lens, ends.slice(4 * i + 2, 4 * i + 4))]);
  const lengths = limbs.map(([[x, y], [toX, toY]]) => Math.hypot(toX - x, toY - y)).sort((a, b) => a - b);
  const width = Math.max(2.5, Math.min(9, 0.16 * (lengths[lengths.length >> 1] ?? 0)));
  context.lineCap = "round";
  for (const [colour, thick, joint] of [[LIGHT, width + 3, width * 0.62 + 1.6], [BONE, width, width * 0.62]]) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = thick;
    context.beginPath();
    for (const [from, to] of limbs) {
      context.moveTo(...from);
      context.lineTo(...to);
    }
    context.stroke();
    context.beginPath();
    for (const spot of limbs.flat()) {
      context.moveTo(spot[0] + joint, spot[1]);
      context.arc(...spot, joint, 0, 2 * Math.PI);
    }
    context.fill();
  }
  context.beginPath();
  context.arc(...onCanvas(lens, between(data.places, 2, at)), Math.max(4.5, Math.min(8, 0.3 * data.radius * lens.scale)), 0, 2 * Math.PI);
  context.fillStyle = theme.accent;
  context.fill();
  rims(context, [[LIGHT, 1.8]]);
}
