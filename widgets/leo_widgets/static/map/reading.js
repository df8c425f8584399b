// What one (state, goal) pair says, in bars and numbers, for the side of a map.
import { element } from "../lib/elements.js";
import { formatNumber, formatSigned, formatSteps, shortName } from "../lib/words.js";
import { formatScaled, greedyPath, isCut, isHere, lutOf, read, shadeOf } from "./values.js";

const ARROWS = { left: "←", right: "→", up: "↑", down: "↓" };

// A panel with the pair, a bar for each action, and value, steps and path in numbers. Returns {node, show(view)}.
//   view: {state, goal, scale, array}, array being data.q or data.truth
export function readingPanel(data) {
  const pair = element("div", { class: "leo-pair" });
  const bars = data.actionNames.map((name) => actionBar(name));
  const numbers = element("table", { class: "leo-numbers" });
  const path = element("p", { class: "leo-path", title: "by the rules of the map, without slips" });
  const node = element("div", { class: "leo-reading", "aria-hidden": "true" }, pair,
    element("div", { class: "leo-actions" }, ...bars.map((bar) => bar.node)), numbers, path);
  const show = (view) => {
    const { state, goal } = view;
    const bold = (name) => element("b", {}, shortName(name));
    pair.replaceChildren(bold(data.stateNames[state]), " to ", bold(data.goalNames[goal]));
    const here = isHere(data, state, goal);
    node.classList.toggle("leo-here", here);
    showBars(bars, data, view, here);
    numbers.replaceChildren(...(here ? [] : numberRows(data, state, goal)));
    path.textContent = here ? "the state is the goal" : pathWords(data, view);
  };
  return { node, show };
}

function actionBar(name) {
  const fill = element("span", { class: "leo-fill" });
  const number = element("span", { class: "leo-number" });
  const node = element("div", { class: "leo-action" },
    element("span", { class: "leo-action-name" }, `${ARROWS[name] ?? ""} ${name}`),
    element("span", { class: "leo-track" }, fill), number);
  return { node, fill, number };
}

function showBars(bars, data, view, here) {
  const now = read(data, view.array, view.state, view.goal);
  const exact = data.truth && read(data, data.truth, view.state, view.goal);
  bars.forEach(({ node, fill, number }, i) => {
    const place = shadeOf(data, view.scale, now.actions[i], exact?.actions[i], view.goal);
    const known = !here && !Number.isNaN(place);
    node.classList.toggle("leo-best", known && i === now.best);
    number.textContent = here ? "" : formatScaled(data, view.scale, now.actions[i], exact?.actions[i], view.goal);
    const zero = view.scale === "error" ? 127.5 : 0; // where bars start
    const [from, to] = [Math.min(place, zero), Math.max(place, zero)];
    fill.style.left = known ? `${from / 2.55}%` : "0";
    fill.style.width = known ? `${Math.max(1.5, (to - from) / 2.55)}%` : "0";
    fill.style.background = known ? lutOf(view.scale).css[place] : "none";
  });
}

function numberRows(data, state, goal) {
  const now = read(data, data.q, state, goal);
  const exact = data.truth && read(data, data.truth, state, goal);
  const row = (name, ...cells) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((text) => element("td", {}, text)));
  const rows = [row("value", formatNumber(now.value), ...(exact ? [formatNumber(exact.value)] : []))];
  if (data.valueScale.convertible) rows.push(row("steps", formatSteps(now.steps), ...(exact ? [formatSteps(exact.steps)] : [])));
  if (!exact) return rows;
  const head = element("tr", {}, ...["", "estimate", "exact"].map((text) => element("th", { scope: "col" }, text)));
  return [head, ...rows, row("error", formatSigned(now.value - exact.value), "")];
}

function pathWords(data, view) {
  if (isCut(data, view.state, view.goal)) return "no way leads there";
  const { cells, end } = greedyPath(data, view.array, view.state, view.goal);
  const moves = `${cells.length - 1} ${cells.length === 2 ? "move" : "moves"}`;
  if (end === "arrives") return `greedy path: arrives after ${moves}`;
  if (end === "loops") return `greedy path: repeats itself after ${moves}`;
  return end === "chance" ? "greedy path: a teleporter draws the way" : "";
}
