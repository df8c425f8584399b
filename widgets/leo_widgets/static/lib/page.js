// Brings the widgets of an exported page to life: unpacks their data and plays the part of the notebook's model.

// The six methods of a notebook model. bytes arrive as DataView, as in a notebook. There is nobody to save to.
export function fakeModel(state) {
  const handlers = new Map();
  const of = (event) => handlers.get(event) ?? handlers.set(event, new Set()).get(event);
  return {
    get: (name) => state[name],
    set(name, value) {
      if (state[name] === value) return;
      state[name] = value;
      for (const handler of [...of(`change:${name}`), ...of("change")]) handler();
    },
    on: (event, handler) => of(event).add(handler),
    off: (event, handler) => (handler ? of(event).delete(handler) : handlers.delete(event)),
    save_changes() {},
    send() {},
  };
}

export async function inflate(base64) {
  const packed = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
}

// Put the unpacked blobs back where export.py took them out.
export function restore(value, blobs) {
  if (Array.isArray(value)) return value.map((item) => restore(item, blobs));
  if (value === null || typeof value !== "object") return value;
  if ("$blob" in value) return blobs[value.$blob];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restore(item, blobs)]));
}

// View state as the text behind the #: "0.goal=7&0.scale=steps". Only what differs from the start is written.
export function writeHash(views, starts) {
  const hash = new URLSearchParams();
  views.forEach((view, i) => Object.entries(view).forEach(([name, value]) => {
    if (JSON.stringify(value) !== JSON.stringify(starts[i][name])) {
      hash.set(`${i}.${name}`, typeof value === "string" ? value : JSON.stringify(value));
    }
  }));
  return hash.toString();
}

// The view states that a hash asks for. Anybody may type a URL, so what does not fit is dropped.
//   choices[i][name]: the words or the count of indices that the trait may be, or null
export function readHash(text, starts, choices) {
  const views = starts.map(() => ({}));
  for (const [key, raw] of new URLSearchParams(text)) {
    const [, number, name] = /^(\d+)\.(\w+)$/.exec(key) ?? [];
    if (!Object.hasOwn(starts[number] ?? {}, name)) continue;
    const start = starts[number][name];
    const value = typeof start === "string" ? raw : parsed(raw);
    if (isLike(value, start) && fits(value, choices[number][name])) views[number][name] = value;
  }
  return views;
}

const isLike = (value, start) => typeof value === typeof start && Array.isArray(value) === Array.isArray(start);

// choice: the words or the count of indices that a value may be, and every item of a list
function fits(value, choice) {
  if (Array.isArray(value)) return value.every((item) => !Array.isArray(item) && fits(item, choice));
  if (Array.isArray(choice)) return choice.includes(value);
  return typeof choice !== "number" || (Number.isInteger(value) && value >= 0 && value < choice);
}

function parsed(raw) {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined; // not written by us
  }
}

async function load(modules) {
  const loaded = Object.entries(modules).map(async ([kind, source]) => {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    return [kind, (await import(url)).default];
  });
  return Object.fromEntries(await Promise.all(loaded));
}

async function start() {
  const data = JSON.parse(document.getElementById("leo-data").textContent);
  const blobs = await Promise.all(data.blobs.map(inflate));
  const modules = await load(data.modules);
  const viewOf = (model, names) => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const choices = data.widgets.map(({ view }) => view);
  const models = data.widgets.map(({ state }) => fakeModel(restore(state, blobs)));
  const views = () => models.map((model, i) => viewOf(model, Object.keys(choices[i])));
  const starts = views();
  data.widgets.forEach(({ kind }, i) => modules[kind].render({ model: models[i], el: document.getElementById(`leo-${i}`) }));
  readHash(location.hash.slice(1), starts, choices).forEach((view, i) =>
    Object.entries(view).forEach(([name, value]) => models[i].set(name, value)));
  if (location.protocol !== "about:") keepHash(models, () => writeHash(views(), starts));
  document.body.dataset.ready = "true";
}

function keepHash(models, hash) {
  let timer = 0;
  const write = () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", hash() ? `#${hash()}` : location.pathname), 200);
  };
  models.forEach((model) => model.on("change", write));
}

if (globalThis.document) await start();
