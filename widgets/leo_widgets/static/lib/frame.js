// A widget's frame: its root, its live line, its keys, its size, and the traits that widgets of one page share.
import { element } from "./elements.js";
import { watchTheme } from "./theme.js";

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

// Whether screen readers speak the live line: not at each step of what plays.
export const speakLive = (root, on) => root.querySelector(".leo-status").setAttribute("aria-live", on ? "polite" : "off");

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
