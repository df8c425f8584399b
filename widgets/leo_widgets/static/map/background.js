// What lies below the values of a map, numbers, walls and pads, and the signs that lie on top of them.
import { OKABE_ITO } from "../lib/colours.js";
import { cornerOf, eachCell, isPad, MARGIN, ONE_WAY } from "./grid.js";
import { label } from "./marks.js";

const isExit = (char) => /[a-z]/.test(char) && char !== "v";
const portalColour = (char) => OKABE_ITO[[3, 7, 2, 1][(char.toLowerCase().charCodeAt(0) - 97) % 4]];

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
