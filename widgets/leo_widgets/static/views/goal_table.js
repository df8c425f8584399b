// GoalTable: all goals in one list that can be sorted, searched and filtered. Every answer is made here.
import { element, titleOf } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits, speakLive } from "../lib/frame.js";
import { themeOf } from "../lib/theme.js";
import { goalList, profileOf, MOST_ROWS } from "../map/goal_list.js";
import { columnOf, countOf, listWords, profileColumn, readGoals, rowWords, shownGoalRows } from "../map/goal_rows.js";
import { NUMBER_COLUMN } from "../map/goal_rows.js";

const PROFILE_FROM = 640; // CSS pixels from which the profile has room
const TIGHT = [720, 480]; // below which the groups, and then the numbers of the goals, give up their columns

// ---------------------------------------------------------------- what can be done

const groupActions = (model, data, sync) => ({
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
});

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
    ...groupActions(model, data, sync),
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

const sharedOf = (data) => ({ goal: data.count, ...(data.times > 1 ? { frame: data.times } : {}) });

const readingWords = (model, data, now) =>
  rowWords(data, now.rows, now.hover >= 0 ? now.hover : now.cursor, model.get("frame"), model.get("goal"));

function fitParts(root, width, data, list, profile) {
  TIGHT.forEach((limit, i) => root.classList.toggle(`leo-goals-tight-${i}`, width < limit));
  profile.node.hidden = width < PROFILE_FROM || !profileColumn(data, NUMBER_COLUMN);
  list.measure();
}

function build({ root, model, signal, sync, say }) {
  const data = readGoals((name) => model.get(name));
  const now = { rows: [], cursor: model.get("goal"), hover: -1, read: () => read(), reveal: () => reveal() };
  const act = tableActions(model, data, sync, now);
  const filter = filterBar(model, data, act, () => root);
  const list = goalList(data, act, () => paint(), signal);
  const profile = profileOf(data, act, list.height, signal);
  root.append(...titleOf(model), ...filter.nodes, element("div", { class: "leo-goals-body" }, list.node, profile.node));
  let [theme, width] = [null, 0];
  const view = () => goalsView(model, now);
  const reveal = () => now.rows.includes(now.cursor) && list.reveal(now.rows.indexOf(now.cursor));

  // what is in view, without a new order
  function paint() {
    if (!width) return;
    list.draw(now.rows, view());
    if (width >= PROFILE_FROM) profile.draw(now.rows, view(), list.scroll, theme);
  }
  function read(quiet = false) {
    if (!width) return;
    paint();
    speakLive(root, !quiet);
    say(readingWords(model, data, now));
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
    speakLive(root, true);
    say(listWords(data, now.rows, view()));
  }, signal);
  shareTraits(model, sharedOf(data), signal, sync);
  followTraits(model, now, { ordered, draw, read }, signal);
  const resize = (to) => {
    const first = !width;
    width = to - 34;
    theme = themeOf(root);
    fitParts(root, width, data, list, profile);
    draw();
    if (first) reveal();
    read();
  };
  return { keys: tableKeys(act, now, filter.field), redraw: () => ((theme = themeOf(root)), paint()), resize };
}

export default {
  render: (context) => mount(context, {
    label: `Table of all goals. ${context.model.get("title")} Arrow keys move, Enter chooses, question mark for help.`,
    className: "leo-goal-table",
  }, build),
};
