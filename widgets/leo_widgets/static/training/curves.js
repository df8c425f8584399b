// Small panels of curves over environment steps, each with its own scale, and one cursor through all of them.
import { element } from "../lib/elements.js";
import { axisOf, countWords, heightOn, metricWords, pathOf, placeOfSteps } from "./training.js";

const SVG = "http://www.w3.org/2000/svg";

function drawing(className, ...names) {
  const svg = document.createElementNS(SVG, "svg");
  const paths = names.map((name) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    return path;
  });
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 1000 1000");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.append(...paths);
  return { svg, paths };
}

function panelOf({ name, label }) {
  const number = element("span", { class: "leo-curve-number" });
  const { svg, paths: [line] } = drawing("leo-curve-line", "leo-line");
  const [cursor, pointer, dot] = ["leo-cursor", "leo-pointer", "leo-dot"].map((kind) => element("div", { class: kind, hidden: "" }));
  const plot = element("div", { class: "leo-plot" }, svg, pointer, cursor, dot);
  const [top, bottom] = [element("span"), element("span")];
  const node = element("figure", { class: "leo-curve", "data-metric": name },
    element("figcaption", {}, element("span", {}, label), number),
    element("div", { class: "leo-curve-axis", "aria-hidden": "true" }, top, bottom), plot);
  return { node, name, number, line, cursor, pointer, dot, plot, top, bottom };
}

// All panels. choose(place): a snapshot was clicked. read(): the pointer has moved to another one, see `hover`.
export function curvePanels({ choose, read, signal }) {
  const node = element("div", { class: "leo-curves", "aria-hidden": "true" });
  const here = { node, hover: null, show };
  let [panels, record] = [[], null];

  function placeUnder(event) {
    const plot = event.target.closest(".leo-plot");
    if (!plot || !record?.count) return null;
    const box = plot.getBoundingClientRect();
    return placeOfSteps(record.env_steps, ((event.clientX - box.left) / box.width) * record.end);
  }
  const move = (place) => {
    if (place === here.hover) return;
    here.hover = place;
    read();
  };
  const listen = (name, handler) => node.addEventListener(name, handler, { signal });
  listen("pointermove", (event) => {
    const place = placeUnder(event);
    if (place !== null && event.buttons) choose(place);
    move(place);
  });
  listen("pointerdown", (event) => {
    const place = placeUnder(event);
    if (place !== null) choose(place);
  });
  listen("pointerleave", () => move(null));

  // place: of the shown snapshot. view: {log, goals}
  function show(next, place, view) {
    if (next !== record && String(next.panels.map(({ name }) => name)) !== String(panels.map(({ name }) => name))) {
      panels = next.panels.map(panelOf);
      node.replaceChildren(...panels.map((panel) => panel.node));
    }
    if (here.hover !== null && here.hover >= next.count) here.hover = null;
    record = next;
    panels.forEach((panel, i) => showPanel(panel, record, record.panels[i], { ...view, place, hover: here.hover }));
  }
  return here;
}

function showPanel(panel, record, curve, { place, hover, log, goals }) {
  const axis = axisOf(curve, log, goals);
  const read = hover ?? place;
  panel.top.textContent = axis.top;
  panel.bottom.textContent = axis.bottom;
  panel.line.setAttribute("d", pathOf(record.env_steps, curve.values, axis, record.end));
  panel.number.textContent = record.count ? metricWords(curve.kind, curve.values[read]) : "";
  const across = (i) => `${(100 * record.env_steps[i]) / record.end}%`;
  panel.cursor.hidden = place < 0;
  panel.pointer.hidden = hover === null || hover === place;
  if (place >= 0) panel.cursor.style.left = across(place);
  if (hover !== null) panel.pointer.style.left = across(hover);
  const height = read < 0 ? NaN : heightOn(axis, curve.values[read]);
  panel.dot.hidden = Number.isNaN(height);
  if (Number.isNaN(height)) return;
  panel.dot.style.left = across(read);
  panel.dot.style.top = `${100 * (1 - height)}%`;
}

// A bar of the whole run: how far it is, its snapshots as ticks, and a handle on the shown one. choose(place), step(by).
export function timeline({ choose, pressed, signal }) {
  const slider = element("input", { type: "range", class: "leo-slider", min: "0", step: "any", "aria-label": "snapshot" });
  const { svg, paths: [ticks] } = drawing("leo-ticks", "leo-tick");
  const node = element("div", { class: "leo-timeline" }, slider, svg);
  let record = null;
  slider.addEventListener("input", () => {
    if (!record?.count) return;
    const place = placeOfSteps(record.env_steps, Number(slider.value));
    slider.value = record.env_steps[place];
    choose(place);
  }, { signal });
  // the slider speaks the widget's keys: one snapshot left or right, first, last, play, pause
  const same = { ArrowLeft: ",", ArrowDown: ",", PageDown: ",", ArrowRight: ".", ArrowUp: ".", PageUp: "." };
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Tab" || event.key === "Escape" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pressed(same[event.key] ?? event.key);
  }, { signal });
  const show = (next, place) => {
    record = next;
    slider.max = record.end;
    slider.disabled = !record.count;
    slider.value = record.env_steps[place] ?? 0;
    slider.setAttribute("aria-valuetext", place < 0 ? "none" : `${countWords(record.env_steps[place])} steps, snapshot ${place + 1} of ${record.count}`);
    const part = (record.env_steps.at(-1) ?? 0) / record.end;
    node.style.setProperty("--leo-done", part === 0 || part === 1 ? `${100 * part}%` : `calc(7px + (100% - 14px) * ${part})`);
    ticks.setAttribute("d", record.env_steps.map((at) => `M${Math.round((1000 * at) / record.end)} 0v1000`).join(""));
  };
  return { node, show };
}
