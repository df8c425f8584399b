// Numbers as words, and the steps that a value stands for.

// Steps to the goal of a hit value: 1 + log(v) / log(gamma); Infinity for 0.
export function stepsOf(value, gamma) {
  return value > 0 ? 1 + Math.log(value) / Math.log(gamma) : Number.isNaN(value) ? NaN : Infinity;
}

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
