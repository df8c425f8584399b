// GoalMosaic: one small map for each goal. Every answer to the pointer is made here.
import { element, legend, segmented, tableTwin, textTable, titleOf, toggle } from "../lib/elements.js";
import { helpButton, mount, on, shareTraits } from "../lib/frame.js";
import { themeOf } from "../lib/theme.js";
import { gridOf, neighbour, DIRECTIONS } from "../map/grid.js";
import { atlasOf, countWord, describeTile, drawMarksOver, drawTiles, layoutOf, mosaicRows } from "../map/mosaic.js";
import { nextPlace, pickedOf, placeCorner, readMosaic, repicked, shownGoals, tileAt } from "../map/mosaic.js";
import { after, scaleButtons, scalesOf, turned } from "../map/two_way.js";
import { legendOf, shadesOf } from "../map/values.js";

const SORTS = [
  ["name", "Name", "by name"],
  ["value", "Value", "the largest mean value first"],
  ["error", "Error", "the largest mean error first"],
  ["success", "Success", "the lowest success first"],
];
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const WHO = "GoalMosaic(values, truth=...)";

// ---------------------------------------------------------------- what is selected

// What is shown and read. now: {point: [x, y] of the pointer, hover: {goal, state}, cursor: goal}; the first two or null
function presentOf(model, data) {
  const now = { point: null, hover: null, cursor: model.get("goal"), goals: [], layout: null };
  now.picked = () => pickedOf(model);
  now.state = () => model.get("state_index");
  now.view = () => {
    const scale = model.get("scale");
    const exact = model.get("show_truth") && scale !== "error";
    return { scale, exact, array: exact ? data.truth : data.q };
  };
  // the keyboard's tile; the first one where the filter hides it
  now.tile = () => (now.goals.includes(now.cursor) ? now.cursor : now.goals[0]);
  now.reading = () => now.hover ?? { goal: now.tile(), state: now.state() };
  return now;
}

// What keys, buttons and pointer may do. Each writes traits; the change handlers draw.
function actionsOf(model, data, sync, now) {
  const sorts = ["name", ...SORTS.map(([name]) => name).filter((name) => data.scores[name])];
  const act = {
    sorts,
    sort: (sort) => sync({ sort }),
    nextSort: () => act.sort(after(sorts, model.get("sort"))),
    scale: (scale) => sync({ scale }),
    nextScale: () => act.scale(after(scalesOf(data.limits), model.get("scale"))),
    truth: () => data.truth && model.get("scale") !== "error" && sync({ show_truth: !model.get("show_truth") }),
    table: () => sync({ show_table: !model.get("show_table") }),
    filter: (prefix) => sync({ prefix }),
    choose(goal) {
      if (goal === undefined) return;
      now.cursor = goal;
      if (goal === model.get("goal")) now.draw();
      else sync({ goal });
    },
    pick(goal) {
      if (goal === undefined) return;
      const picked = repicked(now.picked(), goal, model.get("most"));
      if (picked) sync({ selection: picked });
      else now.say(`${model.get("most")} goals are picked, and no more can be: take one away first`);
    },
    clear: () => sync({ selection: [] }),
    turn(by) {
      const place = now.goals.indexOf(model.get("goal"));
      if (now.goals.length) act.choose(now.goals[place < 0 ? 0 : turned(place, by, now.goals.length)]);
    },
    // the tile that is read; the pointer's, if there is one, is where the move starts
    move(direction) {
      const from = now.goals.indexOf(now.reading().goal);
      if (from < 0) return;
      now.cursor = now.goals[nextPlace(now.layout, now.goals.length, from, direction)];
      now.point = now.hover = null;
      now.draw();
      now.reveal();
    },
    // the cell that is read in every tile
    moveState(direction) {
      const from = data.statePositions[now.reading().state];
      const cell = neighbour(data.grid, data.stateAt, from, DIRECTIONS[direction]) ?? from;
      now.point = now.hover = null;
      sync({ state_index: data.stateAt[cell[0] * data.grid.cols + cell[1]] });
      now.draw();
    },
  };
  return act;
}

function keysOf(act, now, focusFilter) {
  const move = ({ key, shiftKey }) => act[shiftKey ? "moveState" : "move"](key.slice(5).toLowerCase());
  return [
    [ARROWS, "read the next goal; with Shift, the next cell", move],
    ["Enter", "choose that goal, for all linked widgets", () => act.choose(now.reading().goal)],
    [" ", "pick that goal, or take it away (Shift+click)", () => act.pick(now.reading().goal)],
    [["[", "]"], "choose the previous, next goal", ({ key }) => act.turn(key === "[" ? -1 : 1)],
    ["o", "order: name, value, error, success", () => act.nextSort()],
    ["v", "value, steps, error", () => act.nextScale()],
    ["x", "exact values or estimate", () => act.truth()],
    ["/", "filter by name", () => focusFilter()],
    ["t", "table", () => act.table()],
  ];
}

// ---------------------------------------------------------------- the parts

function toolBar(model, data, act) {
  const missing = SORTS.map(([name]) => name).filter((name) => !act.sorts.includes(name));
  const why = { error: `the error needs exact values: ${WHO}`, success: "no success rates were given: GoalMosaic(values, success=...)" };
  const sort = segmented("order of the goals", SORTS.map(([name, text, hint]) => [name, text, why[missing.includes(name) ? name : ""] ?? `${hint} (o)`]), act.sort);
  const scale = scaleButtons(data.limits, act.scale, WHO);
  const truth = toggle("Exact", data.truth ? "show the exact values instead (x)" : "no exact values were given", act.truth);
  const table = toggle("Table", "one row for each goal (t)", act.table);
  const filter = element("input", {
    type: "search", class: "leo-filter", placeholder: "filter by name (/)", "aria-label": "show goals whose name starts with",
    spellcheck: "false", oninput: () => act.filter(filter.value),
  });
  const labelled = (text, node) => element("span", { class: "leo-labelled" }, element("span", {}, text), node);
  const node = element("div", { class: "leo-bar" }, labelled("sort", sort.node), filter, labelled("colour", scale.node), truth.node,
    element("span", { class: "leo-space" }), table.node, helpButton());
  const show = () => {
    sort.show(model.get("sort"), missing);
    scale.show(model.get("scale"));
    const compares = model.get("scale") === "error"; // so there is nothing to switch
    truth.show(model.get("show_truth") && !compares, !data.truth || compares);
    table.show(model.get("show_table"));
    if (filter.value !== model.get("prefix")) filter.value = model.get("prefix");
  };
  return { node, filter, show };
}

// The picked goals as buttons that take them away, and one that picks the chosen goal: a finger has no Shift.
function pickedBar(data, act) {
  const node = element("div", { class: "leo-picks" });
  const button = (text, attributes) => element("button", { type: "button", class: "leo-toggle", ...attributes }, text);
  const show = (picked, most, goal) => {
    const text = picked.length ? `picked ${picked.length} of ${most}:` : "nothing picked (Shift+click or Space picks a goal)";
    const buttons = picked.map((other, i) => button(`${i + 1} ${data.short[other]} ×`,
      { "aria-label": `take ${data.short[other]} away`, title: "take away", onclick: () => act.pick(other) }));
    if (picked.length > 1) buttons.push(button("Clear", { onclick: act.clear }));
    if (!picked.includes(goal)) buttons.push(button(`Pick ${data.short[goal]}`, { title: "pick the chosen goal", onclick: () => act.pick(goal) }));
    node.replaceChildren(element("span", {}, text), ...buttons);
  };
  return { node, show };
}

// What the pointer is over: {goal, state}, or null. The state is that of its cell, else the one that is read anyway.
function hoverOf(data, now, point) {
  const found = point && tileAt(now.layout, data.grid, now.goals.length, ...point);
  if (!found) return null;
  const state = found.cell ? data.stateAt[found.cell[0] * data.grid.cols + found.cell[1]] : -1;
  return { goal: now.goals[found.place], state: state < 0 ? now.state() : state };
}

function watchTiles(canvas, data, act, now, signal) {
  const listen = (name, handler) => canvas.addEventListener(name, handler, { signal });
  const read = (point) => {
    now.point = point; // stays, as tiles can move under a pointer that rests
    const hover = hoverOf(data, now, point);
    if (hover?.goal === now.hover?.goal && hover?.state === now.hover?.state) return;
    now.hover = hover;
    now.draw();
  };
  listen("pointermove", ({ offsetX, offsetY }) => read([offsetX, offsetY]));
  listen("pointerleave", () => read(null));
  listen("click", (event) => {
    const found = hoverOf(data, now, [event.offsetX, event.offsetY]);
    const many = event.shiftKey || event.ctrlKey || event.metaKey;
    if (found) act[many ? "pick" : "choose"](found.goal);
  });
}

// ---------------------------------------------------------------- the widget

function pageOf(model, { bar, count, colours, stage, picks, table }) {
  return [...titleOf(model), bar.node, element("div", { class: "leo-mosaic-head" }, count, colours.node), stage, picks.node, table.node];
}

// Scroll the keyboard's tile into sight.
function revealIn(stage, now) {
  if (!now.goals.includes(now.cursor)) return;
  const [, top] = placeCorner(now.layout, now.goals.indexOf(now.cursor));
  const bottom = top + now.layout.step[1];
  if (top - 8 < stage.scrollTop) stage.scrollTop = top - 8;
  if (bottom > stage.scrollTop + stage.clientHeight) stage.scrollTop = bottom - stage.clientHeight;
}

// The chosen goal, the picks and the reading, over tiles that stay; and in words.
function drawReading(over, model, data, now, theme, say) {
  const { goal, state } = now.reading();
  const reading = { goal, cell: data.statePositions[state] };
  drawMarksOver(over, data, { ...now, goal: model.get("goal"), picked: now.picked(), reading }, theme);
  const marks = [goal === model.get("goal") && "chosen", now.picked().includes(goal) && "picked"].filter(Boolean);
  say(goal === undefined ? "no goal has a name that starts with this" : describeTile(data, now.view(), goal, state, marks));
}

function watchModel(model, data, bar, now, { drawPicks, drawAll }, signal) {
  on(model, "change:goal", () => {
    now.cursor = model.get("goal");
    drawPicks();
    if (now.layout) now.reveal();
  }, signal);
  on(model, "change:state_index", now.draw, signal);
  for (const name of ["selection", "show_table"]) on(model, `change:${name}`, drawPicks, signal);
  on(model, "change:show_table", bar.show, signal);
  for (const name of ["sort", "prefix", "scale", "show_truth"]) on(model, `change:${name}`, drawAll, signal);
}

function build({ root, model, signal, sync, say }) {
  const grid = gridOf(model.get("rows"), model.get("state_positions"), model.get("goal_positions"));
  const data = readMosaic((name) => model.get(name), grid);
  const now = presentOf(model, data);
  const act = actionsOf(model, data, sync, now);
  const [bar, colours, picks, table] = [toolBar(model, data, act), legend(), pickedBar(data, act), tableTwin(signal)];
  const [tiles, over] = ["leo-map", "leo-probe"].map((name) => element("canvas", { class: name }));
  const stage = element("div", { class: "leo-tiles" }, element("div", { class: "leo-stage" }, tiles, over));
  const count = element("p", { class: "leo-count" });
  root.append(...pageOf(model, { bar, count, colours, stage, picks, table }));

  const atlases = {}; // by scale and theme
  let width = 0;
  now.say = say;
  now.draw = () => now.layout && drawReading(over, model, data, now, themeOf(root), say);
  now.reveal = () => revealIn(stage, now);
  function drawAll() {
    if (!width) return;
    const [view, theme, sort] = [now.view(), themeOf(root), model.get("sort")];
    now.goals = shownGoals(data, sort, model.get("prefix"));
    now.layout = layoutOf(grid, width - 34 - 14, now.goals.length, sort !== "name"); // 14: a scroll bar
    now.hover = hoverOf(data, now, now.point);
    const key = `${view.scale} ${view.exact} ${JSON.stringify(theme)}`;
    atlases[key] ??= atlasOf(data, shadesOf(data, view), view.scale, theme);
    drawTiles(tiles, data, atlases[key], { ...now, sort }, theme);
    count.textContent = countWord(data, now.goals, sort);
    colours.show({ ...legendOf(data, view.scale, view.exact), note: noteOf(data, view) });
    bar.show();
    drawPicks();
  }
  function drawPicks() {
    picks.show(now.picked(), model.get("most"), model.get("goal"));
    now.draw();
    table.show(model.get("show_table"), () => tableOf(data, now, model));
  }
  watchTiles(over, data, act, now, signal);
  shareTraits(model, { goal: data.goalNames.length, state_index: data.stateNames.length }, signal, sync);
  watchModel(model, data, bar, now, { drawPicks, drawAll }, signal);
  const resize = (to) => {
    width = to;
    root.classList.toggle("leo-narrow", width < 600);
    drawAll();
  };
  return { keys: keysOf(act, now, () => bar.filter.focus()), redraw: drawAll, resize };
}

const noteOf = (data, view) => [
  view.scale === "error" && "blue: too low · orange: too high", "orange square: the goal",
  data.scores.success && "orange frame: success below 100 %", "filled name: chosen",
].filter(Boolean).join(" · ");

const tableOf = (data, now, model) => textTable(countWord(data, now.goals, model.get("sort")),
  ...mosaicRows(data, now.goals, now.picked()), now.goals.indexOf(model.get("goal")));

export default {
  render: (context) => mount(context, {
    label: `One small map for each goal. ${context.model.get("title")} Arrow keys read goals, question mark for help.`,
    className: "leo-goal-mosaic",
  }, build),
};
