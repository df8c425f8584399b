// Numbers and names as words.

// The group of a goal, and its name without it: the parts before and after the first "/". A name without one is both.
export const groupOf = (name) => name.split("/", 1)[0];
export const shortName = (name) => name.slice(name.indexOf("/") + 1) || name;

// A number with `digits` decimals, a true minus sign, and no "-0.000".
export function formatNumber(value, digits = 3) {
  if (Number.isNaN(value)) return "unknown";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

export const formatSigned = (value, digits = 3) => {
  const text = formatNumber(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
};

// Steps as a reader wants them: whole when (nearly) whole, one decimal else, and "never" when there is no way.
export function formatSteps(steps) {
  if (Number.isNaN(steps)) return "unknown";
  if (steps === Infinity) return "never";
  if (steps > 999) return "over 999";
  return Math.abs(steps - Math.round(steps)) < 0.05 ? String(Math.round(steps)) : steps.toFixed(1);
}
