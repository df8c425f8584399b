// Play, step and scrub: the buttons and the slider of whatever has frames.
import { element } from "./elements.js";
import { playback } from "./playback.js";

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z", back: "M11 3v10L4 8z", play: "M4 2.5v11L13 8z", pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M5 3v10l7-5z", last: "M11 3h2v10h-2zM3 3v10l7-5z",
};

const svg = (name) => `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

function iconButton(name, hint, press) {
  const node = element("button", { type: "button", class: "leo-player-key", title: hint, "aria-label": hint, onclick: press });
  node.innerHTML = svg(name);
  return node;
}

// A clock as `playback` makes it, but one that stops at the last frame, and starts from the first when it is played there.
export function playsOnce(options) {
  const { frame, last, go } = options;
  const onwards = (next) => {
    if (next > frame()) go(next);
    if (frame() >= last() || next <= frame() - 1) clock.play(false);
  };
  const clock = playback({ ...options, go: onwards });
  const { play } = clock;
  clock.play = (on) => {
    if (on && frame() >= last()) go(0);
    play(on && last() > 0);
  };
  return clock;
}

// The buttons, and the frame in numbers. act: {go(frame), step(by)}; unit: what a frame is called.
// Returns {nodes, show(frame, last)}.
export function playButtons(act, clock, unit) {
  const play = iconButton("play", "play", () => clock.play(!clock.playing));
  play.classList.add("leo-player-play");
  const time = element("span", { class: "leo-player-time" });
  const keys = element("div", { class: "leo-player-keys", role: "group", "aria-label": "playback" },
    iconButton("first", `first ${unit} (Home)`, () => act.go(0)), iconButton("back", `one ${unit} back (,)`, () => act.step(-1)), play,
    iconButton("next", `one ${unit} on (.)`, () => act.step(1)), iconButton("last", `last ${unit} (End)`, () => act.step(Infinity)));
  const show = (frame, last) => {
    time.replaceChildren(element("b", {}, String(frame)), ` / ${last}`);
    const label = clock.playing ? "pause" : "play";
    if (play.title.startsWith(label)) return;
    play.innerHTML = svg(label);
    play.setAttribute("aria-label", label);
    play.title = `${label} (space)`;
  };
  return { nodes: [keys, time], show };
}

// The slider over all frames. Returns {node, show(frame, last)}.
export function scrubber(go, unit) {
  const node = element("input", { type: "range", class: "leo-player-scrub", min: 0, max: 0, step: 1, "aria-label": unit });
  node.addEventListener("input", () => go(Number(node.value)));
  node.addEventListener("pointerup", () => node.closest(".leo").focus({ preventScroll: true })); // where the keys act
  const show = (frame, last) => {
    node.max = last;
    node.value = frame;
    node.setAttribute("aria-valuetext", `${unit} ${frame} of ${last}`);
  };
  return { node, show };
}

// Keys that every player has.
export const playKeys = (act, clock, unit) => [
  [" ", "play or pause", () => clock.play(!clock.playing)],
  [",", `one ${unit} back`, () => act.step(-1)],
  [".", `one ${unit} on`, () => act.step(1)],
  ["Home", `first ${unit}`, () => act.go(0)],
  ["End", `last ${unit}`, () => act.step(Infinity)],
];
