// Beside the map of a walk: what is commanded, what is chosen, and bars for the goals with the highest values now.
import { element } from "../lib/elements.js";
import { formatNumber, formatSteps } from "../lib/words.js";
import { amountOf, isHere, lutOf, read, shadeOf } from "../map/values.js";
import { bestGoals, rankOf } from "./rollout.js";

const BARS = 10;

// act: {pick(goal), follow(), hover(goal or -1)}. Returns {node, show(view)}; view: {frame, goal, follow, scale, array}.
export function rolloutPanel(data, act) {
  const aim = element("div", { class: "leo-player-aim" });
  const words = element("span", {});
  const back = element("button", { type: "button", class: "leo-toggle", title: "follow the commanded goal again (f)", onclick: act.follow },
    "Back to commanded");
  const chosen = element("div", { class: "leo-player-chosen" }, words, back);
  const from = element("div", { class: "leo-player-from" });
  const bars = Array.from({ length: Math.min(BARS, data.goals) + 1 }, () => goalBar(act));
  const node = element("div", { class: "leo-player-now" }, aim, chosen, from, ...bars.map((bar) => bar.node));
  node.style.setProperty("--leo-name-width", `${0.6 * Math.max(8, Math.min(18, data.longest + 1))}em`);
  node.addEventListener("pointerleave", () => act.hover(-1));
  const show = (view) => {
    const state = data.states[view.frame];
    aim.replaceChildren(...aimWords(data, view, state));
    back.hidden = view.follow;
    words.replaceChildren("Coloured for ", view.follow ? "the commanded goal" : element("b", {}, data.short[view.goal]));
    from.replaceChildren("Highest values from ", element("b", {}, data.stateNames[state]));
    showBars(bars, data, view, state);
  };
  return { node, show };
}

function aimWords(data, view, state) {
  const goal = data.commanded[view.frame];
  const done = data.achieved[view.frame];
  const left = done ? "reached" : isHere(data, state, goal) ? "here" : amountOf(data, view.array, state, goal).replace("about ", "");
  return [element("i", { class: "leo-player-ring" }), "Commanded ", element("b", {}, data.short[goal]), element("span", {}, left)];
}

// A bar that chooses its goal: {node, goal, rank, mark, name, track, fill, number}. act: {pick(goal), hover(goal or -1)}.
export function goalBar(act) {
  const parts = Object.fromEntries(["rank", "mark", "name", "track", "fill", "number"].map((name) =>
    [name, element("span", { class: `leo-player-${name}` })]));
  const node = element("div", { class: "leo-player-bar", "aria-hidden": "true" }, parts.rank, parts.mark, parts.name,
    parts.track, parts.number);
  parts.track.append(parts.fill);
  const bar = { node, goal: -1, ...parts };
  node.addEventListener("click", () => act.pick(bar.goal));
  node.addEventListener("pointerenter", () => act.hover(bar.goal));
  return bar;
}

// The best goals, and in the last bar the commanded one where it is not among them.
function showBars(bars, data, view, state) {
  const best = bestGoals(data, view.array, state, bars.length - 1);
  const commanded = data.commanded[view.frame];
  const absent = !best.includes(commanded) && !isHere(data, state, commanded);
  const rank = absent && rankOf(data, view.array, state, commanded);
  bars.forEach((bar, i) => {
    const last = i === bars.length - 1;
    bar.goal = last ? (absent ? commanded : -1) : best[i] ?? -1;
    bar.node.classList.toggle("leo-player-off", bar.goal < 0);
    if (bar.goal >= 0) showBar(bar, data, view, state, last ? rank : i + 1);
  });
}

function showBar(bar, data, view, state, rank) {
  const { value, steps } = read(data, view.array, state, bar.goal);
  const scale = view.scale === "error" ? "value" : view.scale; // goals are ranked by their values
  const place = shadeOf(data, scale, value, NaN, bar.goal);
  const commanded = bar.goal === data.commanded[view.frame];
  bar.node.classList.toggle("leo-player-current", commanded || bar.goal === view.goal);
  bar.mark.className = `leo-player-mark ${commanded ? "leo-player-ring" : bar.goal === view.goal ? "leo-player-box" : ""}`;
  bar.rank.textContent = rank;
  bar.name.textContent = data.short[bar.goal];
  bar.fill.style.width = `${Math.max(1.5, place / 2.55)}%`;
  bar.fill.style.background = lutOf(scale).css[place];
  bar.number.textContent = data.valueScale.convertible ? `${formatSteps(steps)} ${formatSteps(steps) === "1" ? "step" : "steps"}` : formatNumber(value);
}
