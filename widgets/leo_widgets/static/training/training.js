// A training run in the browser: what its record says, in numbers, axes and words. No elements here.
import { formatNumber } from "../lib/words.js";

// Little-endian float32 numbers of a view, wherever it starts.
export function float32(view) {
  const source = new DataView(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => source.getFloat32(4 * i, true));
}

// The record of a run with each panel's curve: {..., count, panels: [{name, label, kind, values}]}.
export function readRecord(record) {
  const count = record.numbers.length;
  const numbers = float32(record.curves.data);
  const panels = record.panels.map((panel, i) => ({ ...panel, values: numbers.subarray(i * count, (i + 1) * count) }));
  return { ...record, count, panels, end: Math.max(record.total_steps, record.env_steps.at(-1) ?? 0, 1) };
}

// Place of the snapshot with a number: the newest for -1, the nearest kept one before it when it has gone. -1: none.
export function placeOfNumber(numbers, wanted) {
  if (wanted < 0) return numbers.length - 1;
  return Math.max(Math.min(0, numbers.length - 1), numbers.findLastIndex((number) => number <= wanted));
}

// Place of the snapshot nearest to a number of steps.
export function placeOfSteps(steps, wanted) {
  let best = 0;
  steps.forEach((at, i) => {
    if (Math.abs(at - wanted) < Math.abs(steps[best] - wanted)) best = i;
  });
  return best;
}

// Environment steps per second of training, over the last snapshots; NaN while nobody knows.
export function paceOf({ env_steps: steps, seconds, count }) {
  const from = Math.max(0, count - 6);
  const time = (seconds[count - 1] ?? 0) - (seconds[from] ?? 0);
  return time > 0 ? (steps[count - 1] - steps[from]) / time : NaN;
}

// ---------------------------------------------------------------- axes

// The next of 1, 2, 2.5, 5, 10 times a power of ten that is not below a positive value.
export function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 2.5, 5, 10].find((step) => step * power >= value * (1 - 1e-9));
}

// The vertical axis of a panel: {low, high, log, bottom, top} with words for both ends. goals: their number.
export function axisOf({ kind, values }, log, goals) {
  const known = values.filter(Number.isFinite);
  if (kind === "share") return { low: 0, high: 1, log: false, bottom: "0", top: "100 %" };
  if (kind === "count") return { low: 0, high: Math.max(goals, 1), log: false, bottom: goals ? "0" : "", top: goals ? String(goals) : "" };
  if (!known.length) return { low: 0, high: 1, log: false, bottom: "", top: "" };
  const [least, most] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const positive = known.filter((value) => value > 0);
  if (log && kind === "error" && positive.length) return logAxis(positive.reduce((a, b) => Math.min(a, b)), most);
  const high = most > 0 ? niceAbove(most) : 0;
  const low = least < 0 ? -niceAbove(-least) : 0;
  return { low, high: high > low ? high : 1, log: false, bottom: shortNumber(low), top: shortNumber(high > low ? high : 1) };
}

function logAxis(least, most) {
  const low = 10 ** Math.floor(Math.log10(least) + 1e-9);
  const high = 10 ** Math.max(Math.ceil(Math.log10(most) - 1e-9), Math.round(Math.log10(low)) + 1);
  return { low, high, log: true, bottom: shortNumber(low), top: shortNumber(high) };
}

// Where a value stands on an axis: 0 at the bottom, 1 at the top; NaN when it cannot be drawn.
export function heightOn({ low, high, log }, value) {
  if (!Number.isFinite(value) || (log && value <= 0)) return NaN;
  const part = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.max(0, Math.min(1, part));
}

// The curve as an SVG path in a box of 1000 x 1000: gaps where a value is missing, a dot where it stands alone.
export function pathOf(steps, values, axis, end) {
  let pen = "M";
  let path = "";
  steps.forEach((at, i) => {
    const height = heightOn(axis, values[i]);
    if (Number.isNaN(height)) return (pen = "M");
    const point = `${Math.round((1000 * at) / end)} ${Math.round(1000 * (1 - height))}`;
    path += pen === "M" ? `M${point}h0` : `L${point}`;
    pen = "L";
  });
  return path;
}

// ---------------------------------------------------------------- words

// Three digits: "0.0214", "12.5", "340", "0.00002".
export function shortNumber(value) {
  if (!Number.isFinite(value)) return formatNumber(value);
  if (value === 0) return "0";
  const digits = Math.max(0, Math.min(5, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return formatNumber(value, digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

// A large count as it is spoken: "950", "600 thousand", "1.25 million".
export function countWords(count) {
  const [size, word] = [[1e9, " billion"], [1e6, " million"], [1e3, " thousand"], [1, ""]].find(([n]) => count >= n) ?? [1, ""];
  return `${shortNumber(count / size)}${word}`;
}

// The same where room is short: "600 k", "1.25 M".
export const countShort = (count) => countWords(count).replace(/ (.).*/, (_, letter) => ` ${{ t: "k", m: "M", b: "G" }[letter]}`);

// A time as it is spoken: "0.4 s", "8 s", "2 min 5 s", "1 h 3 min".
export function timeWords(seconds) {
  if (seconds < 9.95) return `${seconds < 0.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function metricWords(kind, value) {
  if (Number.isNaN(value)) return "–";
  if (kind === "share") return value > 0.99 && value < 1 ? `${formatNumber(Math.floor(1000 * value) / 10, 1)} %` : `${formatNumber(100 * value, 0)} %`;
  return kind === "count" ? String(Math.round(value)) : shortNumber(value);
}

const SPOKEN = { value_mae: "mean error", commanded_success: "reaches", goals_seen: "goals seen" };

// The metrics of one snapshot in words: "loss 0.21, mean error 0.03".
export function metricLine(record, place, names = ["loss", "value_mae"]) {
  const said = record.panels.filter(({ name, values }) => names.includes(name) && Number.isFinite(values[place]));
  return said.map(({ name, label, kind, values }) => `${SPOKEN[name] ?? label} ${metricWords(kind, values[place])}`).join(", ");
}

const STATUS = { paused: "paused", stopped: "stopped", finished: "finished", failed: "failed" };
const SOON = { pause: "pausing after this chunk", stop: "stopping after this chunk" };

// What the run is doing: "1.2 million steps in 12 s" and so on, for the line beside the buttons.
export function progressWords(record, live) {
  const { status, count, env_steps: steps, total_steps: total, seconds } = record;
  if (!count) return { idle: "no snapshot yet", running: "starting …" }[status] ?? STATUS[status];
  const done = steps[count - 1];
  const parts = [`${countWords(done)}${done < total ? ` of ${countWords(total)}` : ""} steps`];
  const pace = paceOf(record);
  if (status === "running" && live) {
    if (done === steps[0]) return `${parts[0]}, starting …`;
    if (pace > 0) parts.push(`${countWords(pace)} per second`);
    if (pace > 0 && done < total) parts.push(`about ${timeWords((total - done) / pace)} left`);
  } else {
    parts[0] += seconds[count - 1] > 0 ? ` in ${timeWords(seconds[count - 1])}` : "";
    if (STATUS[status]) parts.unshift(STATUS[status]);
  }
  return [...parts, ...(live && record.asked ? [SOON[record.asked]] : [])].join(" · ");
}

// One sentence for the live line. place: of the shown snapshot; newest: whether it is the newest one.
export function describeTraining(record, place, newest) {
  const { status, error, count, env_steps: steps, total_steps: total } = record;
  if (error) return `training failed: ${error}`;
  if (!count) return status === "running" ? "training starts" : "no snapshot yet";
  const state = newest && STATUS[status] ? `${STATUS[status]}: ` : "";
  const of = steps[place] < total ? ` of ${countWords(total)}` : "";
  const which = newest ? "" : ` (snapshot ${place + 1} of ${count})`;
  return [`${state}${countWords(steps[place])}${of} steps${which}`, metricLine(record, place)].filter(Boolean).join(", ");
}

// The table twin: [headings, rows], one row for each kept snapshot.
export function snapshotRows(record) {
  const headings = ["steps", "seconds", ...record.panels.map(({ label }) => label)];
  const rows = record.env_steps.map((steps, i) => [
    steps.toLocaleString("en"), formatNumber(record.seconds[i], 1),
    ...record.panels.map(({ kind, values }) => metricWords(kind, values[i])),
  ]);
  return [headings, rows];
}
