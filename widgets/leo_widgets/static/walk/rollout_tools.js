// The tools of a RolloutPlayer: what can be done, by buttons and by keys.
import { element, segmented, textTable, toggle } from "../lib/elements.js";
import { helpButton, on } from "../lib/frame.js";
import { playButtons, playKeys, scrubber } from "../lib/transport.js";
import { segmentAt, viewOf } from "./rollout.js";

const SPEEDS = [1, 2, 4, 8, 16, 32];
const SORTS = [
  ["commanded", "Command", "commanded goals in their order, then the others by their peak (s)"],
  ["peak", "Peak", "by the step at which the value is largest (s)"],
  ["group", "Group", "as in the list of goals, group by group (s)"],
];
const SCALES = [
  ["value", "Value", "value of the best action"],
  ["steps", "Steps", "steps to the goal that the value stands for"],
  ["error", "Error", "value minus exact value"],
];

// The item `by` places further in a list, not beyond its ends.
export const moved = (list, item, by) => list[Math.max(0, Math.min(list.length - 1, list.indexOf(item) + by))];

// The next item, round and round.
export const cycled = (list, item) => list[(list.indexOf(item) + 1) % list.length];

// The time to jump to: the end of this or the next command (by = 1), or of the one before (by = -1).
export function commandEnd(data, t, by) {
  const number = data.segments.indexOf(segmentAt(data, t));
  if (by < 0) return number ? data.segments[number - 1].to : 0;
  return t < data.segments[number].to ? data.segments[number].to : data.segments[Math.min(number + 1, data.segments.length - 1)].to;
}

// What keys, buttons and pointer may do. Each writes traits; the change handlers draw.
export function actionsOf(model, data, sync) {
  const view = () => viewOf(model, data);
  const turn = (name, options) => sync({ [name]: cycled(options, model.get(name)) });
  const scales = SCALES.map(([name]) => name).filter((name) => data.limits[name]);
  return {
    scales,
    go: (frame) => sync({ frame: Math.max(0, Math.min(data.last, frame)) }),
    step: (by) => sync({ frame: Math.max(0, Math.min(data.last, model.get("frame") + by)) }),
    jump: (by) => sync({ frame: commandEnd(data, model.get("frame"), by) }),
    pick: (goal) => goal >= 0 && sync({ goal, follow: false }),
    // to follow again, or to stay with the goal that is commanded now
    follow: () => sync({ goal: data.commanded[model.get("frame")], follow: !model.get("follow") }),
    row: (by) => sync({ goal: moved(model.get("orders")[model.get("sort")], view().goal, by), follow: false }),
    goal: (by) => sync({ goal: (view().goal + by + data.goals) % data.goals, follow: false }),
    speed: (by) => sync({ speed: moved(SPEEDS, model.get("speed"), by) }),
    sort: (sort) => sync({ sort }),
    nextSort: () => turn("sort", SORTS.map(([name]) => name)),
    scale: (scale) => sync({ scale }),
    nextScale: () => turn("scale", scales),
    truth: () => data.truth && model.get("scale") !== "error" && sync({ show_truth: !model.get("show_truth") }),
    table: () => sync({ show_table: !model.get("show_table") }),
  };
}

// While it follows, the goal is the commanded one. Another goal from elsewhere, once the dust has settled, ends that.
export function followCommands(model, data, sync, signal) {
  const astray = () => model.get("follow") && model.get("goal") !== data.commanded[model.get("frame")];
  on(model, "change:frame", () => astray() && sync({ goal: data.commanded[model.get("frame")] }), signal);
  on(model, "change:goal", () => astray() && queueMicrotask(() => astray() && sync({ follow: false })), signal);
}

// What is shown and how, above the map. Without exact values to compare with, neither they nor the error are offered.
// compares: there may be exact values.
export function toolBar(model, data, act, compares = true) {
  const why = { steps: "these values stand for no steps", error: "the error needs exact values: RolloutPlayer(values, walk, truth=...)" };
  const missing = SCALES.map(([name]) => name).filter((name) => !act.scales.includes(name));
  const scale = segmented("scale", SCALES.filter(([name]) => compares || name !== "error").map(([name, text, hint]) =>
    [name, text, missing.includes(name) ? why[name] : `${hint} (v)`]), act.scale);
  const truth = toggle("Exact", data.truth ? "show the exact values instead (x)" : "no exact values were given", act.truth);
  const follow = toggle("Follow commanded goal", "colour by the commanded goal, whichever it is at the time (f)", act.follow);
  const table = toggle("Table", "the same numbers as a table (t)", act.table);
  const node = element("div", { class: "leo-bar" }, scale.node, ...(compares ? [truth.node] : []), follow.node,
    element("span", { class: "leo-space" }), table.node, helpButton());
  const show = (view) => {
    scale.show(view.scale, missing);
    truth.show(view.exact, !data.truth || view.scale === "error");
    follow.show(view.follow);
    table.show(model.get("show_table"));
  };
  return { node, show };
}

// Play, step, scrub, speed and the order of the rows: sorts, [[value, text, hint]]; none where there are no rows.
export function transport(model, data, act, clock, sorts = SORTS) {
  const play = playButtons(act, clock, "step");
  const speed = element("span", { class: "leo-player-speed" });
  const [slower, faster] = [["slower", "-", "−", -1], ["faster", "+", "+", 1]].map(([name, key, text, by]) =>
    element("button", { type: "button", title: `${name} (${key})`, "aria-label": name, onclick: () => act.speed(by) }, text));
  const sort = segmented("order of the rows", sorts, act.sort);
  const rows = element("div", { class: "leo-player-rows", hidden: !sorts.length && "" }, "Sort", sort.node);
  const scrub = scrubber(act.go, "step");
  const node = element("div", { class: "leo-bar leo-player-transport" }, ...play.nodes,
    element("div", { class: "leo-segments leo-player-speeds", role: "group", "aria-label": "speed" }, slower, speed, faster),
    rows);
  const show = (view) => {
    play.show(view.frame, data.last);
    speed.textContent = `${view.speed} ${view.speed === 1 ? "step" : "steps"}/s`;
    [slower.disabled, faster.disabled] = [view.speed === SPEEDS[0], view.speed === SPEEDS.at(-1)];
    scrub.show(view.frame, data.last);
    sort.show(view.sort);
  };
  return { node, scrub: scrub.node, show };
}

// The table twin of a walk, filled when it is first shown: {node, show(on, frame)}. rowsOf() -> [headings, rows].
export function timeTable(caption, rowsOf) {
  const node = element("div", { class: "leo-scroll", hidden: "" });
  let [rows, current] = [null, null];
  const show = (on, frame) => {
    node.hidden = !on;
    if (!on) return;
    if (!rows) {
      node.replaceChildren(textTable(caption, ...rowsOf()));
      rows = [...node.querySelectorAll("tbody tr")];
    }
    current?.removeAttribute("aria-current");
    current = rows[frame];
    current.setAttribute("aria-current", "true");
    node.scrollTop = current.offsetTop - node.clientHeight / 2;
  };
  return { node, show };
}

// The keys of everything that plays a walk.
export const paceKeys = (act, clock) => [
  ...playKeys(act, clock, "step"),
  [["PageUp", "PageDown"], "end of the last or the next command", (event) => act.jump(event.key === "PageUp" ? -1 : 1)],
  ["-", "slower", () => act.speed(-1)],
  [["+", "="], "faster", () => act.speed(1)],
];

export const goalKeys = (act) => [
  [["[", "]"], "choose the goal before or after in the list", (event) => act.goal(event.key === "[" ? -1 : 1)],
];

// The keys of everything that plays a walk over a strip of goals.
export const walkKeys = (act, clock) => [
  ...paceKeys(act, clock),
  ["ArrowLeft", "one step back", () => act.step(-1)],
  ["ArrowRight", "one step on", () => act.step(1)],
  [["ArrowUp", "ArrowDown"], "choose the goal in the row above or below", (event) => act.row(event.key === "ArrowUp" ? -1 : 1)],
  ...goalKeys(act),
];

export function keysOf(act, clock) {
  return [
    ...walkKeys(act, clock),
    ["f", "follow the commanded goal, or stay with this one", () => act.follow()],
    ["s", "order of the rows: commanded first, peak, group", () => act.nextSort()],
    ["v", "value, steps, error", () => act.nextScale()],
    ["x", "exact values or estimate", () => act.truth()],
    ["t", "table", () => act.table()],
  ];
}
