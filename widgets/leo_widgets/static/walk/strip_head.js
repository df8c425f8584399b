// What moves over the strip: the playhead, the chosen row, the pair that is read; and the pointer on it.
import { fitted, sizeCanvas } from "../lib/elements.js";
import { edgeOf, goalAt, timeAt, writeNames, APART, READABLE, TOP } from "./strip.js";

const THUMB = 14; // CSS pixels of the scrub bar's handle

// ---------------------------------------------------------------- what moves

// The playhead at a time between two frames, the chosen row, and the pair that is read. hover: {time, goal} or null.
export function drawHead(canvas, strip, data, { at, goal, hover }, theme) {
  const context = sizeCanvas(canvas, strip.width, strip.height);
  drawChosen(context, strip, data, goal, theme);
  if (hover) drawHover(context, strip, data, hover, theme);
  const x = edgeOf(strip, at);
  const width = strip.column - (strip.column >= 6 ? 1 : 0);
  const middle = x + width / 2;
  for (const [colour, size] of [[theme.bg, 4], [theme.fg, 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = size;
    if (strip.column >= 7) context.strokeRect(x - 0.5, TOP - 1, width + 1, strip.bottom - TOP + 1);
    else stroke(context, [middle, TOP - 1], [middle, strip.bottom]);
  }
}

function stroke(context, from, to) {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

function fillTriangle(context, ...corners) {
  context.beginPath();
  corners.forEach((corner, i) => (i ? context.lineTo(...corner) : context.moveTo(...corner)));
  context.fill();
}

// The name of the row in bold, and an arrow from either side.
function drawChosen(context, strip, data, goal, theme) {
  const y = middleOf(strip, goal);
  context.fillStyle = theme.fg;
  fillTriangle(context, [strip.left - 7, y - 4], [strip.left - 7, y + 4], [strip.left - 1, y]);
  fillTriangle(context, [strip.right + 6, y - 4], [strip.right + 6, y + 4], [strip.right, y]);
  nameTag(context, strip, data, goal, theme, "600 ");
}

function drawHover(context, strip, data, { time, goal }, theme) {
  const y = middleOf(strip, goal);
  const height = Math.max(6, strip.tops[strip.rowOf[goal] + 1] - strip.tops[strip.rowOf[goal]]);
  const width = Math.max(6, strip.column);
  const x = edgeOf(strip, time) + strip.column / 2;
  for (const [colour, size] of [["#ffffff", 4], ["#111418", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = size;
    context.strokeRect(x - width / 2 - 0.5, y - height / 2 - 0.5, width, height);
  }
  nameTag(context, strip, data, goal, theme, "");
}

// The name beside its row. Names that it would hide in part are hidden whole, but for those of rows with room for both.
function nameTag(context, strip, data, goal, theme, weight) {
  const [y, height] = [middleOf(strip, goal), strip.tops[strip.rowOf[goal] + 1] - strip.tops[strip.rowOf[goal]]];
  const half = height < READABLE ? 8 : height / 2;
  const hidden = height < READABLE ? strip.written.filter((other) => Math.abs(other - y) < APART + 1) : [];
  const [top, bottom] = [Math.min(y, ...hidden) - half, Math.max(y, ...hidden) + half];
  context.fillStyle = theme.bg;
  context.fillRect(0, top, strip.left - 10, bottom - top);
  writeNames(context, theme.fg, weight);
  context.fillText(fitted(context, data.short[goal], strip.left - 16), strip.left - 12, y);
}

const middleOf = (strip, goal) => (strip.tops[strip.rowOf[goal]] + strip.tops[strip.rowOf[goal] + 1]) / 2 - 0.5;

// ---------------------------------------------------------------- pointer

// Put the slider where the handle stands above the strip's columns.
export function fitScrub(scrub, strip) {
  scrub.style.marginLeft = `${edgeOf(strip, 0.5) - THUMB / 2}px`;
  scrub.style.width = `${strip.column * (strip.times - 1) + THUMB}px`;
}

// A press on the strip jumps to that time; moving on scrubs; letting go without a move chooses the row's goal.
export function watchStrip(canvas, stripNow, act, read, clock, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const at = ({ offsetX, offsetY }) => ({ time: timeAt(stripNow(), offsetX), goal: goalAt(stripNow(), offsetY) });
  let pressed = null;
  listen("pointerdown", (event) => {
    pressed = { x: event.offsetX, goal: at(event).goal };
    clock.held = true;
    canvas.setPointerCapture(event.pointerId);
    act.go(at(event).time);
  });
  listen("pointermove", (event) => {
    if (pressed && Math.abs(event.offsetX - pressed.x) > 3) pressed.goal = -1;
    if (pressed && pressed.goal < 0) act.go(at(event).time);
    read(at(event).goal < 0 ? null : at(event));
  });
  const release = (event) => {
    clock.held = false;
    if (event.type === "pointerup" && pressed) act.pick(pressed.goal);
    pressed = null;
  };
  listen("pointerup", release);
  listen("pointercancel", release);
  listen("pointerleave", () => read(null));
}
