// Colour tables, and where a value stands on one.
import { CIVIDIS, DIVERGING } from "./colours.js";

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
