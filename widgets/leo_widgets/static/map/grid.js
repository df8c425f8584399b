// The map of a gridworld: its geometry, and the rules by which one moves on it.
import { sizeCanvas } from "../lib/elements.js";

export const MARGIN = 20; // CSS pixels for the row and column numbers
export const ONE_WAY = { "<": [0, -1], ">": [0, 1], "^": [-1, 0], v: [1, 0] };
export const DIRECTIONS = { left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] };

// ---------------------------------------------------------------- geometry

// The map behind positions: {rows, cols, chars, cell}. chars is null without a layout; cell is set by fitGrid.
export function gridOf(layout, ...positions) {
  const all = positions.filter(Boolean).flat();
  const rows = layout ? layout.length : 1 + Math.max(0, ...all.map(([row]) => row));
  const cols = layout ? layout[0].length : 1 + Math.max(0, ...all.map(([, col]) => col));
  return { rows, cols, chars: layout, cell: 0 };
}

// Index of the item on each cell, row-major; -1 where there is none.
export function indexByCell(grid, positions) {
  const index = new Int32Array(grid.rows * grid.cols).fill(-1);
  positions.forEach(([row, col], i) => (index[row * grid.cols + col] = i));
  return index;
}

// Choose the largest whole cell size for a width and a height in CSS pixels; returns the size of the map.
export function fitGrid(grid, width, height = 560) {
  const room = Math.min((width - MARGIN) / grid.cols, (height - MARGIN) / grid.rows);
  grid.cell = Math.max(8, Math.min(64, Math.floor(room)));
  return { width: MARGIN + grid.cols * grid.cell + 1, height: MARGIN + grid.rows * grid.cell + 1 };
}

// The upper left corner of a cell in CSS pixels.
export const cornerOf = (grid, row, col) => [MARGIN + col * grid.cell, MARGIN + row * grid.cell];

// The [row, col] under a point given by offsetX and offsetY of a canvas, or null outside the map.
export function cellAt(grid, x, y) {
  const row = Math.floor((y - MARGIN) / grid.cell);
  const col = Math.floor((x - MARGIN) / grid.cell);
  return row >= 0 && col >= 0 && row < grid.rows && col < grid.cols ? [row, col] : null;
}

// The nearest occupied cell in a direction: straight ahead over walls, else null. index is from indexByCell.
export function neighbour(grid, index, [row, col], [dRow, dCol]) {
  for (let r = row + dRow, c = col + dCol; r >= 0 && c >= 0 && r < grid.rows && c < grid.cols; r += dRow, c += dCol) {
    if (index[r * grid.cols + c] >= 0) return [r, c];
  }
  return null;
}

// Where one move leads by the rules of the map, without slips: [row, col], or null where a teleporter draws its exit.
export function moveFrom(grid, index, [row, col], [dRow, dCol]) {
  const charAt = (r, c) => grid.chars?.[r]?.[c] ?? (index[r * grid.cols + c] >= 0 ? "." : "#");
  const leaving = ONE_WAY[charAt(row, col)];
  if (leaving && (leaving[0] !== dRow || leaving[1] !== dCol)) return [row, col];
  const next = [row + dRow, col + dCol];
  const inside = next[0] >= 0 && next[1] >= 0 && next[0] < grid.rows && next[1] < grid.cols;
  const char = inside ? charAt(...next) : "#";
  const facing = ONE_WAY[char];
  if (char === "#" || (facing && facing[0] === -dRow && facing[1] === -dCol)) return [row, col];
  if (!isPad(char)) return next;
  const exits = [];
  eachCell(grid, (exit, r, c) => exit === char.toLowerCase() && exits.push([r, c]));
  return exits.length === 1 ? exits[0] : null;
}

// Set up a canvas for the map and return its context.
export const gridContext = (canvas, grid) =>
  sizeCanvas(canvas, MARGIN + grid.cols * grid.cell + 1, MARGIN + grid.rows * grid.cell + 1);

// Whether a sign of a map is a teleporter's pad.
export const isPad = (char) => /[A-Z]/.test(char) && char !== "S";

// Call draw(sign, row, col) for every cell.
export function eachCell(grid, draw) {
  for (let row = 0; row < grid.rows; row++) {
    for (let col = 0; col < grid.cols; col++) draw(grid.chars?.[row][col] ?? ".", row, col);
  }
}
