// What all players of a walk share: the clock, what the pointer reads, the strip of values, and when what is drawn again.
import { element, legend } from "../lib/elements.js";
import { on, speakLive } from "../lib/frame.js";
import { playback } from "../lib/playback.js";
import { themeOf } from "../lib/theme.js";
import { drawStrip, stripOf } from "./strip.js";
import { drawHead, fitScrub, watchStrip } from "./strip_head.js";

const MARGINS = 34; // CSS pixels of a widget's width that are not its canvases'

// A player of `data`. act: what may be done; view(): what is shown now; words(data, now, hover): what the last line says.
// What it returns makes the parts; start() joins them to it and gives what mount() asks for.
export function walkPlayer({ root, model, signal, say }, { data, act, view, words }) {
  let [hover, shown] = [null, null];
  const clock = playback({
    root, signal, last: () => data.last, frame: () => model.get("frame"), speed: () => model.get("speed"),
    go: act.go, draw: () => shown.stage.move(), tell,
  });
  function read(next) {
    if (JSON.stringify(next) === JSON.stringify(hover)) return;
    hover = next;
    shown.stage.move();
    say(words(data, view(), hover));
  }
  function tell() {
    speakLive(root, !clock.playing);
    shown.controls.show(view());
  }
  function draw() {
    if (!shown.stage.ready()) return;
    const now = view();
    shown.stage.draw(now);
    [shown.controls, ...shown.parts].forEach((part) => part.show(now));
    shown.table.show(model.get("show_table"), now.frame);
    say(words(data, now, hover));
  }
  const then = (first) => (...values) => {
    first(...values);
    draw();
  };
  // stage: see walkStage; controls: the transport; parts: whatever else shows a view; traits: whose change draws again.
  function start({ stage, controls, parts, table, keys, traits }) {
    shown = { stage, controls, parts, table };
    watchStrip(stage.head, stage.strip, act, read, clock, signal);
    for (const name of [...traits, "show_table"]) on(model, `change:${name}`, draw, signal);
    on(model, "change:speed", then(clock.hurry), signal);
    on(model, "change:frame", then(clock.moved), signal);
    return { keys, redraw: then(stage.restyle), resize: then((width) => stage.resize(width - MARGINS)) };
  }
  return { clock, read, hover: () => hover, start };
}

// The canvases of the strip, the legend, and what each draw needs. The player adds draw(now) and move() to it, and what
// `fit(room)` does with a new width. What stands still is drawn again only where something of it changed().
export function walkStage({ root, model, data, controls, fit }) {
  const stage = { values: playerCanvas("values"), head: playerCanvas("head"), colours: legend(), theme: null };
  const drawn = {};
  let [strip, width] = [null, 0];
  stage.changed = (name, ...parts) => drawn[name] !== (drawn[name] = parts.join(" "));
  stage.screen = () => `${width} ${globalThis.devicePixelRatio} ${stage.theme.bg} ${stage.theme.fg}`;
  stage.ready = () => width > 0;
  stage.strip = () => strip;
  stage.restyle = () => (stage.theme = themeOf(root));
  stage.resize = (room) => {
    width = room;
    fit(room);
    stage.restyle();
  };
  stage.drawStrip = (now, shades) => {
    strip = stripOf(data, model.get("orders")[now.sort], width);
    drawStrip(stage.values, strip, data, { ...now, shades }, stage.theme, now.sort === "group");
    fitScrub(controls.scrub, strip);
  };
  // pointed: {goal} now, or {goal, time}.
  stage.drawHead = (now, at, pointed) => {
    const hover = pointed?.goal >= 0 && { time: now.frame, ...pointed };
    drawHead(stage.head, strip, data, { at, goal: now.goal, hover }, stage.theme);
  };
  return stage;
}

export const playerCanvas = (name) => element("canvas", { class: `leo-player-${name}` });

// The page's row of the strip.
export const stripRow = (stage) => element("div", { class: "leo-player-stage leo-player-strip" }, stage.values, stage.head);
