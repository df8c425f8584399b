// What stands above the map and the curves of a training run: buttons, progress, and the player.
import { element, toggle } from "../lib/elements.js";
import { helpButton } from "../lib/frame.js";
import { progressWords } from "./training.js";

const TALK = 1000; // milliseconds between two live lines while it trains

// Whether there is a training that can be paused and stopped.
export const isActive = (record, live) => live && ["running", "paused"].includes(record.status);

// Whether the training rests, or will after its present chunk.
export const isResting = (record) => record.status === "paused" || record.asked === "pause";

// Pause, stop, what the run is doing, and the tools on the right. live: a kernel listens.
export function controls(act) {
  const pause = element("button", { type: "button", class: "leo-toggle leo-pause", onclick: act.pause });
  const stop = element("button", { type: "button", class: "leo-toggle leo-stop", title: "stop training after this chunk (Shift+S)", onclick: act.stop }, "Stop");
  const words = element("span", { class: "leo-progress" });
  const table = toggle("Table", "one row for each snapshot (t)", act.table);
  const node = element("div", { class: "leo-bar leo-run-bar" }, pause, stop, words, element("div", { class: "leo-tools" }, table.node, helpButton()));
  const show = (record, live, shown) => {
    const resting = isResting(record);
    pause.hidden = stop.hidden = !isActive(record, live);
    pause.textContent = resting ? "Resume" : "Pause";
    pause.title = resting ? "go on (p)" : "pause after this chunk (p)";
    stop.disabled = record.asked === "stop";
    words.textContent = progressWords(record, live);
    words.classList.toggle("leo-failed", record.status === "failed");
    table.show(shown);
  };
  return { node, show };
}

// Play, the bar of the whole run, and the way back to the newest snapshot.
export function player(act, bar) {
  const play = element("button", { type: "button", class: "leo-toggle leo-play", onclick: act.play });
  const newest = element("button", { type: "button", class: "leo-toggle leo-live", onclick: act.newest });
  const node = element("div", { class: "leo-player" }, play, bar.node, newest);
  const show = (record, place, following, playing, live) => {
    bar.show(record, place);
    play.textContent = playing ? "❚❚" : "▶";
    play.title = playing ? "stop playing (Space)" : "play the training again (Space)";
    play.setAttribute("aria-label", play.title);
    play.disabled = record.count < 2;
    const active = isActive(record, live);
    newest.textContent = active ? "Live" : "Newest";
    newest.title = active ? "follow the training (End)" : "the newest snapshot (End)";
    newest.setAttribute("aria-pressed", String(following));
    newest.disabled = !record.count;
  };
  return { node, show };
}

// Say a line at once, or, while lines come fast, the last of them after a rest.
export function talker(say, signal) {
  let [timer, last] = [0, 0];
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (text, hurry) => {
    clearTimeout(timer);
    const speak = () => {
      last = performance.now();
      say(text);
    };
    const rest = last + TALK - performance.now();
    if (hurry || rest <= 0) speak();
    else timer = setTimeout(speak, rest);
  };
}
