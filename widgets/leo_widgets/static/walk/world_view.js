// The world around the player as flat tiles with plain signs: Craftax's blocks, what stands on them, and the player.
import { BLOCKS } from "../lib/colours.js";
import { sizeCanvas } from "../lib/elements.js";
import { luminance, rgb } from "../lib/shades.js";
import { cellOf, isAsleep, lightAt } from "./craftax.js";

const TILE = 44; // CSS pixels of a cell, at most
const BORDER = 1;
const NIGHT = [10, 16, 44]; // the colour that darkness takes on
const DARKEST = 0.62;
const NEUTRAL = "#c9ced4"; // blocks that are not known here
const FACING = [[0, -1], [0, 1], [-1, 0], [1, 0]]; // left, right, up, down
const INKS = { dark: "#1b1f24", light: "#ffffff" };

const TILES = new Map(Array.from({ length: BLOCKS.length / 3 }, (_, i) =>
  [BLOCKS[3 * i], { ground: BLOCKS[3 * i + 1], accent: BLOCKS[3 * i + 2] }]));

// ---------------------------------------------------------------- signs, in a square from 0 to 1

function disc(c, x, y, radius, colour) {
  c.fillStyle = colour;
  c.beginPath();
  c.arc(x, y, radius, 0, 2 * Math.PI);
  c.fill();
}

function polygon(c, colour, ...points) {
  c.fillStyle = colour;
  c.beginPath();
  points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
  c.fill();
}

function block(c, x, y, width, height, colour) {
  c.fillStyle = colour;
  c.fillRect(x, y, width, height);
}

// Lines, each a list of points.
function strokes(c, colour, width, ...lines) {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.lineCap = c.lineJoin = "round";
  for (const line of lines) {
    c.beginPath();
    line.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
  }
}

const wave = (y) => [[0.16, y], [0.27, y - 0.07], [0.38, y], [0.5, y + 0.07], [0.62, y], [0.73, y - 0.07], [0.84, y]];

const gem = (c, accent) => {
  polygon(c, accent, [0.5, 0.18], [0.78, 0.46], [0.5, 0.84], [0.22, 0.46]);
  strokes(c, "rgba(0,0,0,0.45)", 0.035, [[0.5, 0.18], [0.78, 0.46], [0.5, 0.84], [0.22, 0.46], [0.5, 0.18]], [[0.22, 0.46], [0.78, 0.46]]);
};
const crown = (c, accent) => {
  block(c, 0.44, 0.6, 0.12, 0.3, "#6f4a2a");
  for (const [x, y, radius] of [[0.5, 0.34, 0.24], [0.34, 0.5, 0.19], [0.66, 0.5, 0.19]]) disc(c, x, y, radius, accent);
};
const lumps = (c, accent) => {
  for (const [x, y, radius] of [[0.32, 0.36, 0.13], [0.67, 0.45, 0.14], [0.42, 0.7, 0.13]]) disc(c, x, y, radius, accent);
};
const waves = (c, accent) => strokes(c, accent, 0.07, wave(0.36), wave(0.66));
const bricks = (c, accent) => strokes(c, accent, 0.045, [[0, 0.33], [1, 0.33]], [[0, 0.67], [1, 0.67]], [[0.5, 0], [0.5, 0.33]],
  [[0.25, 0.33], [0.25, 0.67]], [[0.75, 0.33], [0.75, 0.67]], [[0.5, 0.67], [0.5, 1]]);
const sprout = (c, fruit) => {
  strokes(c, "#2c6e31", 0.07, [[0.5, 0.86], [0.5, 0.46]]);
  polygon(c, "#3c8c40", [0.5, 0.66], [0.22, 0.6], [0.2, 0.38], [0.44, 0.46]);
  polygon(c, "#3c8c40", [0.5, 0.58], [0.78, 0.52], [0.8, 0.3], [0.56, 0.38]);
  if (fruit) disc(c, 0.5, 0.3, 0.15, fruit);
};
const workbench = (c, accent) => {
  strokes(c, accent, 0.07, [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]], [[0.2, 0.5], [0.8, 0.5]], [[0.5, 0.2], [0.5, 0.8]]);
};
const oven = (c, accent) => {
  block(c, 0.2, 0.34, 0.6, 0.5, "#23272c");
  polygon(c, accent, [0.5, 0.38], [0.68, 0.66], [0.6, 0.82], [0.4, 0.82], [0.32, 0.66]);
  block(c, 0.2, 0.16, 0.6, 0.08, "#3a3f45");
};
const box = (c, accent) => {
  block(c, 0.16, 0.28, 0.68, 0.5, accent);
  strokes(c, "#4f3110", 0.05, [[0.16, 0.48], [0.84, 0.48]]);
  block(c, 0.43, 0.42, 0.14, 0.16, "#f3d36b");
};
const basin = (c, accent) => {
  disc(c, 0.5, 0.5, 0.38, "#8b929a");
  disc(c, 0.5, 0.5, 0.28, accent);
  disc(c, 0.5, 0.5, 0.09, "#ffffff");
};
const stone = (c, accent) => {
  disc(c, 0.5, 0.42, 0.24, accent);
  block(c, 0.26, 0.42, 0.48, 0.42, accent);
  strokes(c, "#5f5a53", 0.06, [[0.5, 0.32], [0.5, 0.66]], [[0.38, 0.44], [0.62, 0.44]]);
};
const skull = (c, accent) => {
  disc(c, 0.5, 0.42, 0.28, accent);
  block(c, 0.38, 0.6, 0.24, 0.2, accent);
  disc(c, 0.4, 0.43, 0.08, "#231b33");
  disc(c, 0.6, 0.43, 0.08, "#231b33");
};
const star = (c, accent) => polygon(c, accent, [0.5, 0.12], [0.6, 0.4], [0.88, 0.5], [0.6, 0.6], [0.5, 0.88], [0.4, 0.6], [0.12, 0.5], [0.4, 0.4]);
const spikes = (c, accent) => {
  polygon(c, accent, [0.14, 0.84], [0.3, 0.34], [0.46, 0.84]);
  polygon(c, accent, [0.42, 0.84], [0.62, 0.16], [0.84, 0.84]);
};
const shrub = (c, accent) => strokes(c, accent, 0.07, [[0.5, 0.86], [0.5, 0.2]], [[0.5, 0.66], [0.26, 0.4]], [[0.5, 0.58], [0.74, 0.32]]);
const planks = (c, accent) => strokes(c, accent, 0.05, [[0, 0.33], [1, 0.33]], [[0, 0.67], [1, 0.67]]);
const pebbles = (c, accent) => {
  for (const [x, y] of [[0.25, 0.3], [0.6, 0.22], [0.78, 0.55], [0.4, 0.6], [0.2, 0.78], [0.62, 0.82]]) disc(c, x, y, 0.06, accent);
};
const hatch = (c) => strokes(c, "#434b54", 0.06, [[0.05, 0.45], [0.45, 0.05]], [[0.05, 0.95], [0.95, 0.05]], [[0.55, 0.95], [0.95, 0.55]]);

const SIGNS = {
  WATER: waves, LAVA: waves, TREE: crown, FIRE_TREE: crown, ICE_SHRUB: shrub, WOOD: planks, COAL: lumps, IRON: lumps,
  DIAMOND: gem, SAPPHIRE: gem, RUBY: gem, CRAFTING_TABLE: workbench, FURNACE: oven, PLANT: (c) => sprout(c, ""), RIPE_PLANT: sprout,
  WALL: bricks, WALL_MOSS: bricks, STALAGMITE: spikes, CHEST: box, FOUNTAIN: basin, GRAVEL: pebbles, NECROMANCER: skull,
  NECROMANCER_VULNERABLE: skull, GRAVE: stone, GRAVE2: stone, GRAVE3: stone, ENCHANTMENT_TABLE_FIRE: star,
  ENCHANTMENT_TABLE_ICE: star, OUT_OF_BOUNDS: hatch,
};

// ---------------------------------------------------------------- what stands on a block

const GENTLE = ["cow", "bat", "snail"];
const SHOOTERS = ["skeleton", "gnome_archer", "orc_mage", "kobold", "knight_archer", "deep_thing", "fire_elemental", "ice_elemental"];
const BALLS = { fireball: "#ff7a1f", iceball: "#7fd4ff", slimeball: "#7bbf3a" };

const RUNGS = [[[0.34, 0.14], [0.34, 0.86]], [[0.66, 0.14], [0.66, 0.86]], ...[0.28, 0.5, 0.72].map((y) => [[0.34, y], [0.66, y]])];
const ladder = (c) => {
  strokes(c, "#ffffff", 0.15, ...RUNGS);
  strokes(c, "#5c3d1e", 0.07, ...RUNGS);
};
const climb = (c, tip, base) => {
  const corners = [[0.86, tip], [0.75, base], [0.97, base]];
  strokes(c, "#ffffff", 0.1, [...corners, corners[0]]);
  polygon(c, INKS.dark, ...corners);
};
const ITEMS = {
  TORCH(c) {
    strokes(c, "#6f4a2a", 0.09, [[0.5, 0.86], [0.5, 0.5]]);
    polygon(c, "#ff8a1f", [0.5, 0.1], [0.66, 0.38], [0.5, 0.54], [0.34, 0.38]);
    disc(c, 0.5, 0.4, 0.07, "#fff2a8");
  },
  LADDER_DOWN(c) {
    ladder(c);
    climb(c, 0.78, 0.58);
  },
  LADDER_UP(c) {
    ladder(c);
    climb(c, 0.22, 0.42);
  },
  LADDER_DOWN_BLOCKED(c) {
    ladder(c);
    strokes(c, "#c0392b", 0.1, [[0.14, 0.2], [0.86, 0.8]]);
  },
};

// Two letters for a name: of one word its first two, of several their first ones.
export function initials(name) {
  const words = name.split(/[_ ]/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words[1][0] : name.slice(0, 2);
  return words.length > 1 ? letters.toUpperCase() : letters[0].toUpperCase() + letters.slice(1).toLowerCase();
}

// How a thing is drawn: {kind, colour, own}. kind: item, ball, shaft, gentle, fighter, shooter. own: the player shot it.
export function thingKind(name) {
  if (ITEMS[name]) return { kind: "item" };
  const own = name.startsWith("player_");
  const shot = name.replace("player_", "").replace(/\d+$/, "");
  if (BALLS[shot]) return { kind: "ball", colour: BALLS[shot], own };
  if (shot === "arrow" || shot === "dagger") return { kind: "shaft", own };
  if (GENTLE.includes(name)) return { kind: "gentle", colour: "#fff6df" };
  return SHOOTERS.includes(name) ? { kind: "shooter", colour: "#4b2e83" } : { kind: "fighter", colour: "#8e1b3a" };
}

function writeIn(c, text, size, colour) {
  c.fillStyle = colour;
  c.font = `600 ${size}px system-ui, sans-serif`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, 0.5, 0.53);
}

const BADGES = {
  gentle: (c) => c.roundRect(0.12, 0.16, 0.76, 0.68, 0.14),
  fighter: (c) => c.arc(0.5, 0.5, 0.38, 0, 2 * Math.PI),
  shooter: (c) => [[0.5, 0.06], [0.94, 0.5], [0.5, 0.94], [0.06, 0.5], [0.5, 0.06]].forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y))),
};

function drawThing(c, name, accent) {
  const { kind, colour, own } = thingKind(name);
  if (kind === "item") return ITEMS[name](c);
  if (kind === "ball") {
    disc(c, 0.5, 0.5, 0.3, own ? accent : INKS.dark);
    return disc(c, 0.5, 0.5, 0.22, colour);
  }
  if (kind === "shaft") {
    for (const [ink, width] of [["#ffffff", 0.17], [own ? accent : INKS.dark, 0.08]]) {
      strokes(c, ink, width, [[0.2, 0.8], [0.78, 0.22]], [[0.5, 0.22], [0.78, 0.22], [0.78, 0.5]]);
    }
    return undefined;
  }
  c.beginPath();
  BADGES[kind](c);
  c.fillStyle = colour;
  c.fill();
  c.lineWidth = 0.05;
  c.strokeStyle = kind === "gentle" ? INKS.dark : INKS.light;
  c.stroke();
  return writeIn(c, initials(name), kind === "shooter" ? 0.33 : 0.36, kind === "gentle" ? INKS.dark : INKS.light);
}

// ---------------------------------------------------------------- the view

// Size of the canvas for a view of rows x cols in a room: {cell, width, height}.
export function worldSize(room, { rows, cols }, most = TILE) {
  const cell = Math.max(8, Math.min(most, Math.floor((room - 2 * BORDER) / cols)));
  return { cell, width: cols * cell + 2 * BORDER, height: rows * cell + 2 * BORDER };
}

// The cell under a point: [row, col], or null.
export function worldCell({ cell }, { rows, cols }, x, y) {
  const [row, col] = [Math.floor((y - BORDER) / cell), Math.floor((x - BORDER) / cell)];
  return row >= 0 && col >= 0 && row < rows && col < cols ? [row, col] : null;
}

// Draw in the square from 0 to 1 that a cell is.
function inCell(context, { cell }, row, col, draw) {
  context.save();
  context.translate(BORDER + col * cell, BORDER + row * cell);
  context.scale(cell, cell);
  draw(context);
  context.restore();
}

function drawTile(c, name, cell) {
  const tile = TILES.get(name);
  block(c, 0, 0, 1, 1, tile?.ground ?? NEUTRAL);
  if (!tile) writeIn(c, initials(name || "?"), 0.42, INKS.dark);
  SIGNS[name]?.(c, tile.accent);
  c.strokeStyle = luminance(...rgb(tile?.ground ?? NEUTRAL)) > 0.05 ? "rgba(0,0,0,0.09)" : "rgba(255,255,255,0.09)";
  c.lineWidth = 1 / cell;
  c.strokeRect(0.5 / cell, 0.5 / cell, 1, 1);
}

function drawPlayer(c, facing, asleep, accent) {
  const [down, right] = FACING[facing] ?? FACING[3];
  const at = (along, aside) => [0.5 + right * along + down * aside, 0.5 + down * along + right * aside];
  for (const [colour, rim] of [["#ffffff", 0.06], [accent, 0]]) {
    disc(c, ...at(-0.1, 0), 0.27 + rim, colour);
    polygon(c, colour, at(0.43 + rim, 0), at(-0.06, 0.27 + rim), at(-0.06, -0.27 - rim));
  }
  if (asleep) writeIn(c, "zz", 0.34, "#ffffff");
  else disc(c, ...at(0.02, 0), 0.1, "#ffffff");
}

// The whole view at a time: tiles, the dark of the night, then what stands there. hover: [row, col] or null.
export function drawWorld(canvas, size, data, { frame, hover }, theme) {
  const context = sizeCanvas(canvas, size.width, size.height);
  context.fillStyle = theme.line;
  context.fillRect(0, 0, size.width, size.height);
  const things = [];
  for (let row = 0; row < data.rows; row++) {
    for (let col = 0; col < data.cols; col++) {
      const { block: name, thing } = cellOf(data, frame, row, col);
      inCell(context, size, row, col, (c) => drawTile(c, name, size.cell));
      if (thing) things.push([row, col, thing]);
    }
  }
  const dark = DARKEST * (1 - lightAt(data, frame));
  context.fillStyle = `rgba(${NIGHT}, ${dark.toFixed(3)})`;
  context.fillRect(BORDER, BORDER, size.width - 2 * BORDER, size.height - 2 * BORDER);
  for (const [row, col, thing] of things) inCell(context, size, row, col, (c) => drawThing(c, thing, theme.accent));
  inCell(context, size, data.rows >> 1, data.cols >> 1, (c) => drawPlayer(c, data.direction[frame], isAsleep(data, frame), theme.accent));
  if (hover) inCell(context, size, ...hover, (c) => drawCellFrame(c, size.cell));
}

function drawCellFrame(c, cell) {
  for (const [colour, width] of [["#ffffff", 4], ["#111418", 2]]) {
    c.strokeStyle = colour;
    c.lineWidth = width / cell;
    c.strokeRect(1 / cell, 1 / cell, 1 - 2 / cell, 1 - 2 / cell);
  }
}
