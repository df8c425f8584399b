// Elements and canvases that widgets are made of.

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

// The heading of a widget that has a title: one element, or none.
export const titleOf = (model) => (model.get("title") ? [element("h3", { class: "leo-title" }, model.get("title"))] : []);

// The same numbers as a table: {node, show(on, lutOf)}. It may have many rows, so it is filled once calls have rested.
export function tableTwin(signal) {
  const node = element("div", { class: "leo-scroll", hidden: "" });
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  const show = (on, lutOf) => {
    node.hidden = !on;
    clearTimeout(timer);
    if (on) timer = setTimeout(() => node.replaceChildren(lutOf()), 80);
  };
  return { node, show };
}
