// Shared by all widgets. Python joins this file into each widget's module (assets.esm); node tests import it as it is.
import { CIVIDIS, DIVERGING } from "./colours.js";

// ---------------------------------------------------------------- arrays

const MISSING = 65535;

// A packed array ({data, shape, low, high}, see wire.py) as {codes, shape, low, high, unit, size}.
export function decode(packed) {
  const { data, shape, low, high } = packed;
  const view = ArrayBuffer.isView(data) ? data : new DataView(data);
  const size = shape.reduce((product, n) => product * n, 1);
  if (view.byteLength !== 2 * size) throw new Error(`${view.byteLength} bytes for an array of shape ${shape}`);
  return { codes: uint16(view), shape, low, high, unit: (high - low) / 65534, size };
}

// Little-endian uint16 codes of a view, copied when they do not start on an even byte or the machine is big-endian.
export function uint16(view) {
  const { buffer, byteOffset, byteLength } = view;
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (littleEndian && byteOffset % 2 === 0) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  const source = new DataView(buffer, byteOffset, byteLength);
  return Uint16Array.from({ length: byteLength / 2 }, (_, i) => source.getUint16(2 * i, true));
}

// The bytes of an array of numbers 0 to 255 ({data, shape}, see wire.small).
export function decodeBytes({ data }) {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

// Numbers -1 to 1 of an array of one byte each ({data, shape}, see wire.signed), as an Int8Array: 127 stands for 1.
export function decodeSigned(packed) {
  const bytes = decodeBytes(packed);
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

// The truths of an array packed eight to a byte ({data, shape}, see wire.bits), as a Uint8Array of 0 and 1.
export function decodeBits({ data, shape }) {
  const bytes = decodeBytes({ data });
  const size = shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== Math.ceil(size / 8)) throw new Error(`${bytes.length} bytes for ${size} bits`);
  return Uint8Array.from({ length: size }, (_, i) => (bytes[i >> 3] >> (i & 7)) & 1);
}

// The numbers of an array of little-endian float32 ({data, shape}, see wire.floats), as a Float32Array of its own.
export function decodeFloats({ data, shape }) {
  const view = ArrayBuffer.isView(data) ? new DataView(data.buffer, data.byteOffset, data.byteLength) : new DataView(data);
  const size = shape.reduce((product, n) => product * n, 1);
  if (view.byteLength !== 4 * size) throw new Error(`${view.byteLength} bytes for an array of shape ${shape}`);
  return Float32Array.from({ length: size }, (_, i) => view.getFloat32(4 * i, true));
}

// One number of a decoded array; NaN where it is missing.
export function valueAt(array, index) {
  const code = array.codes[index];
  return code === MISSING ? NaN : array.low + code * array.unit;
}

// Index of the largest of `count` codes from `offset`: the first of equals, as in numpy; missing codes never win.
export function argmax(codes, offset, count) {
  let best = 0;
  let top = -1;
  for (let i = 0; i < count; i++) {
    const code = codes[offset + i];
    if (code !== MISSING && code > top) [best, top] = [i, code];
  }
  return best;
}

// Steps to the goal of a hit value: 1 + log(v) / log(gamma); Infinity for 0.
export function stepsOf(value, gamma) {
  return value > 0 ? 1 + Math.log(value) / Math.log(gamma) : Number.isNaN(value) ? NaN : Infinity;
}

// ---------------------------------------------------------------- colours

export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// A colour of the style sheet as [r, g, b]. Lab may write #fff.
export function channelsOf(colour) {
  if (/^#[0-9a-f]{6}$/i.test(colour)) return rgb(colour);
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

// A look-up table of 256 colours from evenly spaced hex colours: css strings, and whether black is readable on each.
export function lookup(hexes) {
  const anchors = hexes.map(rgb);
  const css = [];
  const isLight = [];
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (anchors.length - 1);
    const low = Math.min(Math.floor(at), anchors.length - 2);
    const [r, g, b] = anchors[low].map((c, k) => Math.round(c + (at - low) * (anchors[low + 1][k] - c)));
    css.push(`rgb(${r},${g},${b})`);
    isLight.push(luminance(r, g, b) > 0.2);
  }
  return { css, isLight };
}

// Relative luminance (WCAG 2) of a colour with channels 0 to 255.
export function luminance(r, g, b) {
  const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

export const cividis = lookup(CIVIDIS);
export const diverging = lookup(DIVERGING);

// Place of a value on a 256-colour table whose ends stand for `from` and `to` (from > to turns the table round).
export function shade(value, from, to) {
  return Math.max(0, Math.min(255, Math.round((255 * (value - from)) / (to - from))));
}

// Colours that a canvas needs, read from the style sheet of the root, so that it follows the theme.
export function themeOf(root) {
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(`--leo-${name}`).trim();
  const names = ["bg", "fg", "muted", "line", "wall", "hatch", "accent", "empty"];
  return Object.fromEntries(names.map((name) => [name, colour(name)]));
}

// Call `redraw` when the theme changes: Lab marks its body, other pages follow the system.
export function watchTheme(redraw, signal) {
  const observer = new MutationObserver(redraw);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "class"];
  observer.observe(document.body, { attributes: true, attributeFilter });
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal });
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// ---------------------------------------------------------------- words and numbers

// A number with `digits` decimals, a true minus sign, and no "-0.000".
export function formatNumber(value, digits = 3) {
  if (Number.isNaN(value)) return "unknown";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

export const formatSigned = (value, digits = 3) => {
  const text = formatNumber(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
};

// Steps as a reader wants them: whole when (nearly) whole, one decimal else, and "never" when there is no way.
export function formatSteps(steps) {
  if (Number.isNaN(steps)) return "unknown";
  if (steps === Infinity) return "never";
  if (steps > 999) return "over 999";
  return Math.abs(steps - Math.round(steps)) < 0.05 ? String(Math.round(steps)) : steps.toFixed(1);
}

// ---------------------------------------------------------------- elements

// A DOM element: element("button", {class: "leo-key", onclick: f}, "text", child). undefined and false are left out.
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

// A canvas of width x height CSS pixels at the screen's resolution; returns its 2-D context, cleared, in CSS pixels.
export function sizeCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    Object.assign(canvas, { width: pixelWidth, height: pixelHeight });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const context = canvas.getContext("2d");
  context.setTransform(pixelWidth / width, 0, 0, pixelHeight / height, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// As much of a text as fits into `room` CSS pixels in the context's font.
export function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let length = text.length - 1;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return `${text.slice(0, length)}…`;
}

// A row of buttons of which one is pressed. options: [[value, label, hint]]. Returns {node, show(value, disabled)}.
export function segmented(label, options, choose) {
  const buttons = options.map(([value, text, hint]) =>
    element("button", { type: "button", title: hint, "data-value": value, onclick: () => choose(value) }, text));
  const node = element("div", { class: "leo-segments", role: "group", "aria-label": label }, ...buttons);
  const show = (chosen, disabled = []) => buttons.forEach((button, i) => {
    button.setAttribute("aria-pressed", String(options[i][0] === chosen));
    button.disabled = disabled.includes(options[i][0]);
  });
  return { node, show };
}

// A button that is on or off. Returns {node, show(on, disabled)}.
export function toggle(text, hint, flip) {
  const node = element("button", { type: "button", class: "leo-toggle", title: hint, onclick: flip }, text);
  const show = (on, disabled = false) => {
    node.setAttribute("aria-pressed", String(on));
    node.disabled = disabled;
  };
  return { node, show };
}

// A colour bar with numbers below it. show({title, lut, ticks: [[place 0..1, text]], reverse, note}).
export function legend() {
  const title = element("div", { class: "leo-legend-title" });
  const bar = element("canvas", { class: "leo-legend-bar", width: "256", height: "1", "aria-hidden": "true" });
  const ticks = element("div", { class: "leo-legend-ticks" });
  const note = element("div", { class: "leo-legend-note" });
  const node = element("div", { class: "leo-legend" }, title, bar, ticks, note);
  const show = (spec) => {
    title.textContent = spec.title;
    note.textContent = spec.note ?? "";
    const context = bar.getContext("2d");
    for (let i = 0; i < 256; i++) {
      context.fillStyle = spec.lut.css[spec.reverse ? 255 - i : i];
      context.fillRect(i, 0, 1, 1);
    }
    const end = (place) => (place === 0 ? "first" : place === 1 ? "last" : "");
    ticks.replaceChildren(...spec.ticks.map(([place, text]) =>
      element("span", { style: `left: ${100 * place}%`, class: end(place) }, text)));
  };
  return { node, show };
}

// A table with a heading row; rows are arrays of text, `current` is the row to mark.
export function textTable(caption, headings, rows, current = -1) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((row, i) =>
    element("tr", { "aria-current": i === current ? "true" : undefined },
      ...row.map((text, k) => element(k === 0 ? "th" : "td", k === 0 ? { scope: "row" } : {}, text))));
  return element("table", { class: "leo-table" }, element("caption", {}, caption),
    element("thead", {}, head), element("tbody", {}, ...body));
}

// ---------------------------------------------------------------- a widget's frame

// Build a widget inside `el`: a focusable root, a line of text for eyes and screen readers, keys with a help panel.
//   build({root, model, signal, sync, say, el}) -> {keys, redraw, resize}
//     keys     [[key or [keys], "what it does", action(event)]]
//     redraw   called when the theme changes
//     resize   called with the width of the root in CSS pixels, first when it is known
// Everything registered with `signal` ends when the returned function is called.
export function mount({ model, el }, { label, className }, build) {
  const controller = new AbortController();
  const { signal } = controller;
  const root = element("div", {
    class: `leo ${className}`, tabindex: "0", role: "application", "aria-label": label,
    "aria-keyshortcuts": "?", "data-lm-suppress-shortcuts": "true",
  });
  const status = element("p", { class: "leo-status", role: "status", "aria-live": "polite" });
  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };
  const sync = syncer(model, signal);
  el.append(root);
  const view = build({ root, model, signal, sync, say, el });
  const help = helpPanel(view.keys);
  root.append(status, help);
  bindKeys(root, help, view.keys, signal);
  watchTheme(() => view.redraw(), signal);
  watchWidth(root, view.resize, signal);
  return () => {
    controller.abort();
    root.remove();
  };
}

// Write traits at once for the browser, and to Python at most ten times a second: the last value always arrives.
export function syncer(model, signal, wait = 100) {
  let timer = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    model.save_changes();
  };
  signal.addEventListener("abort", () => timer && flush());
  return (traits) => {
    for (const [name, value] of Object.entries(traits)) model.set(name, value);
    timer ||= setTimeout(flush, wait);
  };
}

function watchWidth(root, resize, signal) {
  let width = 0;
  const observer = new ResizeObserver(() => {
    const now = root.clientWidth;
    if (now > 0 && now !== width) resize((width = now));
  });
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect());
}

const KEY_NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Escape: "Esc" };

function helpPanel(keys) {
  const rows = [...keys, ["?", "show or hide this help"], ["Escape", "leave the widget"]].flatMap(([names, text]) => [
    element("dt", {}, ...[names].flat().map((name) => element("kbd", {}, KEY_NAMES[name] ?? name))),
    element("dd", {}, text),
  ]);
  return element("div", { class: "leo-help", hidden: "" }, element("dl", {}, ...rows));
}

// Keys act only while the root has the focus. Buttons keep Enter and Space, fields keep everything.
function bindKeys(root, help, keys, signal) {
  const actions = new Map(keys.flatMap(([names, , action]) => [names].flat().map((name) => [name, action])));
  actions.set("?", () => (help.hidden = !help.hidden));
  actions.set("Escape", () => (help.hidden ? root.ownerDocument.activeElement?.blur() : (help.hidden = true)));
  root.addEventListener("leo-help", actions.get("?"), { signal });
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keyIsOurs(event)) return;
    const action = actions.get(event.key);
    if (!action) return;
    event.preventDefault();
    action(event);
  }, { signal });
}

export function keyIsOurs({ key, target }) {
  const tag = target.tagName;
  if (tag === "INPUT" || tag === "SELECT" || tag === "TEXTAREA") return key === "Escape";
  return !(tag === "BUTTON" && (key === "Enter" || key === " "));
}

// A button that opens the help panel of the widget around it.
export const helpButton = () => element("button", {
  type: "button", class: "leo-toggle", title: "keys (?)", "aria-label": "show the keys",
  onclick: (event) => event.currentTarget.dispatchEvent(new Event("leo-help", { bubbles: true })),
}, "?");

// ---------------------------------------------------------------- widgets that share a goal

// The channel of a page under this name: an EventTarget that every widget of the page reaches.
export function busOf(channel) {
  const channels = (globalThis.__leo_bus ??= new Map());
  if (!channels.has(channel)) channels.set(channel, new EventTarget());
  return channels.get(channel);
}

// Keep traits equal to those of the other widgets on the model's channel. names: {trait: count}, values must be below.
export function shareTraits(model, names, signal, sync) {
  let joined = new AbortController();
  const join = () => {
    joined.abort();
    joined = new AbortController();
    for (const [name, count] of Object.entries(names)) {
      busOf(model.get("channel")).addEventListener(name, ({ detail }) => {
        const { source, value } = detail;
        if (source !== model && value !== model.get(name) && value >= 0 && value < count) sync({ [name]: value });
      }, { signal: joined.signal });
    }
  };
  for (const name of Object.keys(names)) {
    on(model, `change:${name}`, () => busOf(model.get("channel")).dispatchEvent(
      new CustomEvent(name, { detail: { source: model, value: model.get(name) } })), signal);
  }
  on(model, "change:channel", join, signal);
  signal.addEventListener("abort", () => joined.abort());
  join();
}

// model.on that ends with the signal.
export function on(model, event, handler, signal) {
  model.on(event, handler);
  signal.addEventListener("abort", () => model.off(event, handler));
}
