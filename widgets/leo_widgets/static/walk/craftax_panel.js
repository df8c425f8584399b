// Beside the world: what is commanded and done, how the player is and what it carries, and the goals that move most.
import { element } from "../lib/elements.js";
import { cividis } from "../lib/shades.js";
import { formatNumber } from "../lib/words.js";
import { shadeOf } from "../map/values.js";
import { valueOf } from "./by_time.js";
import { goodsAt, isAsleep, moversOf, plainName, statAt } from "./craftax.js";
import { aimOf } from "./rollout.js";
import { goalBar } from "./rollout_panel.js";

const MOVERS = 10;

const wordsFor = (data, ...words) => words.flatMap(([text, bold]) => [text, element("b", {}, bold)]);

// What is commanded, what is done, the needs and what is carried. act: {pick(goal)}. Returns {node, show({frame, goal})}.
export function worldPanel(data, act) {
  const command = element("button", { type: "button", class: "leo-world-command", title: "read the commanded goal (c)" });
  command.addEventListener("click", () => act.commanded());
  const [state, doing, chips] = ["leo-world-state", "leo-world-doing", "leo-world-goods"].map((name) => element("div", { class: name }));
  const needs = data.needs.map((need) => needBar(need));
  const most = Math.max(...data.states.map((t) => goodsOf(data, t).length));
  chips.style.minHeight = `${22 * Math.ceil(most / 2)}px`; // about two in a row: what lies below should not jump
  const node = element("div", { class: "leo-world-panel" },
    element("div", { class: "leo-player-aim" }, element("i", { class: "leo-player-ring" }), "Commanded"), command, state, doing,
    element("div", { class: "leo-world-needs" }, ...needs.map((bar) => bar.node)), chips);
  const show = ({ frame }) => {
    const goal = data.commanded[frame];
    command.textContent = data.short[goal];
    state.textContent = data.achieved[frame] ? "reached in this step" : `value ${formatNumber(valueOf(data, frame, goal))}`;
    state.classList.toggle("leo-world-done", data.achieved[frame]);
    doing.replaceChildren(...doingWords(data, frame));
    needs.forEach((bar) => bar.show(statAt(data, frame, bar.name, 0)));
    chips.replaceChildren(...goodsOf(data, frame).map(([name, number]) => element("span", {}, plainName(name), element("b", {}, String(number)))));
  };
  return { node, show };
}

// The action chosen in this state, and for which goal where that is a new one.
function doingWords(data, frame) {
  if (frame === data.last) return ["The walk ends here"];
  const aim = aimOf(data, frame);
  const action = ["Chooses ", plainName(data.actionNames[data.taken[frame]])];
  return wordsFor(data, action, ...(aim === data.commanded[frame] ? [] : [[" for ", data.short[aim]]]));
}

function goodsOf(data, frame) {
  const level = statAt(data, frame, "level", -1);
  const light = statAt(data, frame, "light", -1);
  return [...(level < 0 ? [] : [["level", level]]), ...(light < 0 ? [] : [["light", light]]),
    ...(isAsleep(data, frame) ? [["asleep", ""]] : []), ...goodsAt(data, frame)];
}

function needBar({ name, full }) {
  const [fill, number] = [element("span", { class: "leo-player-fill" }), element("span", { class: "leo-player-number" })];
  const node = element("div", { class: "leo-world-need" }, element("span", {}, name), element("span", { class: "leo-player-track" }, fill), number);
  const show = (value) => {
    fill.style.width = `${(100 * value) / full}%`;
    node.classList.toggle("leo-world-low", value <= full / 3);
    number.textContent = value;
  };
  return { node, name, show };
}

// ---------------------------------------------------------------- the goals that move most

// act: {pick(goal), hover(goal or -1)}. Returns {node, show({frame, goal})}.
export function moversPanel(data, act, window) {
  const heading = element("div", { class: "leo-player-from" });
  const bars = Array.from({ length: Math.min(MOVERS, data.goals) }, () => {
    const bar = goalBar(act);
    bar.then = element("span", { class: "leo-world-then" });
    bar.track.append(bar.then);
    return bar;
  });
  const node = element("div", { class: "leo-world-movers" }, heading, ...bars.map((bar) => bar.node));
  node.addEventListener("pointerleave", () => act.hover(-1));
  const show = ({ frame, goal }) => {
    const { then, goals } = moversOf(data, frame, window, bars.length);
    heading.replaceChildren(...(frame
      ? wordsFor(data, ["Values that moved most in ", frame - then === 1 ? "the last step" : `the last ${frame - then} steps`])
      : wordsFor(data, ["Highest values ", "at the start"])));
    bars.forEach((bar, i) => {
      bar.goal = goals[i] ?? -1;
      bar.node.classList.toggle("leo-player-off", bar.goal < 0);
      if (bar.goal >= 0) showMover(bar, data, { frame, then, goal });
    });
  };
  return { node, show };
}

function showMover(bar, data, { frame, then, goal }) {
  const [now, before] = [frame, then].map((t) => valueOf(data, t, bar.goal));
  const place = shadeOf(data, "value", now, NaN, bar.goal);
  const along = (value) => (data.valueScale.name === "hit" ? 100 * value : shadeOf(data, "value", value, NaN, bar.goal) / 2.55);
  const commanded = bar.goal === data.commanded[frame];
  bar.node.classList.toggle("leo-player-current", commanded || bar.goal === goal);
  bar.mark.className = `leo-player-mark ${commanded ? "leo-player-ring" : bar.goal === goal ? "leo-player-box" : ""}`;
  bar.rank.textContent = frame === then ? "" : now > before ? "▲" : "▼";
  bar.name.textContent = data.short[bar.goal];
  bar.name.title = data.goalNames[bar.goal];
  bar.fill.style.width = `${along(now)}%`;
  bar.fill.style.background = cividis.css[place];
  bar.then.hidden = frame === then;
  bar.then.style.left = `calc(${along(before)}% - 1px)`;
  bar.number.textContent = frame === then ? formatNumber(now, 2) : `${formatNumber(before, 2)} → ${formatNumber(now, 2)}`;
}
