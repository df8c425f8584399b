// The list of a GoalTable, of which only the rows in view are elements, and the profile of its numbers beside it.
import { element, fitted, sizeCanvas } from "../lib/elements.js";
import { cividis, shade } from "../lib/shades.js";
import { formatNumber } from "../lib/words.js";
import { boundsOf, boundsWords, cellText, columnOf, numberOf, profileColumn, rowsInView, scrolledTo, NUMBER_COLUMN } from "./goal_rows.js";

const ROW = 26; // CSS pixels of a row, of the heading, and of the profile
const HEAD = 34;
export const MOST_ROWS = 16;
const PROFILE = 92;

const classOf = ({ kind, name }) => ({ "#": "leo-goals-index", goal: "leo-goals-words", group: "leo-goals-words leo-goals-group" }[kind === "text" ? name : ""] ?? "");

function headingOf(data, act) {
  const buttons = data.columns.map(({ name }) => element("button", { type: "button", title: `sort by ${name}`, onclick: () => act.sort(name) }, name));
  const cells = data.columns.map(({ kind, name }, i) =>
    element("th", { scope: "col", class: classOf({ kind, name }) }, buttons[i]));
  const show = (sort, descending) => cells.forEach((cell, i) => {
    const own = columnOf(data, sort) === data.columns[i];
    cell.setAttribute("aria-sort", own ? (descending ? "descending" : "ascending") : "none");
  });
  return { node: element("thead", {}, element("tr", {}, ...cells)), show };
}

// CSS pixels of a column; the names take what is left. The longest word of a heading fits.
function columnWidth({ kind, name }) {
  if (name === "goal" && kind === "text") return undefined;
  const word = Math.max(...name.split(/\s+/).map((part) => part.length));
  return Math.max({ text: name === NUMBER_COLUMN ? 54 : 110, number: 74, share: 150, value: 140 }[kind], 36 + 7.5 * word);
}

// A cell with a bar from 0 to 1. A share also has a whisker and the mark of its floor.
function barCell(column) {
  const [fill, text] = [element("span", { class: "leo-player-fill" }), element("span")];
  const whisker = element("span", { class: "leo-goals-whisker" });
  const floor = element("span", { class: "leo-goals-floor" });
  const track = element("span", { class: "leo-player-track" }, fill);
  const bar = column.kind === "share" ? element("span", { class: "leo-goals-bounds" }, track, whisker, floor) : track;
  const node = element("td", {}, element("div", { class: "leo-goals-value" }, bar, text));
  return { node, column, fill, text, whisker, floor };
}

function showBar({ node, column, fill, whisker, floor }, data, goal, frame) {
  const value = numberOf(data, column, goal, frame);
  fill.style.width = `${100 * (value || 0)}%`;
  fill.style.background = cividis.css[shade(value || 0, 0, 1)];
  if (column.kind !== "share") return;
  const bounds = boundsOf(data, column, goal);
  node.title = `${column.name} ${cellText(data, column, goal, frame)}${boundsWords(data, column, goal)}`;
  whisker.hidden = Number.isNaN(bounds.low + bounds.high);
  whisker.style.left = `${100 * (bounds.low || 0)}%`;
  whisker.style.width = `${100 * (bounds.high - bounds.low || 0)}%`;
  floor.hidden = Number.isNaN(bounds.floor);
  floor.style.left = `${100 * (bounds.floor || 0)}%`;
}

// A row to be filled with whichever goal scrolls into view. show({goal, place}, view)
function goalRow(data) {
  const cells = data.columns.map((column) => {
    if (column.kind === "text" || column.kind === "number") {
      const node = element(column.name === "goal" ? "th" : "td", column.name === "goal" ? { scope: "row" } : {});
      node.className = classOf(column);
      return { node, column };
    }
    return barCell(column);
  });
  const node = element("tr", {}, ...cells.map((cell) => cell.node));
  const row = { node, goal: -1 };
  let written = ""; // which numbers the cells show: most changes move a frame or a mark only
  row.show = (goal, place, { frame, chosen, cursor, hover }) => {
    row.goal = goal;
    node.hidden = goal < 0;
    if (goal < 0) return;
    node.setAttribute("aria-rowindex", place + 2);
    node.classList.toggle("leo-goals-cursor", goal === cursor);
    node.classList.toggle("leo-goals-hover", goal === hover);
    if (goal === chosen) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
    if (written === (written = `${goal} ${frame}`)) return;
    for (const cell of cells) {
      (cell.text ?? cell.node).textContent = cellText(data, cell.column, goal, frame);
      if (cell.column.name === "goal") cell.node.title = data.names[goal];
      if (cell.fill) showBar(cell, data, goal, frame);
    }
  };
  return row;
}

// The list: only the rows in view are elements, between two fillers. Returns {node, draw(now, view), reveal(place)}.
export function goalList(data, act, redraw, signal) {
  const height = HEAD + ROW * Math.min(MOST_ROWS, Math.max(4, data.count));
  const pool = Array.from({ length: MOST_ROWS + 10 }, () => goalRow(data));
  const [above, below] = [element("tr", { "aria-hidden": "true" }), element("tr", { "aria-hidden": "true" })];
  const heading = headingOf(data, act);
  const widths = data.columns.map(columnWidth);
  const empty = element("p", { class: "leo-goals-none", hidden: "" }, "No goal fits.");
  const body = element("tbody", {}, above, ...pool.map((row) => row.node), below);
  const table = element("table", { class: "leo-table leo-goals", "aria-label": "goals", "aria-rowcount": data.count + 1 },
    element("colgroup", {}, ...widths.map((width, i) => element("col", { class: classOf(data.columns[i]), style: width && `width: ${width}px` }))),
    heading.node, body);
  table.style.minWidth = `${widths.reduce((sum, width) => sum + (width ?? 150), 0) - 110}px`;
  const node = element("div", { class: "leo-scroll leo-goals-scroll", tabindex: "-1" }, table, empty);
  node.style.height = `${height + 2}px`;
  const scroll = { top: 0, height, row: ROW, head: HEAD }; // as last read: to ask again would cost a layout
  node.addEventListener("scroll", () => {
    scroll.top = node.scrollTop;
    redraw();
  }, { signal, passive: true });
  const rowAt = (event) => pool.find((row) => row.node === event.target.closest("tr"))?.goal ?? -1;
  body.addEventListener("pointermove", (event) => act.point(rowAt(event)), { signal });
  body.addEventListener("pointerleave", () => act.point(-1), { signal });
  body.addEventListener("click", (event) => act.pick(rowAt(event)), { signal });
  const draw = (rows, view) => {
    heading.show(view.sort, view.descending);
    empty.hidden = rows.length > 0;
    scroll.top = Math.max(0, Math.min(scroll.top, rows.length * ROW + HEAD - scroll.height)); // as it is clamped once there are fewer
    const [first, end] = rowsInView(scroll.top, scroll.height - HEAD, ROW, rows.length);
    above.style.height = `${first * ROW}px`;
    below.style.height = `${(rows.length - Math.min(end, first + pool.length)) * ROW}px`;
    pool.forEach((row, i) => row.show(first + i < end ? rows[first + i] : -1, first + i, view));
    table.setAttribute("aria-rowcount", rows.length + 1);
  };
  const reveal = (at) => {
    const top = scrolledTo(at, scroll);
    if (top !== scroll.top) node.scrollTop = scroll.top = top;
  };
  const measure = () => (scroll.height = node.clientHeight || height); // less a scroll bar
  return { node, height: height + 2, draw, scroll, reveal, measure };
}

// Beside the list: the numbers of all rows that are shown, and which part of them is in view.
export function profileOf(data, act, height, signal) {
  const canvas = element("canvas", { class: "leo-goals-profile" });
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  let shown = [];
  const inside = height - HEAD - 2;
  const goalAtY = ({ offsetY }) => {
    const place = Math.floor(((offsetY - HEAD) / inside) * shown.length);
    return place >= 0 && place < shown.length ? shown[place] : -1;
  };
  listen("pointermove", (event) => act.point(goalAtY(event)));
  listen("pointerleave", () => act.point(-1));
  listen("click", (event) => act.pickFar(goalAtY(event)));
  function draw(rows, view, scroll, theme) {
    shown = rows;
    const column = profileColumn(data, view.sort);
    const context = sizeCanvas(canvas, PROFILE, height);
    if (!column || !rows.length) return;
    const numbers = rows.map((goal) => numberOf(data, column, goal, view.frame));
    const most = column.kind !== "number" ? 1 : numbers.reduce((top, x) => (Math.abs(x) > top ? Math.abs(x) : top), 1e-9);
    drawHeading(context, [column.name, `0 to ${formatNumber(most, column.kind !== "number" ? 0 : column.digits)}`], theme);
    const step = inside / rows.length;
    const heightOf = Math.max(1, step - (step > 4 ? 1 : 0));
    context.fillStyle = theme.hatch;
    numbers.forEach((x, i) => !Number.isNaN(x) && context.fillRect(8, HEAD + i * step, Math.max(1, (PROFILE - 16) * Math.abs(x) / most), heightOf));
    const line = (goal, colour) => {
      const place = rows.indexOf(goal);
      if (place < 0) return;
      context.fillStyle = colour;
      context.fillRect(4, HEAD + (place + 0.5) * step - 1.5, PROFILE - 8, 3);
    };
    line(view.chosen, theme.accent);
    line(view.hover >= 0 ? view.hover : view.cursor, theme.fg);
    context.strokeStyle = theme.fg;
    context.lineWidth = 1.5;
    const part = (y) => HEAD + Math.min(1, y / (rows.length * ROW)) * inside;
    context.strokeRect(2, part(scroll.top), PROFILE - 4, Math.max(4, part(scroll.top + scroll.height - HEAD) - part(scroll.top)) - 1);
  }
  return { node: canvas, draw };
}

function drawHeading(context, lines, theme) {
  context.fillStyle = theme.muted;
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  lines.forEach((text, i) => context.fillText(fitted(context, text, PROFILE - 12), 8, 10 + 14 * i));
}
