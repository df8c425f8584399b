// The theme of the page around a widget, and what the reader asks of motion.

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
