// The clock of a player: it plays, glides between two frames, rests off screen, and never asks the kernel.
import { reducedMotion } from "./theme.js";

const REST = 1000; // milliseconds at the last frame before it starts again
const STEP_GLIDE = 140; // milliseconds that a single step by hand takes

// Frame and wait after some time: {frame, wait}. wait is the time until the next step; all times in milliseconds.
export function advance({ frame, wait }, elapsed, speed, last) {
  const interval = 1000 / speed;
  wait -= elapsed;
  while (wait <= 0) {
    frame = frame < last ? frame + 1 : 0;
    wait += frame === last ? Math.max(REST, interval) : interval;
  }
  return { frame, wait };
}

// How long the way to a frame takes: 0 is a jump. Only neighbours are joined by a glide.
export function glideTime(at, frame, { playing, speed }) {
  if (Math.abs(frame - at) >= 2) return 0;
  return playing ? Math.min(220, 750 / speed) : STEP_GLIDE;
}

// A place between two, slow at both ends.
export const eased = (from, to, part) => from + (to - from) * part * part * (3 - 2 * part);

// A clock for the frames 0..last(). frame() and speed() read the model, go(frame) writes it, draw() draws what moves,
// tell() says that it began or stopped. Call moved() whenever the frame has changed.
export function playback({ root, signal, last, frame, speed, go, draw, tell }) {
  const clock = { at: frame(), playing: false, held: false };
  let [seen, wait, then, request, glide] = [true, 0, 0, 0, null];

  function tick(now) {
    request = 0;
    const elapsed = Math.min(now - then, 250);
    then = now;
    if (clock.playing && !clock.held) {
      const next = advance({ frame: frame(), wait }, elapsed, speed(), last());
      wait = next.wait;
      if (next.frame !== frame()) go(next.frame);
    }
    if (glide) {
      const part = Math.min(1, (now - glide.start) / glide.time);
      clock.at = eased(glide.from, glide.to, part);
      if (part === 1) glide = null;
    }
    draw();
    run();
  }
  function run() {
    if (!request && seen && (clock.playing || glide) && !signal.aborted) request = requestAnimationFrame(tick);
  }
  clock.moved = () => {
    const time = clock.held || reducedMotion() ? 0 : glideTime(clock.at, frame(), { playing: clock.playing, speed: speed() });
    glide = time ? { from: clock.at, to: frame(), start: performance.now(), time } : null;
    if (!glide) clock.at = frame();
    start();
  };
  function start() {
    if (!request) then = performance.now();
    run();
  }
  clock.play = (on) => {
    if (on === clock.playing) return;
    clock.playing = on;
    wait = 0; // the first step comes at once
    tell();
    start();
  };
  clock.hurry = () => (wait = Math.min(wait, 1000 / speed()));
  watchSight(root, signal, (on) => {
    seen = on;
    if (seen) start();
  }, () => cancelAnimationFrame(request));
  return clock;
}

// Tell whether an element is in sight, until the signal ends it.
function watchSight(root, signal, tell, end) {
  const watcher = new IntersectionObserver(([entry]) => tell(entry.isIntersecting));
  watcher.observe(root);
  signal.addEventListener("abort", () => {
    watcher.disconnect();
    end();
  });
}
