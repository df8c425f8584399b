// Beside a plane: what is commanded and how far it is, what is chosen, and what the body does.
import { element } from "../lib/elements.js";
import { stepsOf } from "../lib/scales.js";
import { formatNumber, formatSigned, formatSteps } from "../lib/words.js";
import { legendOf } from "../map/values.js";
import { amountWords, isDone, valueOf } from "../walk/by_time.js";
import { bodyAt, distance, isOffLattice, lengthWords, desiredAt } from "./plane.js";

// act: {follow()}. Returns {node, show({frame, goal, follow})}.
export function planePanel(data, act) {
  const [aim, far, worth, words, clock] = ["leo-player-aim", "leo-plane-far", "", "", "leo-plane-clock"].map((name) => element("div", { class: name }));
  const back = element("button", { type: "button", class: "leo-toggle", title: "follow the commanded goal again (f)", onclick: act.follow },
    "Back to commanded");
  const bars = data.actionNames.map((name) => actionBar(name));
  const node = element("div", { class: "leo-plane-panel" }, aim, far, worth, element("div", { class: "leo-player-chosen" }, words, back),
    element("div", { class: "leo-plane-acts", "aria-hidden": "true" }, clock, ...bars.map((bar) => bar.node)));
  node.style.setProperty("--leo-act-width", `${0.56 * Math.max(6, Math.min(18, Math.max(...data.actionNames.map((name) => name.length))))}em`);
  const show = (view) => {
    const goal = data.commanded[view.frame];
    aim.replaceChildren(element("i", { class: "leo-player-ring" }), "Commanded ", element("b", {}, data.short[goal]));
    worth.textContent = isDone(data, view.frame, goal) ? "within its radius" : `value ${amountWords(data, view.frame, goal)}`;
    far.replaceChildren(...farWords(data, view.frame));
    back.hidden = view.follow;
    words.replaceChildren(...(view.goal === goal ? ["Chosen: the commanded goal"]
      : ["Chosen ", element("b", {}, data.short[view.goal]), `, ${stepsLeft(data, view.frame, view.goal)}`]));
    const seconds = data.seconds ? `, ${formatNumber(view.frame * data.seconds, 2)} s` : "";
    clock.textContent = view.frame < data.last ? `Action of step ${view.frame}${seconds}` : `The walk ends here${seconds}`;
    bars.forEach((bar, i) => bar.show(view.frame < data.last ? data.actions[view.frame * bars.length + i] : null));
  };
  return { node, show };
}

function stepsLeft(data, t, goal) {
  const count = stepsOf(data.valueScale, valueOf(data, t, goal), goal);
  if (Number.isNaN(count)) return `value ${formatNumber(valueOf(data, t, goal))}`;
  const steps = formatSteps(count > 10 ? Math.round(count) : count);
  return `${steps} ${steps === "1" ? "step" : "steps"}`;
}

function farWords(data, t) {
  const away = element("b", {}, lengthWords(data, distance(bodyAt(data, t), desiredAt(data, t))));
  return [away, isOffLattice(data, t) ? " from the place ×, off the lattice" : " away"];
}

// What the colours of a plane mean. note: what its marks do.
export function planeLegend(data, scale, note) {
  const own = data.valueScale.name === "hit" ? "value of what the policy does" : data.valueScale.legend;
  const title = { value: own, steps: "steps to the goal", error: "value − exact value" }[scale];
  return { ...legendOf(data, scale, false, false), title, note };
}

export const TILE_NOTE = "arrow: the best action for that goal · corner: reached";

// A bar from the middle, -1 to 1: {node, show(number or null)}.
function actionBar(name) {
  const [fill, number] = [element("span", { class: "leo-plane-act-fill" }), element("span", { class: "leo-player-number" })];
  const node = element("div", { class: "leo-plane-act" }, element("span", { class: "leo-player-name", title: name }, name),
    element("span", { class: "leo-plane-act-track" }, fill), number);
  const show = (value) => {
    const size = value === null ? 0 : Math.min(1, Math.abs(value));
    fill.style.left = `${value < 0 ? 50 - 50 * size : 50}%`;
    fill.style.width = `${50 * size}%`;
    number.textContent = value === null ? "" : formatSigned(value, 2);
  };
  return { node, show };
}
