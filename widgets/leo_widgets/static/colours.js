// Colour lists as hex strings, evenly spaced. Python reads this file too (assets.colours): keep each list valid JSON.

// value and steps: dark blue to yellow, even in lightness, readable with every kind of colour vision
export const CIVIDIS = [
  "#00224e", "#002e6a", "#1a386f", "#32436d", "#434e6c", "#535a6d", "#61656f", "#6f7073", "#7d7c78",
  "#8c8878", "#9b9476", "#aba072", "#bcae6c", "#cdbb63", "#dec958", "#f0d846", "#fee838"
];

// signed error: blue is too low, orange is too high, the middle is nearly white
export const DIVERGING = [
  "#08407e", "#1f62a8", "#4b8ac6", "#86b3dc", "#bfd7ec", "#f4f4f2", "#f6d9b8", "#efb27a", "#df8a3f", "#bd6414", "#853f04"
];

// groups: black, orange, sky blue, bluish green, yellow, blue, vermillion, reddish purple
export const OKABE_ITO = [
  "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"
];
