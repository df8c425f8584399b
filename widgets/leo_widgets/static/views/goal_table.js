// GoalTable: all goals in one list that can be sorted, searched and filtered. Every answer is made here.
import { cividis, element, fitted, formatNumber, helpButton, mount, on, shade, shareTraits, sizeCanvas, themeOf } from "../lib/common.js";
import { cellText, columnOf, countOf, listWords, numberOf, profileColumn, readGoals } from "../map/goal_rows.js";
import { rowWords, rowsInView, scrolledTo, shownGoalRows, NUMBER_COLUMN } from "../map/goal_rows.js";

const ROW = 26; // CSS pixels of a row, of the heading, and of the profile
const HEAD = 34;
const MOST_ROWS = 16;
const PROFILE = 92;
const PROFILE_FROM = 640; // CSS pixels from which the profile has room
const TIGHT = [720, 480]; // below which the groups, and then the numbers of the goals, give up their columns

// ---------------------------------------------------------------- what can be done

// What keys, buttons and pointer may do. Each writes traits; the change handlers draw.
function tableActions(model, data, sync, now) {
  const at = () => now.rows.indexOf(now.cursor);
  const act = {
    pick(goal) {
      if (goal === undefined || goal < 0) return;
      now.cursor = goal;
      if (goal === model.get("goal")) now.read();
      else sync({ goal });
    },
    // the heading again: the other way round
    sort(name) {
      const same = columnOf(data, model.get("sort")).name === name;
      sync({ sort: name, descending: same ? !model.get("descending") : columnOf(data, name).kind !== "text" });
    },
    nextSort() {
      const place = data.columns.indexOf(columnOf(data, model.get("sort")));
      act.sort(data.columns[(place + 1) % data.columns.length].name);
    },
    reverse: () => sync({ descending: !model.get("descending") }),
    search: (search) => sync({ search }),
    group(name) {
      const chosen = model.get("groups");
      sync({ groups: chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name] });
    },
    allGroups: () => sync({ groups: [] }),
    nextGroup() {
      const names = [undefined, ...data.groups.map(([name]) => name)];
      const next = names[(names.indexOf(model.get("groups")[0]) + 1) % names.length];
      sync({ groups: next === undefined ? [] : [next] });
    },
    move(by) {
      if (!now.rows.length) return;
      const from = at() < 0 ? (by > 0 ? -1 : 0) : at();
      now.cursor = now.rows[Math.max(0, Math.min(now.rows.length - 1, from + by))];
      now.hover = -1;
      now.reveal();
      now.read();
    },
    point(goal) {
      if (goal === now.hover) return;
      now.hover = goal;
      now.read();
    },
    // from the profile, where the row itself may be out of view
    pickFar(goal) {
      if (goal < 0) return;
      now.hover = -1;
      act.pick(goal);
      now.reveal();
    },
    turn(by) {
      const place = now.rows.indexOf(model.get("goal"));
      if (now.rows.length) act.pick(now.rows[(place + by + now.rows.length) % now.rows.length]);
    },
  };
  return act;
}

const tableKeys = (act, now, field) => [
  [["ArrowUp", "ArrowDown"], "row above or below", ({ key }) => act.move(key === "ArrowUp" ? -1 : 1)],
  [["PageUp", "PageDown"], "a page of rows up or down", ({ key }) => act.move((key === "PageUp" ? -1 : 1) * (MOST_ROWS - 1))],
  [["Home", "End"], "first or last row", ({ key }) => act.move(key === "Home" ? -1e6 : 1e6)],
  ["Enter", "choose the goal of the row", () => act.pick(now.cursor)],
  [["[", "]"], "choose the goal above or below", ({ key }) => act.turn(key === "[" ? -1 : 1)],
  ["/", "search", () => field.focus()],
  ["s", "sort by the next column", () => act.nextSort()],
  ["r", "reverse the order", () => act.reverse()],
  ["g", "one group after the other, then all", () => act.nextGroup()],
];

// ---------------------------------------------------------------- the parts

// Search field, count and group chips. Returns {nodes, field, show(rows)}.
function filterBar(model, data, act, root) {
  const field = element("input", {
    type: "search", class: "leo-goals-search", placeholder: "search goals ( / )", "aria-label": "search goals", autocomplete: "off", spellcheck: "false",
  });
  field.addEventListener("input", () => act.search(field.value));
  field.addEventListener("keydown", ({ key }) => (key === "Enter" || key === "ArrowDown") && root().focus({ preventScroll: true }));
  const count = element("span", { class: "leo-goals-count" });
  const chip = (text, number, press) => element("button", { type: "button", class: "leo-toggle", onclick: press }, text, element("i", {}, String(number)));
  const all = chip("all", data.count, act.allGroups);
  const chips = data.groups.map(([name, number]) => [name, chip(name || "no group", number, () => act.group(name))]);
  const bar = element("div", { class: "leo-bar leo-goals-bar" }, field, count, element("span", { class: "leo-space" }), helpButton());
  const groups = element("div", { class: "leo-goals-groups", role: "group", "aria-label": "groups" }, all, ...chips.map(([, node]) => node));
  const show = (rows) => {
    const [text, chosen] = [model.get("search"), model.get("groups")];
    if (field.value !== text) field.value = text;
    count.textContent = countOf(data, rows);
    all.setAttribute("aria-pressed", String(!chosen.length));
    chips.forEach(([name, node]) => node.setAttribute("aria-pressed", String(chosen.includes(name))));
  };
  return { nodes: [bar, ...(chips.length > 1 ? [groups] : [])], field, show };
}

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
  return Math.max({ text: name === NUMBER_COLUMN ? 54 : 110, number: 74, value: 140 }[kind], 36 + 7.5 * word);
}

// A row to be filled with whichever goal scrolls into view. show({goal, place}, view)
function goalRow(data) {
  const cells = data.columns.map((column) => {
    if (column.kind !== "value") {
      const node = element(column.name === "goal" ? "th" : "td", column.name === "goal" ? { scope: "row" } : {});
      node.className = classOf(column);
      return { node, column };
    }
    const [fill, text] = [element("span", { class: "leo-player-fill" }), element("span")];
    const node = element("td", {}, element("div", { class: "leo-goals-value" }, element("span", { class: "leo-player-track" }, fill), text));
    return { node, column, fill, text };
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
    for (const { node: cell, column, fill, text } of cells) {
      const words = cellText(data, column, goal, frame);
      (text ?? cell).textContent = words;
      if (column.name === "goal") cell.title = data.names[goal];
      if (!fill) continue;
      const value = numberOf(data, column, goal, frame);
      fill.style.width = `${100 * (value || 0)}%`;
      fill.style.background = cividis.css[shade(value || 0, 0, 1)];
    }
  };
  return row;
}

// The list: only the rows in view are elements, between two fillers. Returns {node, draw(now, view), reveal(place)}.
function goalList(data, act, redraw, signal) {
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
function profileOf(data, act, height, signal) {
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
    const most = column.kind === "value" ? 1 : numbers.reduce((top, x) => (Math.abs(x) > top ? Math.abs(x) : top), 1e-9);
    drawHeading(context, [column.name, `0 to ${formatNumber(most, column.kind === "value" ? 0 : column.digits)}`], theme);
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

// ---------------------------------------------------------------- the widget

// A handler that runs once for all that changes in one event: a heading sets the column and the direction.
function onceAtEnd(handler, signal) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    queueMicrotask(() => {
      waits = false;
      if (!signal.aborted) handler();
    });
  };
}

// What is shown and read. now: {cursor, hover: goal or -1}
const goalsView = (model, now) => ({
  ...Object.fromEntries(["sort", "descending", "search", "groups", "frame"].map((name) => [name, model.get(name)])),
  chosen: model.get("goal"), cursor: now.cursor, hover: now.hover,
});

function followTraits(model, now, { ordered, draw, read }, signal) {
  for (const name of ["sort", "descending", "search", "groups"]) on(model, `change:${name}`, ordered, signal);
  on(model, "change:goal", () => {
    now.cursor = model.get("goal");
    if (now.hover !== now.cursor) now.reveal(); // a row under the pointer stays there
    read();
  }, signal);
  on(model, "change:frame", () => {
    draw();
    read(true); // while another widget plays, no speech at each step
  }, signal);
}

function build({ root, model, signal, sync, say }) {
  const data = readGoals((name) => model.get(name));
  const now = { rows: [], cursor: model.get("goal"), hover: -1, read: () => read(), reveal: () => reveal() };
  const act = tableActions(model, data, sync, now);
  const filter = filterBar(model, data, act, () => root);
  const list = goalList(data, act, () => paint(), signal);
  const profile = profileOf(data, act, list.height, signal);
  const title = model.get("title");
  root.append(...(title ? [element("h3", { class: "leo-title" }, title)] : []), ...filter.nodes,
    element("div", { class: "leo-goals-body" }, list.node, profile.node));
  let [theme, width] = [null, 0];
  const view = () => goalsView(model, now);
  const reveal = () => now.rows.includes(now.cursor) && list.reveal(now.rows.indexOf(now.cursor));
  const live = (quiet) => root.querySelector(".leo-status").setAttribute("aria-live", quiet ? "off" : "polite");

  // what is in view, without a new order
  function paint() {
    if (!width) return;
    list.draw(now.rows, view());
    if (width >= PROFILE_FROM) profile.draw(now.rows, view(), list.scroll, theme);
  }
  function read(quiet = false) {
    if (!width) return;
    paint();
    live(quiet);
    say(rowWords(data, now.rows, now.hover >= 0 ? now.hover : now.cursor, model.get("frame"), model.get("goal")));
  }
  // a new order or filter
  function draw() {
    if (!width) return;
    now.rows = shownGoalRows(data, view());
    filter.show(now.rows);
    paint();
  }
  const ordered = onceAtEnd(() => {
    if (!width) return;
    draw();
    live(false);
    say(listWords(data, now.rows, view()));
  }, signal);
  shareTraits(model, { goal: data.count, ...(data.times > 1 ? { frame: data.times } : {}) }, signal, sync);
  followTraits(model, now, { ordered, draw, read }, signal);
  const resize = (to) => {
    const first = !width;
    width = to - 34;
    theme = themeOf(root);
    TIGHT.forEach((limit, i) => root.classList.toggle(`leo-goals-tight-${i}`, width < limit));
    profile.node.hidden = width < PROFILE_FROM || !profileColumn(data, NUMBER_COLUMN);
    list.measure();
    draw();
    if (first) reveal();
    read();
  };
  const redraw = () => {
    theme = themeOf(root);
    paint();
  };
  return { keys: tableKeys(act, now, filter.field), redraw, resize };
}

export default {
  render: (context) => mount(context, {
    label: `Table of all goals. ${context.model.get("title")} Arrow keys move, Enter chooses, question mark for help.`,
    className: "leo-goal-table",
  }, build),
};
