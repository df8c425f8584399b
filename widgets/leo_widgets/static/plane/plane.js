// Goals on a plane, values over its places and a body's walk: data, geometry and words. Places are x right, y up.
import { decode, decodeBits, decodeFloats, decodeSigned, valueAt } from "../lib/arrays.js";
import { stepsOf } from "../lib/scales.js";
import { formatNumber, formatSigned, formatSteps, shortName } from "../lib/words.js";
import { amountWords, isDone, reachedGoals, valueOf, valueWords } from "../walk/by_time.js";
import { segmentsOf } from "../walk/rollout.js";

const EDGES = { left: 40, right: 8, top: 8, bottom: 22 }; // CSS pixels around the plane: for the numbers of its places
const COMPASS = ["right", "up right", "up", "up left", "left", "down left", "down", "down right"];
const STILL_WAY = 0.06; // a direction shorter than this is none

// ---------------------------------------------------------------- data

// The traits of a plane's widget, with those of its walk where there is one. get(name) reads a trait. A strip of goals
// reads states (the times themselves), commanded, segments, achieved, goalsOn (goals reached at a time), short, longest.
export function readPlane(get) {
  const { extent, walls, points, radius, unit } = get("plane");
  const goalNames = get("goal_names");
  const short = goalNames.map(shortName);
  const plane = {
    extent, walls, points, radius, unit, goalNames, short, longest: Math.max(...short.map((name) => name.length)), goals: points.length,
    spacing: spacingOf(points, extent), digits: digitsFor(extent), gamma: get("gamma"), valueScale: get("value_scale"), limits: get("limits"), truth: null,
  };
  return get("walk_v").data ? { ...plane, ...walkOf(get) } : { ...plane, walks: false, last: 0, commanded: [], segments: [] };
}

function walkOf(get) {
  const q = decode(get("walk_v"));
  const [times, goals] = q.shape;
  const { commanded, step_seconds: seconds } = get("walk");
  const done = decodeBits(get("achieved"));
  const goalsOn = reachedGoals(done, times, goals);
  const achieved = commanded.map((goal, t) => goalsOn[t].includes(goal)); // not as long as the body stays there
  return {
    walks: true, q, times, last: times - 1, states: [...Array(times).keys()], commanded, seconds, done, achieved,
    goalsOn, segments: segmentsOf(commanded, achieved), ways: decodeSigned(get("walk_direction")),
    places: decodeFloats(get("places")), desired: decodeFloats(get("desired")), limbs: decodeFloats(get("limbs")),
    limbCount: get("limbs").shape[1], actions: decodeFloats(get("actions")), actionNames: get("action_names"),
  };
}

// Values over places: {rows, cols, at: place of each cell or -1, cells: [[row, col]], v, ways, exact: {v, ways} or null}.
export function readPlaneValues(get) {
  if (!get("v").data) return null;
  const [rows, cols] = get("places_on").shape;
  const at = new Int32Array(rows * cols).fill(-1);
  const cells = [];
  decodeBits(get("places_on")).forEach((on, i) => on && (at[i] = cells.push([Math.floor(i / cols), i % cols]) - 1));
  const [v, ways] = [decode(get("v")), decodeSigned(get("direction"))];
  const exact = get("truth").data ? { v: decode(get("truth")), ways: decodeSigned(get("truth_direction")) } : null;
  return { rows, cols, at, cells, v, ways, exact, labels: get("labels") };
}

// How far a goal's nearest neighbour typically is; for a single goal, a tenth of the plane.
export function spacingOf(points, [x0, y0, x1, y1]) {
  const nearest = points.map((point, i) => Math.min(...points.map((other, k) => (i === k ? Infinity : distance(point, other)))));
  const middle = nearest.sort((a, b) => a - b)[Math.floor((points.length - 1) / 2)];
  return Number.isFinite(middle) && middle > 0 ? middle : Math.max(x1 - x0, y1 - y0) / 10;
}

export const distance = ([x, y], [toX, toY]) => Math.hypot(toX - x, toY - y);
const digitsFor = ([x0, y0, x1, y1]) => Math.max(0, 2 - Math.floor(Math.log10(Math.max(x1 - x0, y1 - y0))));

export const bodyAt = ({ places }, t) => [places[2 * t], places[2 * t + 1]];
export const desiredAt = ({ desired }, t) => [desired[2 * t], desired[2 * t + 1]];
export const wayAt = (ways, index) => [ways[2 * index] / 127, ways[2 * index + 1] / 127];
export const isOffLattice = (data, t) => distance(desiredAt(data, t), data.points[data.commanded[t]]) > 0.05 * data.radius;

// Numbers of a Float32Array [T + 1, count] at a time between two frames.
export function between(numbers, count, at) {
  const before = Math.floor(at);
  const part = at - before;
  const from = before * count;
  const to = Math.min(from + count, numbers.length - count);
  return Array.from({ length: count }, (_, i) => numbers[from + i] + part * (numbers[to + i] - numbers[from + i]));
}

// ---------------------------------------------------------------- geometry

// How the plane lies on a canvas that may be so wide and high: {extent, left, top, scale (pixels a unit), width, height}.
export function fitPlane(extent, width, height) {
  const [x0, y0, x1, y1] = extent;
  const [acrossEdges, downEdges] = [EDGES.left + EDGES.right, EDGES.top + EDGES.bottom];
  const scale = Math.max(1e-9, Math.min((width - acrossEdges) / (x1 - x0), (height - downEdges) / (y1 - y0)));
  const [across, down] = [scale * (x1 - x0), scale * (y1 - y0)];
  return { extent, left: EDGES.left, top: EDGES.top, scale, across, down, width: across + acrossEdges, height: down + downEdges };
}

// A place in CSS pixels, and the place under a point of the canvas (null outside the plane).
export const onCanvas = (lens, [x, y]) => [lens.left + (x - lens.extent[0]) * lens.scale, lens.top + (lens.extent[3] - y) * lens.scale];
export function placeUnder({ extent: [x0, y0, x1, y1], left, top, scale }, offsetX, offsetY) {
  const [x, y] = [x0 + (offsetX - left) / scale, y1 - (offsetY - top) / scale];
  return x >= x0 && x <= x1 && y >= y0 && y <= y1 ? [x, y] : null;
}

// The place of a planeValues that a point lies in; -1 for a wall.
export function cellOfPlace({ rows, cols, at }, [x0, y0, x1, y1], [x, y]) {
  const row = Math.min(rows - 1, Math.floor((rows * (y1 - y)) / (y1 - y0)));
  return at[row * cols + Math.min(cols - 1, Math.floor((cols * (x - x0)) / (x1 - x0)))];
}

export function middleOfCell({ rows, cols }, [x0, y0, x1, y1], [row, col]) {
  return [x0 + ((col + 0.5) * (x1 - x0)) / cols, y1 - ((row + 0.5) * (y1 - y0)) / rows];
}

export function nearestGoal(points, place) {
  let [best, least] = [-1, Infinity];
  points.forEach((point, goal) => {
    const away = distance(point, place);
    if (away < least) [best, least] = [goal, away];
  });
  return best;
}

// The next goal in a direction, straight ahead rather than aside; the goal itself where there is none.
export function goalBeside(points, goal, [dx, dy]) {
  const [x, y] = points[goal];
  let [best, least] = [goal, Infinity];
  points.forEach(([toX, toY], other) => {
    const along = (toX - x) * dx + (toY - y) * dy;
    const aside = Math.abs((toX - x) * dy - (toY - y) * dx);
    if (along > 1e-9 && aside <= along && along + 2 * aside < least) [best, least] = [other, along + 2 * aside];
  });
  return best;
}

// Round numbers for an axis, at least `apart` pixels from each other.
export function ticksOf(from, to, scale, apart) {
  const power = 10 ** Math.floor(Math.log10(apart / scale));
  const step = [1, 2, 5, 10].map((round) => round * power).find((size) => size * scale >= apart);
  const first = Math.ceil(from / step - 1e-6);
  return Array.from({ length: Math.max(0, Math.floor(to / step + 1e-6) - first + 1) }, (_, i) =>
    [(first + i) * step, formatNumber((first + i) * step, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))]);
}

// The tile of each goal: what is nearer to it than to any other, at most half a spacing away. [[[x, y]]]
export function tilesOf(points, spacing) {
  const half = spacing / 2;
  return points.map((point) => {
    const [x, y] = point;
    const near = points.filter((other) => other !== point && distance(point, other) < 2 * spacing);
    const square = [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]];
    return near.reduce((corners, other) => nearerPart(corners, point, other), square);
  });
}

// The part of a convex polygon that is nearer to one point than to another.
function nearerPart(corners, [x, y], [otherX, otherY]) {
  const [dx, dy] = [otherX - x, otherY - y];
  const side = ([px, py]) => (px - (x + otherX) / 2) * dx + (py - (y + otherY) / 2) * dy; // below 0: nearer
  return corners.flatMap((corner, i) => {
    const next = corners[(i + 1) % corners.length];
    const [here, there] = [side(corner), side(next)];
    const kept = here <= 0 ? [corner] : [];
    if (here * there >= 0) return kept;
    const part = here / (here - there);
    return [...kept, [corner[0] + part * (next[0] - corner[0]), corner[1] + part * (next[1] - corner[1])]];
  });
}

// Indices of points that are at least `apart` from each other, the first ones first.
export function thinned(points, apart) {
  const kept = [];
  points.forEach((point, i) => kept.every((other) => distance(point, points[other]) >= apart) && kept.push(i));
  return kept;
}

// ---------------------------------------------------------------- words

export const lengthWords = (data, length) => `${formatNumber(length, data.digits)} ${data.unit}`;
export const spotWords = (data, [x, y]) => `x ${formatNumber(x, data.digits)}, y ${formatNumber(y, data.digits)}`;

// "go up right", or "stay"
export function wayWords([dx, dy]) {
  if (Math.hypot(dx, dy) < STILL_WAY) return "stay";
  return `go ${COMPASS[(Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) + 8) % 8]}`;
}

// One time of the walk: where the body is, what is asked of it, and what it thinks of that.
export function describeStep(data, t) {
  const goal = data.commanded[t];
  const seconds = data.seconds ? ` (${formatNumber(t * data.seconds, 2)} s)` : "";
  const parts = [`at ${spotWords(data, bodyAt(data, t))}`];
  const away = lengthWords(data, distance(bodyAt(data, t), desiredAt(data, t)));
  const asked = isOffLattice(data, t) ? `${data.short[goal]} for ${spotWords(data, desiredAt(data, t))}` : data.short[goal];
  if (isDone(data, t, goal)) parts.push(data.achieved[t] ? `${data.short[goal]} reached` : `within the radius of ${data.short[goal]}`);
  else parts.push(`${t < data.last ? "going to" : "the walk ends before"} ${asked}, ${away} away, ${amountWords(data, t, goal)}`);
  const [first, ...more] = data.goalsOn[t].filter((other) => other !== goal);
  const also = first === undefined ? "" : `; also reached ${data.short[first]}${more.length ? ` and ${more.length} more` : ""}`;
  return `step ${t} of ${data.last}${seconds}: ${parts.join(", ")}${also}`;
}

// What the body thinks of a goal at a time.
export function describeGoal(data, t, goal) {
  const away = lengthWords(data, distance(bodyAt(data, t), data.points[goal]));
  const way = wayWords(wayAt(data.ways, t * data.goals + goal));
  const done = isDone(data, t, goal) ? ", achieved" : "";
  return `${data.short[goal]}: ${amountWords(data, t, goal)}, ${away} away, best ${way}${done}`;
}

// What the body thinks of the goal under the pointer, now or at the time that is pointed at.
export function describePointed(data, view, { time = view.frame, goal }) {
  const chosen = goal === view.goal && !view.follow ? ", chosen" : "";
  return `step ${time}, ${describeGoal(data, time, goal)}${chosen}`;
}

// What a planeValues says of a place and a goal.
export function describePlace(data, planeValues, place, goal) {
  const spot = spotWords(data, middleOfCell(planeValues, data.extent, planeValues.cells[place]));
  const index = place * data.goals + goal;
  const exact = planeValues.exact ? `; ${planeValues.labels[1]} ${valueWords(data, valueAt(planeValues.exact.v, index), goal)}, ${wayWords(wayAt(planeValues.exact.ways, index))}` : "";
  return `from ${spot} to ${data.short[goal]}: ${valueWords(data, valueAt(planeValues.v, index), goal)}, ${wayWords(wayAt(planeValues.ways, index))}${exact}`;
}

// The whole planeValues of a goal in a line.
export function describeValues(data, planeValues, goal) {
  const mean = (array) => planeValues.cells.reduce((sum, _, place) => sum + valueAt(array, place * data.goals + goal), 0) / planeValues.cells.length;
  const exact = planeValues.exact ? ` (${planeValues.labels[1]} ${formatNumber(mean(planeValues.exact.v))})` : "";
  return `goal ${data.short[goal]}, ${goal + 1} of ${data.goals}: mean value ${formatNumber(mean(planeValues.v))}${exact} over ${planeValues.cells.length} places`;
}

// ---------------------------------------------------------------- table twins: [headings, rows, index of the current row]

// The steps of a value as cells of a table: one, or none where values stand for no steps.
const stepCells = ({ valueScale }, value, goal) => (valueScale.convertible ? [formatSteps(stepsOf(valueScale, value, goal))] : []);
const wayTexts = (way) => way.map((part) => formatSigned(part, 2));

export function placeRows(data, planeValues, goal) {
  const steps = data.valueScale.convertible;
  const headings = ["x", "y", "value", ...(steps ? ["steps"] : []), "dx", "dy"];
  if (planeValues.exact) headings.push("exact value", ...(steps ? ["exact steps"] : []), "error");
  const rows = planeValues.cells.map((cell, place) => {
    const index = place * data.goals + goal;
    const numbers = (array) => [formatNumber(valueAt(array, index)), ...stepCells(data, valueAt(array, index), goal)];
    const spot = middleOfCell(planeValues, data.extent, cell).map((at) => formatNumber(at, data.digits));
    const row = [...spot, ...numbers(planeValues.v), ...wayTexts(wayAt(planeValues.ways, index))];
    return planeValues.exact ? [...row, ...numbers(planeValues.exact.v), formatSigned(valueAt(planeValues.v, index) - valueAt(planeValues.exact.v, index))] : row;
  });
  return [headings, rows, -1];
}

export function goalRows(data, t, goal) {
  const headings = ["goal", "away", "value", ...(data.valueScale.convertible ? ["steps"] : []), "dx", "dy", "achieved", "commanded"];
  const rows = data.points.map((point, g) => {
    const value = valueOf(data, t, g);
    return [data.short[g], formatNumber(distance(bodyAt(data, t), point), data.digits), formatNumber(value), ...stepCells(data, value, g),
      ...wayTexts(wayAt(data.ways, t * data.goals + g)), isDone(data, t, g) ? "yes" : "", data.commanded[t] === g ? "yes" : ""];
  });
  return [headings, rows, goal];
}

export function stepRows(data) {
  const headings = ["time", "x", "y", "commanded goal", "away", "value",
    ...(data.valueScale.convertible ? ["steps left"] : []), "achieved", "also reached", ...data.actionNames];
  const count = data.actionNames.length;
  const rows = data.states.map((t) => {
    const goal = data.commanded[t];
    const value = valueOf(data, t, goal);
    const also = data.goalsOn[t].filter((other) => other !== goal).map((other) => data.short[other]).join(" ");
    const acts = data.actionNames.map((_, i) => (t < data.last ? formatSigned(data.actions[t * count + i], 2) : ""));
    return [String(t), ...bodyAt(data, t).map((at) => formatNumber(at, data.digits)), data.short[goal],
      formatNumber(distance(bodyAt(data, t), desiredAt(data, t)), data.digits), formatNumber(value), ...stepCells(data, value, goal),
      data.achieved[t] ? "yes" : "", also, ...acts];
  });
  return [headings, rows];
}
